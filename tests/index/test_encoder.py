"""The static encoder: its word splitting, its vectors, its file and the shipped table."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from broadsheet.errors import ConfigurationError
from broadsheet.index.encoder import StaticEncoder, split_words

MOST_BYTES = 20_000_000


@pytest.fixture(scope="module")
def shipped() -> StaticEncoder:
    return StaticEncoder.load()


@pytest.fixture
def tiny() -> StaticEncoder:
    """Two directions: `tide` and `tides` share the first, `moon` has the second."""
    return StaticEncoder(
        name="tiny-1",
        dim=2,
        rows={"tide": 0, "tides": 0, "moon": 1},
        table=np.array([[100, 0], [0, 50]], dtype=np.int8),
        scales=np.array([0.01, 0.02], dtype=np.float32),
    )


def test_words_are_lower_cased_runs_of_letters_and_digits() -> None:
    assert split_words("Tidal-range (2D) models, e.g. $\\alpha_1$!") == [
        "tidal", "range", "2d", "models", "e", "g", "alpha", "1",
    ]  # fmt: skip


def test_accents_do_not_make_another_word() -> None:
    assert split_words("Poincaré naïve Łódź") == ["poincare", "naive", "łodz"]


def test_ascii_and_unicode_paths_split_alike() -> None:
    text = "".join(map(chr, range(128))) + " Kelp_forest-9 under\tice\n"
    assert split_words(text + " é")[:-1] == split_words(text)


def test_one_word_points_where_its_row_points(tiny: StaticEncoder) -> None:
    np.testing.assert_allclose(tiny.encode(["Moon"]), [[0, 1]])


def test_repeated_words_count_by_their_root(tiny: StaticEncoder) -> None:
    vector = tiny.encode(["tide, tides, tide, tide and the moon"])[0]
    np.testing.assert_allclose(vector, np.array([2, 1]) / np.sqrt(5), rtol=1e-6)


def test_text_without_a_known_word_gets_zeros(tiny: StaticEncoder) -> None:
    assert not tiny.encode(["", " \n", "月と潮", "qqqq"]).any()


def test_unknown_words_leave_a_vector_as_it_was(tiny: StaticEncoder) -> None:
    plain, mixed = tiny.encode(["tide moon", "tide qqqq moon"])
    np.testing.assert_array_equal(plain, mixed)


def test_no_texts_give_no_rows(tiny: StaticEncoder) -> None:
    assert tiny.encode([]).shape == (0, 2)


def test_vector_does_not_depend_on_the_texts_beside_it(shipped: StaticEncoder) -> None:
    texts = [f"measurement {number} of galaxy clusters" for number in range(600)]
    texts[256] = ""
    together = shipped.encode(texts)
    alone = np.concatenate([shipped.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_saved_table_loads_as_it_was(tiny: StaticEncoder, tmp_path: Path) -> None:
    tiny.save(tmp_path / "tiny.table")
    loaded = StaticEncoder.load(tmp_path / "tiny.table")
    assert (loaded.name, loaded.dim, loaded.rows) == (tiny.name, tiny.dim, tiny.rows)
    np.testing.assert_array_equal(loaded.table, tiny.table)
    np.testing.assert_array_equal(loaded.scales, tiny.scales)


def test_missing_table_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.table cannot be read"):
        StaticEncoder.load(tmp_path / "absent.table")


def test_table_with_one_changed_byte_is_refused(tiny: StaticEncoder, tmp_path: Path) -> None:
    file = tmp_path / "tiny.table"
    tiny.save(file)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="checksum"):
        StaticEncoder.load(file)


def test_table_whose_header_was_changed_is_refused(tiny: StaticEncoder, tmp_path: Path) -> None:
    file = tmp_path / "tiny.table"
    tiny.save(file)
    file.write_bytes(file.read_bytes().replace(b'"dim": 2', b'"dim": 3'))
    with pytest.raises(ConfigurationError, match="damaged"):
        StaticEncoder.load(file)


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_cut_off_table_is_refused(tiny: StaticEncoder, tmp_path: Path, keep: float) -> None:
    file = tmp_path / "tiny.table"
    tiny.save(file)
    content = file.read_bytes()
    file.write_bytes(content[: int(keep * len(content)) if keep < 1 else int(keep)])
    with pytest.raises(ConfigurationError, match=r"tiny\.table"):
        StaticEncoder.load(file)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 something else", b"[1, 2]\n", b'{"format": "other/9"}\nabc']
)
def test_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "foreign.table"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="not an encoder table"):
        StaticEncoder.load(file)


def test_shipped_table_is_small(shipped: StaticEncoder, tmp_path: Path) -> None:
    shipped.save(tmp_path / "copy.table")
    assert (tmp_path / "copy.table").stat().st_size <= MOST_BYTES
    assert shipped.dim <= 256


def test_shipped_vectors_have_length_one(shipped: StaticEncoder) -> None:
    vectors = shipped.encode(["Sparse attention for long documents", "Coral bleaching from space"])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("automatic translation", "neural models that translate sentences", "spin glass dynamics"),
        ("stars eaten by black holes", "tidal disruption events", "prompting language models"),
        ("air flow over a wing", "aerodynamics of airfoils in turbulence", "graph colouring"),
        ("speech recognition", "end to end ASR with transducers", "supernova light curves"),
    ],
)
def test_shipped_table_finds_the_topic_without_a_common_word(
    shipped: StaticEncoder, query: str, near: str, far: str
) -> None:
    asked, close, distant = shipped.encode([query, near, far])
    assert asked @ close > asked @ distant + 0.1


def test_encoding_needs_no_machine_learning_library() -> None:
    code = (
        "import sys; from broadsheet.index.encoder import StaticEncoder;"
        "StaticEncoder.load().encode(['a test']);"
        "print({'torch', 'scipy', 'tokenizers', 'transformers'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert answer.stdout.strip() == "set()"


def test_thousand_abstracts_take_less_than_a_second(shipped: StaticEncoder) -> None:
    text = "We measure how deep networks forget rare words when data arrive in a stream. " * 16
    shipped.encode([text])
    began = time.process_time()
    shipped.encode([f"{text} {number}" for number in range(1000)])
    assert time.process_time() - began < 1
