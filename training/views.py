"""Two views of every paper in a batch, as bags of words; and bags as vectors. Trains nothing.

A text's vector is the sum of its word vectors, each times the root of its count, scaled to length
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.vocabulary import Bags, TokenisedCorpus

    Floats = NDArray[np.float32]
    Papers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cut:
    """How two views of a paper are cut and what they forget.

    `mix` says how often the views are title and abstract, two parts of the abstract, or a span of
    5 to 24 words and all the rest.
    """

    overlap_dropout: float = 0.3
    word_dropout: float = 0.1
    mix: tuple[float, float, float] = (0.4, 0.3, 0.3)


def bag_matrix(rows: NDArray[np.int32], starts: NDArray[np.int64], width: int) -> sparse.csr_array:
    """Texts by vocabulary rows, holding the root of each word's count."""
    ones = np.ones(len(rows), dtype=np.float32)
    # A copy, because summing duplicates sorts the row numbers in place.
    matrix = sparse.csr_array((ones, rows, starts), shape=(len(starts) - 1, width), copy=True)
    matrix.sum_duplicates()
    np.sqrt(matrix.data, out=matrix.data)
    return matrix


def unit_vectors(matrix: sparse.csr_array, table: Floats) -> tuple[Floats, Floats]:
    """Unit vectors of the texts and their lengths before scaling (at least 1e-6)."""
    sums = matrix @ table
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    return sums / lengths, lengths


def two_views(
    corpus: TokenisedCorpus, batch: Papers, how: Cut, random: np.random.Generator
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Two views of every paper in `batch`, each (papers, rows)."""
    start, end = corpus.abstracts.starts[batch], corpus.abstracts.starts[batch + 1]
    title = corpus.titles.starts[batch], corpus.titles.starts[batch + 1]
    kind = random.choice(3, p=how.mix)
    pick = _Picker(corpus, how.word_dropout, random)
    if kind == 0:
        left = pick.part(corpus.titles, *title)
        right = pick.part(corpus.abstracts, start, end)
    elif kind == 1:
        cut = start + ((end - start) * random.uniform(0.3, 0.7, len(batch))).astype(np.int64)
        left = pick.part(corpus.abstracts, start, cut)
        right = pick.part(corpus.abstracts, cut, end)
    else:
        left, right = pick.span(start, end, title)
    return _without_overlap(left, right, how.overlap_dropout, random), right


def _without_overlap(
    left: sparse.csr_array, right: sparse.csr_array, share: float, random: np.random.Generator
) -> sparse.csr_array:
    """`left` less a `share` of the words that `right` has too.

    Word search finds those already; without them the vectors must learn which words go together.
    """
    if share == 0:
        return left
    shared = left.multiply(right > 0).tocsr()
    shared.data *= random.random(len(shared.data), dtype=np.float32) < share
    rest = sparse.csr_array(left - shared)
    rest.data[rest.data < 0] = 0
    rest.eliminate_zeros()
    return rest


@dataclass(frozen=True, slots=True)
class _Picker:
    """Cuts parts out of texts and forgets some of their words."""

    corpus: TokenisedCorpus
    dropout: float
    random: np.random.Generator

    def part(self, bags: Bags, start: Papers, end: Papers) -> sparse.csr_array:
        """The words from `start` to `end` of each text, less the forgotten ones."""
        lengths = end - start
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], lengths)
        kept = self.random.random(len(places), dtype=np.float32) >= self.dropout
        counted = np.concatenate([[0], np.cumsum(kept)])
        return bag_matrix(bags.rows[places[kept]], counted[offsets], self.corpus.row_count)

    def span(
        self, start: Papers, end: Papers, title: tuple[Papers, Papers]
    ) -> tuple[sparse.csr_array, sparse.csr_array]:
        """A short span of each abstract, and all its other words with the title's."""
        length = np.minimum(self.random.integers(5, 25, len(start)), (end - start) // 2)
        first = start + ((end - start - length) * self.random.random(len(start))).astype(np.int64)
        last = first + length
        abstracts = self.corpus.abstracts
        rest = self.part(abstracts, start, first) + self.part(abstracts, last, end)
        rest = rest + self.part(self.corpus.titles, *title)
        return self.part(abstracts, first, last), sparse.csr_array(rest)
