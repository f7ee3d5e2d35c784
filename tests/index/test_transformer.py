"""The transformer encoder: the shipped model, what may be wrong with a folder, models of others."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from broadsheet.errors import ConfigurationError
from broadsheet.index.transformer import OnnxEncoder, shipped_folder

MOST_BYTES = 15_000_000
TIDES = "A model of tides in a shallow bay, checked against gauges along the shore."
TIDES_AGAIN = "Sea level in coastal waters rises and falls with the moon; we predict it."
BREAD = "Sourdough loaves rise better when the dough rests overnight in a cold kitchen."


@pytest.fixture(scope="module")
def shipped() -> OnnxEncoder:
    return OnnxEncoder.load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_folder(), tmp_path / "model"))


def _described(folder: Path, **changes: object) -> Path:
    file = folder / "encoder.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | changes))
    return folder


def test_shipped_model_is_small_and_makes_unit_vectors(shipped: OnnxEncoder) -> None:
    assert sum(file.stat().st_size for file in shipped_folder().iterdir()) <= MOST_BYTES
    vectors = shipped.encode([TIDES, BREAD])
    assert vectors.shape == (2, shipped.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_texts_of_one_topic_are_closer_than_others(shipped: OnnxEncoder) -> None:
    tides, again, bread = shipped.encode([TIDES, TIDES_AGAIN, BREAD])
    assert tides @ again > tides @ bread + 0.2


def test_a_text_has_the_same_vector_in_any_company_and_on_any_thread(shipped: OnnxEncoder) -> None:
    texts = [TIDES, BREAD, "", TIDES_AGAIN * 20, "bay"]
    together = OnnxEncoder.load(threads=3).encode(texts)
    alone = [shipped.encode([text])[0] for text in texts]
    np.testing.assert_array_equal(together, alone)


def test_text_without_content_is_similar_to_nothing(shipped: OnnxEncoder) -> None:
    np.testing.assert_array_equal(shipped.encode(["", " \n"]), np.zeros((2, shipped.dim)))
    assert shipped.encode([]).shape == (0, shipped.dim)


def test_only_the_start_of_a_very_long_text_is_read(shipped: OnnxEncoder) -> None:
    long = "tides in a bay " * 300
    np.testing.assert_array_equal(*shipped.encode([long, long + BREAD]))


def test_changed_model_file_is_refused(folder: Path) -> None:
    with (folder / "model.onnx").open("r+b") as file:
        file.seek(5000)
        file.write(b"tide")
    with pytest.raises(ConfigurationError, match=r"model\.onnx is damaged"):
        OnnxEncoder.load(folder)


def test_missing_tokeniser_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ConfigurationError, match=r"tokenizer\.json"):
        OnnxEncoder.load(folder)


def test_vectors_of_another_size_than_described_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\(384,\), but 100"):
        OnnxEncoder.load(_described(folder, dim=100))


def test_description_of_another_format_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="format"):
        OnnxEncoder.load(_described(folder, format="something-else/3"))


def test_file_that_is_no_model_is_refused_in_a_sentence(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        OnnxEncoder.load(_described(folder, sha256={}))


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        OnnxEncoder.load(tmp_path / "nowhere")


def test_folder_without_a_model_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model_quantized\.onnx"):
        OnnxEncoder.load(tmp_path)


def test_query_prefix_changes_queries_only(folder: Path, shipped: OnnxEncoder) -> None:
    asking = OnnxEncoder.load(_described(folder, query_prefix="query: "))
    prefixed = shipped.encode(["query: tides"])
    np.testing.assert_array_equal(asking.encode_queries(["tides"]), prefixed)
    np.testing.assert_array_equal(asking.encode(["tides"]), shipped.encode(["tides"]))


def test_folder_of_others_is_read_by_their_own_files(folder: Path) -> None:
    (folder / "encoder.json").unlink()
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model.onnx")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 6}')
    prompts = '{"prompts": {"query": "find: ", "passage": "text: "}}'
    (folder / "config_sentence_transformers.json").write_text(prompts)
    encoder = OnnxEncoder.load(folder)
    assert encoder.name.startswith("model-")
    np.testing.assert_array_equal(*encoder.encode(["bay and tide " * 2, "bay and tide " * 3]))
    assert encoder.folder.query_prefix == "find: "
    assert encoder.folder.paper_prefix == "text: "


def test_another_model_in_the_same_folder_is_another_encoder(folder: Path) -> None:
    (folder / "encoder.json").unlink()
    before = OnnxEncoder.load(folder).name
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\x32\x00")  # an empty description of the model: changes nothing else
    assert OnnxEncoder.load(folder).name != before


def test_name_on_the_hub_without_the_client_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ConfigurationError, match="install it"):
        OnnxEncoder.from_hub("owner/model", tmp_path)


def test_name_that_no_hub_could_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be fetched"):
        OnnxEncoder.from_hub("no such/name/at all", tmp_path)
