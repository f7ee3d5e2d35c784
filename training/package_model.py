"""Puts a trained transformer into a folder that Broadsheet loads: graph, pieces, description.

Licence and notice of the parent come from the folder that ships now.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.index.transformer import SHIPPED_MODEL, shipped_folder
from training.onnx_graph import write_onnx
from training.transformer import WIDTH

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from training.transformer import Transformer

MOST_BYTES = 15_000_000


def package_model(
    model: Transformer, tokenizer: Tokenizer, folder: Path, name: str, longest: int
) -> int:
    """Write the five files into `folder` and return the size of the three that are read.

    Raises SystemExit with a sentence when they are larger than what may ship.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_onnx(model, folder / "model.onnx")
    # Without spaces the tokeniser is a third smaller.
    pieces = json.loads(tokenizer.to_str())
    compact = json.dumps(pieces, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(compact, encoding="utf-8")
    files = ("model.onnx", "tokenizer.json")
    description = {
        "format": "broadsheet-onnx-encoder/1",
        "name": name,
        "dim": WIDTH,
        "longest": longest,
        "pooling": "mean",
        "sha256": {
            file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in files
        },
    }
    (folder / "encoder.json").write_text(json.dumps(description, indent=1) + "\n")
    for file in ("LICENSE", "NOTICE"):
        said = (shipped_folder() / file).read_text(encoding="utf-8")
        (folder / file).write_text(said.replace(SHIPPED_MODEL, name), encoding="utf-8")
    size = sum((folder / file).stat().st_size for file in (*files, "encoder.json"))
    if size > MOST_BYTES:
        raise SystemExit(
            f"{folder} has {size:,} bytes, more than the {MOST_BYTES:,} that may ship."
        )
    return size
