"""The teacher's vectors of titles, sentences and whole papers, kept in files of some papers each.

They are made once; students of any shape then learn from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from training.transformer import Transformer, load_parent, padded
from training.wordpieces import parent_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from training.corpus import CorpusPaper

FILE_PAPERS = 480
LONGEST = 254
SENTENCE_WORDS = (6, 30)
_BATCH_PIECES = 2048


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts of some papers and what the teacher made of them; every array is (papers, width)."""

    titles: list[str]
    sentences: list[str]
    papers: list[str]
    title_vectors: NDArray[np.float32]
    sentence_vectors: NDArray[np.float32]
    paper_vectors: NDArray[np.float32]


def draw_papers(papers: Sequence[CorpusPaper], count: int, seed: int) -> list[CorpusPaper]:
    """`count` different papers to learn from, by chance 1 / root of the size of their field."""
    usable = [paper for paper in papers if not paper.is_held_out]
    fields = np.unique([paper.field for paper in usable], return_inverse=True)[1]
    sizes = np.maximum(np.bincount(fields), 100)[fields]
    chances = sizes**-0.5
    random = np.random.default_rng(seed)
    chosen = random.choice(len(usable), count, replace=False, p=chances / chances.sum())
    return [usable[at] for at in chosen]


def some_sentence(paper: CorpusPaper, random: np.random.Generator) -> str:
    """A run of 6 to 30 words from the abstract: as short as a question, or as a long sentence."""
    words = paper.abstract.split()
    length = int(random.integers(*SENTENCE_WORDS))
    start = int(random.integers(0, max(1, len(words) - length)))
    return " ".join(words[start : start + length])


def lessons(
    papers: Sequence[CorpusPaper], teacher_folder: Path, cache: Path, seed: int
) -> Iterator[Lesson]:
    """One lesson for every FILE_PAPERS papers, from `cache` when it is there."""
    cache.mkdir(parents=True, exist_ok=True)
    teacher: _Teacher | None = None
    for number in range(len(papers) // FILE_PAPERS):
        part = papers[number * FILE_PAPERS : (number + 1) * FILE_PAPERS]
        random = np.random.default_rng((seed, number))
        titles = [paper.title for paper in part]
        sentences = [some_sentence(paper, random) for paper in part]
        whole = [f"{paper.title}\n{paper.abstract}" for paper in part]
        file = cache / f"lesson-{LONGEST}-{seed}-{number:04}.npz"
        if not file.exists():
            teacher = teacher or _Teacher.load(teacher_folder)
            vectors = [teacher.encode(texts) for texts in (titles, sentences, whole)]
            partial = file.with_suffix(".tmp.npz")
            np.savez(partial, *[found.astype(np.float16) for found in vectors])
            partial.rename(file)
        with np.load(file) as stored:
            vectors = [stored[f"arr_{at}"].astype(np.float32) for at in range(3)]
        yield Lesson(titles, sentences, whole, *vectors)


@dataclass(slots=True)
class _Teacher:
    folder: Path
    model: Transformer

    @classmethod
    def load(cls, folder: Path) -> _Teacher:
        return cls(folder, load_parent(folder).eval())

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = parent_tokenizer(self.folder).encode_batch(list(texts), add_special_tokens=False)
        pieces = [[101, *text.ids[:LONGEST], 102] for text in found]
        return encode_pieces(self.model, pieces)


@torch.inference_mode()
def encode_pieces(model: Transformer, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Vectors of texts of pieces, in batches of like length."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    vectors = np.empty((len(texts), model.first.weight.shape[0]), dtype=np.float32)
    while order:
        size = max(1, _BATCH_PIECES // len(texts[order[-1]]))
        batch, order = order[-size:], order[:-size]
        vectors[batch] = model(*padded([texts[at] for at in batch])).numpy()
    return vectors
