"""Trains a table of word vectors: NumPy moves the rows, PyTorch differentiates the objective."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import sparse

from training.objectives import Context, Objective
from training.views import Cut, bag_matrix, two_views, unit_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.vocabulary import Bags, TokenisedCorpus

    Floats = NDArray[np.float32]
    Papers = NDArray[np.int64]

WARM_UP = 50


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


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the objectives may know of the papers, by paper number.

    `kinships` are numbers of full lists of categories, -1 for papers without; `clusters`, when
    given, allow comparison within one only; `frozen` turns papers into vectors of an encoder that
    does not learn.
    """

    kinships: Papers
    clusters: Papers | None = None
    frozen: Callable[[Papers], Floats] | None = None

    def of(self, batch: Papers) -> Context:
        """The context of a batch."""
        kinships = torch.from_numpy(self.kinships[batch])
        kin = (kinships[:, None] == kinships[None, :]) & (kinships >= 0)[:, None]
        kin |= torch.eye(len(batch), dtype=torch.bool)
        allowed = frozen = None
        if self.clusters is not None:
            found = torch.from_numpy(self.clusters[batch])
            allowed = found[:, None] == found[None, :]
        if self.frozen is not None:
            frozen = torch.from_numpy(self.frozen(batch))
        return Context(kin.float(), allowed, frozen)


@dataclass(slots=True)
class Training:
    """One run: the table that moves, its optimiser and what it is trained with."""

    corpus: TokenisedCorpus
    table: Floats
    objective: Objective
    lessons: Lessons
    cut: Cut
    rate: float
    random: np.random.Generator
    adam: Adam = field(init=False)

    def __post_init__(self) -> None:
        """Start the optimiser."""
        self.adam = Adam(self.table)

    def run(self, batches: Iterable[Papers], steps: int) -> Iterator[tuple[int, float]]:
        """Train on each batch; yields the number of the step, from 1, and its loss."""
        extra = _parameters(self.objective)
        optimiser = torch.optim.Adam(extra, lr=self.rate) if extra else None
        for number, batch in enumerate(batches, start=1):
            left, right = two_views(self.corpus, batch, self.cut, self.random)
            both = sparse.csr_array(sparse.vstack([left, right], format="csr"))
            loss, rows, gradient = self._gradient(both, self.lessons.of(batch))
            rate = self.rate * min(1.0, number / WARM_UP, 1.02 - number / steps)
            self.adam.step(rows, gradient, rate, number)
            if optimiser:
                optimiser.step()
                optimiser.zero_grad()
            yield number, loss

    def _gradient(self, both: sparse.csr_array, context: Context) -> tuple[float, Papers, Floats]:
        """Loss, the rows it depends on and its gradient in them."""
        rows, compact = np.unique(both.indices, return_inverse=True)
        both = sparse.csr_array((both.data, compact, both.indptr), shape=(both.shape[0], len(rows)))
        sums = torch.from_numpy(both @ self.table[rows]).requires_grad_()
        left, right = torch.nn.functional.normalize(sums, dim=1, eps=1e-6).chunk(2)
        loss = self.objective(left, right, context)
        loss.backward()
        if sums.grad is None:
            raise ValueError("The objective does not depend on the vectors.")
        return loss.item(), rows, both.T.tocsr() @ sums.grad.numpy()


def paper_vectors(corpus: TokenisedCorpus, table: Floats, papers: Papers) -> Floats:
    """Unit vectors of titles with abstracts, (len(papers), dim)."""
    vectors = np.empty((len(papers), table.shape[1]), dtype=np.float32)
    for start in range(0, len(papers), 5000):
        part = papers[start : start + 5000]
        bags = _squares(corpus.titles, part, corpus.row_count)
        bags = sparse.csr_array(bags + _squares(corpus.abstracts, part, corpus.row_count))
        np.sqrt(bags.data, out=bags.data)
        vectors[start : start + 5000] = unit_vectors(bags, table)[0]
    return vectors


def _squares(bags: Bags, papers: Papers, width: int) -> sparse.csr_array:
    starts, ends = bags.starts[papers], bags.starts[papers + 1]
    lengths = ends - starts
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
    return bag_matrix(bags.rows[places], offsets, width) ** 2


def _parameters(objective: Objective) -> list[torch.nn.Parameter]:
    return list(objective.parameters()) if isinstance(objective, torch.nn.Module) else []
