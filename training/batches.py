"""Which papers stand in a batch, and so which ones are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.vq import kmeans2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Papers = NDArray[np.int64]
    Groups = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """Papers to draw from: their numbers, fields, groups and how likely each is drawn.

    `groups` are numbers of clusters, or of papers with the same categories, or all 0.
    """

    papers: Papers
    groups: Groups
    chances: NDArray[np.float64]
    random: np.random.Generator

    def some(self, count: int) -> Papers:
        """Places of `count` papers in the pool, drawn by their chances, without repeats."""
        total = np.cumsum(self.chances)
        drawn = np.searchsorted(total, self.random.random(count) * total[-1], side="right")
        return np.unique(drawn)


def balanced(fields: NDArray[np.int32], power: float) -> NDArray[np.float64]:
    """Chances 1 / size of the field to the `power`: 0 all papers alike, 1 all fields alike."""
    sizes = np.maximum(np.bincount(fields), 100)[fields]
    return sizes.astype(np.float64) ** -power


def at_random(pool: Pool, batch: int) -> Papers:
    """Any papers."""
    return pool.papers[pool.some(batch)]


def one_of_each_group(pool: Pool, batch: int) -> Papers:
    """No two papers of one cluster (Chakraborty et al., G-SimCLR, 2020)."""
    drawn = pool.random.permutation(pool.some(4 * batch))
    first = np.unique(pool.groups[drawn], return_index=True)[1]
    return pool.papers[drawn[first][:batch]]


def few_groups(pool: Pool, batch: int, groups: int = 8) -> Papers:
    """Papers of few clusters, about as many of each (Zhang et al., multistage contrast, 2024)."""
    seeds = pool.groups[pool.random.permutation(pool.some(4 * groups))]
    chosen = seeds[np.sort(np.unique(seeds, return_index=True)[1])][:groups]
    parts = []
    for group in chosen:
        members = np.flatnonzero(pool.groups == group)
        count = min(len(members), batch // groups)
        parts.append(pool.random.choice(members, count, replace=False))
    return pool.papers[np.concatenate(parts)]


def with_neighbours(neighbours: NDArray[np.int64]) -> Callable[[Pool, int], Papers]:
    """Papers each beside a few of its `neighbours` (papers, k): Deuser et al., Sample4Geo, 2023."""

    def draw(pool: Pool, batch: int) -> Papers:
        seeds = pool.some(batch // (1 + neighbours.shape[1]))
        both = np.concatenate([seeds, neighbours[seeds].ravel()])
        return pool.papers[np.unique(both)]

    return draw


def same_group_neighbours(groups: Groups, count: int, random: np.random.Generator) -> Papers:
    """For each paper `count` others of its group, with repeats in small groups."""
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    offsets = (random.random((len(groups), count)) * sizes[groups][:, None]).astype(np.int64)
    return order[starts[groups][:, None] + offsets]


def nearest(vectors: Floats, count: int, block: int = 1000) -> Papers:
    """For each of the unit `vectors` the places of the `count` nearest others."""
    found = np.empty((len(vectors), count), dtype=np.int64)
    for start in range(0, len(vectors), block):
        cosines = vectors[start : start + block] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -2
        found[start : start + block] = np.argpartition(-cosines, count, axis=1)[:, :count]
    return found


def clusters(vectors: Floats, count: int, seed: int) -> Groups:
    """Numbers of the k-means clusters of unit `vectors`."""
    sample = np.random.default_rng(seed).choice(len(vectors), min(len(vectors), 8000), False)
    centres, _ = kmeans2(vectors[sample], count, iter=8, minit="points", rng=seed)
    closest = [
        np.argmax(vectors[at : at + 4000] @ centres.T - (centres**2).sum(1) / 2, axis=1)
        for at in range(0, len(vectors), 4000)
    ]
    return np.concatenate(closest)


def batches(
    pool: Pool, size: int, steps: int, draw: Callable[[Pool, int], Papers]
) -> Iterator[Papers]:
    """`steps` batches of about `size` different papers."""
    for _ in range(steps):
        yield draw(pool, size)
