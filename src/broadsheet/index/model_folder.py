"""What a folder with an ONNX text encoder holds: its files, checked, and how to use them.

Ours have an `encoder.json` that says everything, with checksums. For others the files that
sentence-transformers writes are read. Nothing is run here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadsheet.errors import ConfigurationError

FORMAT = "broadsheet-onnx-encoder/1"
DESCRIPTION = "encoder.json"
TOKENIZER = "tokenizer.json"
MODELS = ("model_quantized.onnx", "model.onnx", "onnx/model_quantized.onnx", "onnx/model.onnx")
POOLINGS = ("mean", "first", "last")
LONGEST = 512

_POOLING_KEYS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "first",
    "pooling_mode_lasttoken": "last",
}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model's files and how to use them.

    `longest` counts word pieces; `pooling` makes one vector of a model's states (the mean, the
    first or the last one); the prefixes are put before papers and before what people search.
    """

    path: Path
    name: str
    model: Path
    tokenizer: Path
    dim: int | None = None
    longest: int = LONGEST
    pooling: str = "mean"
    paper_prefix: str = ""
    query_prefix: str = ""


def read_model_folder(path: Path, remedy: str) -> ModelFolder:
    """The files of the model in `path`, their checksums compared where they are known.

    Raises ConfigurationError, ending in `remedy`, when one is missing, damaged or malformed.
    """
    if not path.is_dir():
        raise ConfigurationError(f"There is no folder {path} with an encoder. {remedy}")
    try:
        if (path / DESCRIPTION).exists():
            return _described(path, remedy)
        return _foreign(path, remedy)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"The encoder in {path} cannot be read ({type(error).__name__}: {error}). {remedy}"
        )
        raise ConfigurationError(message) from error


def hub_folder(name: str, cache: Path) -> Path:
    """The folder below `cache` with the model called `name` on the Hugging Face Hub.

    Raises ConfigurationError when `huggingface_hub` is not installed or the model cannot be had.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        message = (
            f"Fetching the encoder {name} needs the package huggingface_hub: install it, or "
            "download the model's files yourself and name their folder."
        )
        raise ConfigurationError(message) from error
    try:
        found = snapshot_download(name, cache_dir=cache, allow_patterns=["*.json", "*.onnx"])
    except (OSError, ValueError) as error:
        message = (
            f"The encoder {name} cannot be fetched from the Hugging Face Hub ({error}). Check the "
            "name and the network, or name a folder that holds the model."
        )
        raise ConfigurationError(message) from error
    return Path(found)


def _described(path: Path, remedy: str) -> ModelFolder:
    said = _json(path / DESCRIPTION)
    if said["format"] != FORMAT or said.get("pooling", "mean") not in POOLINGS:
        message = f"{path / DESCRIPTION} is not a description of format {FORMAT}. {remedy}"
        raise ConfigurationError(message)
    for file, expected in said.get("sha256", {}).items():
        if _sha256(path / file) != expected:
            message = f"{path / file} is damaged: its checksum differs. {remedy}"
            raise ConfigurationError(message)
    return ModelFolder(
        path=path,
        name=str(said["name"]),
        model=path / said.get("model", "model.onnx"),
        tokenizer=_present(path / TOKENIZER),
        dim=said.get("dim"),
        longest=int(said.get("longest", LONGEST)),
        pooling=said.get("pooling", "mean"),
        paper_prefix=said.get("paper_prefix", ""),
        query_prefix=said.get("query_prefix", ""),
    )


def _foreign(path: Path, remedy: str) -> ModelFolder:
    model = next((path / name for name in MODELS if (path / name).exists()), None)
    if model is None:
        message = f"{path} holds no ONNX model (looked for {', '.join(MODELS)}). {remedy}"
        raise ConfigurationError(message)
    pooling = _json(path / "1_Pooling" / "config.json")
    prompts = _json(path / "config_sentence_transformers.json").get("prompts") or {}
    tokens = _json(path / "tokenizer_config.json")
    asked = _json(path / "sentence_bert_config.json").get("max_seq_length")
    longest = min(LONGEST, int(asked or tokens.get("model_max_length") or LONGEST))
    return ModelFolder(
        path=path,
        # With a part of the checksum, so that another model in the same folder is another encoder.
        name=f"{path.resolve().name}-{_sha256(model)[:8]}",
        model=model,
        tokenizer=_present(path / TOKENIZER),
        longest=longest,
        pooling=next((way for key, way in _POOLING_KEYS.items() if pooling.get(key)), "mean"),
        paper_prefix=prompts.get("document") or prompts.get("passage") or "",
        query_prefix=prompts.get("query") or "",
    )


def _present(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is missing")
    return path


def _json(path: Path) -> Mapping[str, Any]:
    """What a JSON file says; nothing when it is not there."""
    found: Mapping[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
