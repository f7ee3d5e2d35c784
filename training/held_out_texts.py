"""Measures that choose between transformers, small enough to be taken after every lesson.

Papers of the code collection and held-out papers only; judged collections are never seen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.search_quality import ndcg_of_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from training.corpus import CorpusPaper
    from training.search_quality import Collection

    Floats = NDArray[np.float32]
    Encode = Callable[[Sequence[str]], Floats]

CODE_DOCUMENTS = 1000
HELD_OUT_PAPERS = 500
SPAN_WORDS = 12


@dataclass(frozen=True, slots=True)
class Choosing:
    """Texts that choose: titles, and spans from the end of abstracts, must find their papers."""

    codes: Collection
    asked_columns: NDArray[np.int64]
    titles: list[str]
    ends: list[str]
    abstracts: list[str]

    def figures(self, encode: Encode) -> dict[str, Floats]:
        """One figure for each question, by measure: nDCG@10 of codes, else reciprocal ranks.

        `codes` finds, by a title, papers that share its subject codes; `title` and `end` find the
        abstract that belongs to a title or to a span of its last third.
        """
        scores = encode(self.codes.queries) @ encode(self.codes.documents).T
        itself = self.asked_columns >= 0
        scores[np.flatnonzero(itself), self.asked_columns[itself]] = -1
        abstracts = encode(self.abstracts)
        return {
            "codes": ndcg_of_each(scores, self.codes.gains),
            "title": _reciprocal_ranks(encode(self.titles) @ abstracts.T),
            "end": _reciprocal_ranks(encode(self.ends) @ abstracts.T),
        }


def choosing(
    codes: Collection,
    asked: NDArray[np.int64],
    papers: Sequence[CorpusPaper],
    *,
    is_fresh: bool = False,
) -> Choosing:
    """A part of the code collection, and some of the held-out among `papers`.

    `is_fresh` gives as many others of both, for telling what a choice is worth once it is made.
    """
    random = np.random.default_rng(2)
    columns = _drawn(random, len(codes.documents), CODE_DOCUMENTS, is_fresh=is_fresh)
    gains = codes.gains[:, columns]
    rows = np.flatnonzero(gains.any(axis=1))
    place = {int(column): at for at, column in enumerate(columns)}
    part = type(codes)(
        codes.name,
        [codes.documents[at] for at in columns],
        [codes.queries[at] for at in rows],
        gains[rows],
    )
    own = np.array([place.get(int(asked[row]), -1) for row in rows])
    held_out = [paper for paper in papers if paper.is_held_out]
    some = _drawn(random, len(held_out), HELD_OUT_PAPERS, is_fresh=is_fresh)
    chosen = [held_out[at] for at in some]
    abstracts = [paper.abstract for paper in chosen]
    titles = [paper.title for paper in chosen]
    return Choosing(part, own, titles, [_end(text, random) for text in abstracts], abstracts)


def _drawn(
    random: np.random.Generator, total: int, count: int, *, is_fresh: bool
) -> NDArray[np.int64]:
    first = random.choice(total, count, replace=False)
    if is_fresh:
        first = random.choice(np.setdiff1d(np.arange(total), first), count, replace=False)
    return np.sort(first)


def _end(abstract: str, random: np.random.Generator) -> str:
    words = abstract.split()
    last = max(0, len(words) - SPAN_WORDS)
    start = int(random.integers(min(last, len(words) * 2 // 3), last + 1))
    return " ".join(words[start : start + SPAN_WORDS])


def _reciprocal_ranks(cosines: Floats) -> Floats:
    """How far in front each row's own column stands: 1 for the first place, 1/2 for the second."""
    own = np.diagonal(cosines)[:, None]
    found: Floats = (1 / np.sum(cosines >= own, axis=1)).astype(np.float32)
    return found
