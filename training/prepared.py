"""The corpus as arrays, first vectors and groups of papers, made once and kept in a work folder."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from training.corpus import CorpusPaper, read_corpus
from training.start_vectors import start_vectors
from training.vocabulary import TokenisedCorpus, tokenise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Made = TypeVar("Made")
WIDEST = 256


@dataclass(frozen=True, slots=True)
class Prepared:
    """Papers, their words and the folder that keeps what was made of them.

    The folder is for one corpus: empty it when the corpus changes.
    """

    papers: list[CorpusPaper]
    corpus: TokenisedCorpus
    work: Path

    @classmethod
    def of(cls, folder: Path, work: Path, least_papers: int = 3) -> Prepared:
        """The corpus in `folder`, from `work` when it was prepared before."""
        work.mkdir(parents=True, exist_ok=True)

        def read() -> tuple[list[CorpusPaper], TokenisedCorpus]:
            papers = list(read_corpus(folder))
            return papers, tokenise(papers, least_papers)

        return cls(*kept(work / "corpus.pickle", read), work)

    def semantic_start(self, dim: int) -> Floats:
        """First vectors by latent semantic analysis, (rows, dim): the leading numbers of WIDEST."""
        widest = kept(self.work / f"lsa-{WIDEST}.pickle", self._widest_start)
        lengths = np.linalg.norm(widest, axis=1, keepdims=True)
        cut = widest[:, :dim] / np.maximum(np.linalg.norm(widest[:, :dim], axis=1), 1e-9)[:, None]
        return np.ascontiguousarray(cut * lengths)

    def _widest_start(self) -> Floats:
        return start_vectors(self.corpus, WIDEST, seed=0)


def kept(file: Path, make: Callable[[], Made]) -> Made:
    """What `file` holds, or what `make` gives, which is then kept there."""
    # Only files that this program wrote are read: pickles of others could run anything.
    if file.exists():
        found: Made = pickle.loads(file.read_bytes())  # noqa: S301
        return found
    made = make()
    partial = file.with_suffix(".partial")
    partial.write_bytes(pickle.dumps(made, protocol=5))
    partial.rename(file)
    return made
