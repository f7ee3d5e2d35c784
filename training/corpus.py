"""Reads the training corpus and holds papers out; knows nothing of vectors."""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELD_OUT_IN_100 = 5


@dataclass(frozen=True, slots=True)
class CorpusPaper:
    """What training needs of a paper.

    `field` is its primary category, "" when unknown; `codes` holds the other categories, among
    them subject codes of mathematics and computing.
    """

    paper_key: str
    title: str
    abstract: str
    field: str
    codes: str

    @property
    def is_held_out(self) -> bool:
        """Whether the paper is kept for selection; depends on its key only, not on any order."""
        digest = blake2b(self.paper_key.encode(), digest_size=4).digest()
        return int.from_bytes(digest) % 100 < HELD_OUT_IN_100


def read_corpus(folder: Path) -> Iterator[CorpusPaper]:
    """Papers of the `*.jsonl.xz` files in `folder`, in file order, without those lacking text.

    Raises SystemExit with a sentence when the folder holds no such file.
    """
    files = sorted(folder.glob("*.jsonl.xz"))
    if not files:
        raise SystemExit(f"{folder} holds no *.jsonl.xz file; name the folder with the corpus.")
    for file in files:
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if record["title"] and record["abstract"]:
                    yield _paper(record)


def _paper(record: dict[str, Any]) -> CorpusPaper:
    field, *others = record["categories"] or [""]
    return CorpusPaper(record["id"], record["title"], record["abstract"], field, "; ".join(others))
