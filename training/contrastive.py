"""Contrastive training of word vectors with NumPy and SciPy; knows nothing of words or files.

A text's vector is the sum of its word vectors, each times the root of its count, scaled to length
one. Two parts of one paper are pulled together, parts of different papers in a batch pushed apart
(InfoNCE, van den Oord et al. 2018, in both directions).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vocabulary import Bags, TokenisedCorpus

    Floats = NDArray[np.float32]
    Papers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run may vary."""

    steps: int = 600
    batch: int = 2048
    temperature: float = 0.1
    rate: float = 0.03
    overlap_dropout: float = 0.3
    balance: float = 0.5
    word_dropout: float = 0.1
    mix: tuple[float, float, float] = (0.4, 0.3, 0.3)
    seed: int = 0


@dataclass(slots=True)
class Adam:
    """Adam (Kingma and Ba 2015) that touches only the rows with a gradient."""

    table: Floats
    first: Floats = field(init=False)
    second: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Start both moments at zero."""
        self.first = np.zeros_like(self.table)
        self.second = np.zeros_like(self.table)

    def step(self, rows: Papers, gradient: Floats, rate: float, number: int) -> None:
        """Move `rows` against `gradient`; `number` counts steps from 1."""
        first = self.first[rows]
        first += 0.1 * (gradient - first)
        self.first[rows] = first
        second = self.second[rows]
        second += 0.01 * (gradient * gradient - second)
        self.second[rows] = second
        first *= rate / (1 - 0.9**number)
        second /= 1 - 0.99**number
        np.sqrt(second, out=second)
        second += 1e-8
        first /= second
        self.table[rows] -= first


def train(corpus: TokenisedCorpus, table: Floats, recipe: Recipe) -> Iterator[tuple[int, float]]:
    """Train `table` (rows, dim) in place; yields the step number and its loss after each step."""
    random = np.random.default_rng(recipe.seed)
    optimiser = Adam(table)
    papers = np.flatnonzero(~corpus.is_held_out)
    for number, batch in enumerate(_batches(corpus, papers, recipe, random), start=1):
        left, right = _views(corpus, batch, recipe, random)
        left = _without_overlap(left, right, recipe.overlap_dropout, random)
        loss, rows, gradient = _gradient(table, left, right, recipe.temperature)
        progress = number / recipe.steps
        rate = recipe.rate * min(1.0, number / 50, 1.02 - progress)
        optimiser.step(rows, gradient, rate, number)
        yield number, loss


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


def _batches(
    corpus: TokenisedCorpus, papers: Papers, recipe: Recipe, random: np.random.Generator
) -> Iterator[Papers]:
    """Batches of different papers; small fields come up more often than their size says."""
    sizes = np.bincount(corpus.fields[papers])
    chances = np.maximum(sizes, 100).astype(np.float64)[corpus.fields[papers]] ** -recipe.balance
    total = np.cumsum(chances)
    for _ in range(recipe.steps):
        drawn = np.searchsorted(total, random.random(recipe.batch) * total[-1], side="right")
        yield papers[np.unique(drawn)]


def _views(
    corpus: TokenisedCorpus, batch: Papers, recipe: Recipe, random: np.random.Generator
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Two parts of every paper: title and abstract, halves, or a short span and all the rest."""
    start, end = corpus.abstracts.starts[batch], corpus.abstracts.starts[batch + 1]
    title = corpus.titles.starts[batch], corpus.titles.starts[batch + 1]
    kind = random.choice(3, p=recipe.mix)
    pick = _Picker(corpus, recipe.word_dropout, random)
    if kind == 0:
        return pick.part(corpus.titles, *title), pick.part(corpus.abstracts, start, end)
    if kind == 1:
        cut = start + ((end - start) * random.uniform(0.3, 0.7, len(batch))).astype(np.int64)
        return pick.part(corpus.abstracts, start, cut), pick.part(corpus.abstracts, cut, end)
    length = np.minimum(random.integers(5, 25, len(batch)), (end - start) // 2)
    first = start + ((end - start - length) * random.random(len(batch))).astype(np.int64)
    last = first + length
    rest = pick.part(corpus.abstracts, start, first) + pick.part(corpus.abstracts, last, end)
    return (
        pick.part(corpus.abstracts, first, last),
        sparse.csr_array(rest + pick.part(corpus.titles, *title)),
    )


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


def _gradient(
    table: Floats, left: sparse.csr_array, right: sparse.csr_array, temperature: float
) -> tuple[float, Papers, Floats]:
    """Loss, the rows it depends on and its gradient in them."""
    both = sparse.csr_array(sparse.vstack([left, right], format="csr"))
    rows, compact = np.unique(both.indices, return_inverse=True)
    both = sparse.csr_array((both.data, compact, both.indptr), shape=(both.shape[0], len(rows)))
    units, lengths = unit_vectors(both, table[rows])
    count = left.shape[0]
    loss, slope = _info_nce(units[:count] @ units[count:].T, temperature)
    pull = np.concatenate([slope @ units[count:], slope.T @ units[:count]])
    pull -= units * np.sum(units * pull, axis=1, keepdims=True)
    return loss, rows, both.T.tocsr() @ (pull / lengths)


def _info_nce(cosines: Floats, temperature: float) -> tuple[float, Floats]:
    """Mean loss over both directions and its derivative by each cosine."""
    exponentials = np.exp((cosines - 1) / temperature)
    forward = exponentials / exponentials.sum(axis=1, keepdims=True)
    exponentials /= exponentials.sum(axis=0, keepdims=True)
    own = np.diagonal(forward) * np.diagonal(exponentials)
    loss = -0.5 * float(np.mean(np.log(own + 1e-30)))
    slope = forward + exponentials
    slope[np.diag_indices_from(slope)] -= 2
    slope *= 0.5 / (len(slope) * temperature)
    return loss, slope
