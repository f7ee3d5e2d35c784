"""How the vectors of one encoder are laid out for searching: gathered in cells round centroids.

Learned from the vectors themselves, without labels, so that a search looks into a few cells instead
of at all vectors.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELL_ROWS = 65_536
"""From so many vectors on there are cells; fewer are scanned in two milliseconds."""
MOST_CELLS = 4096
ROWS_PER_CENTROID = 16
"""Vectors of the sample for each centroid."""
_ROUNDS = 6
_BLOCK_ROWS = 8192

Floats = NDArray[np.float32]
Cells = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Layout:
    """`centroids` (cells, dim) float32 have length 1; without any, all vectors lie in one cell."""

    centroids: Floats

    @classmethod
    def plain(cls, dim: int) -> Layout:
        """One cell."""
        return cls(np.zeros((0, dim), np.float32))

    @classmethod
    def from_bytes(cls, content: bytes) -> Layout:
        """What `to_bytes` wrote; raises ValueError for anything else."""
        return cls(np.load(io.BytesIO(content), allow_pickle=False))

    def to_bytes(self) -> bytes:
        """The layout as a file."""
        file = io.BytesIO()
        np.save(file, self.centroids)
        return file.getvalue()

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return int(self.centroids.shape[1])

    @property
    def cells(self) -> int:
        """The number of cells, at least 1."""
        return max(1, len(self.centroids))

    def cells_of(self, vectors: Floats) -> Cells:
        """The cell of each vector (n, dim): that of the closest centroid, (n,) int32."""
        if not len(self.centroids):
            return np.zeros(len(vectors), np.int32)
        return nearest_centroids(vectors, self.centroids)

    def closest_cells(self, vector: Floats, count: int) -> NDArray[np.int64]:
        """The `count` most promising cells for one vector (dim,), ascending."""
        if count >= self.cells:
            return np.arange(self.cells)
        products = self.centroids @ vector
        return np.sort(np.argpartition(products, -count)[-count:])


def learn_layout(sample: Floats, count: int) -> Layout:
    """The layout for `count` vectors, learned from a random sample of them (m, dim) float32.

    Spherical k-means (Dhillon and Modha, 2001) with about twice the root of `count` centroids.
    """
    return Layout(_centroids(sample, cell_count(count)))


def cell_count(count: int) -> int:
    """How many cells so many vectors get: a power of two, or 0."""
    if count < CELL_ROWS:
        return 0
    return int(min(MOST_CELLS, 2 ** round(np.log2(2 * np.sqrt(count)))))


def sample_rows(count: int) -> int:
    """How large a sample `learn_layout` wants for so many vectors."""
    return min(count, ROWS_PER_CENTROID * cell_count(count))


def _centroids(vectors: Floats, cells: int) -> Floats:
    chance = np.random.default_rng(0)
    cells = min(cells, len(vectors))
    centroids = _unit(vectors[chance.choice(len(vectors), cells, replace=False)])
    for _ in range(_ROUNDS if cells else 0):
        owners = nearest_centroids(vectors, centroids)
        sums = _sums(vectors, owners, cells)
        is_empty = np.bincount(owners, minlength=cells) == 0
        sums[is_empty] = vectors[chance.choice(len(vectors), int(is_empty.sum()))]
        centroids = _unit(sums)
    return centroids


def _sums(vectors: Floats, owners: Cells, cells: int) -> Floats:
    """The sum of the vectors of each owner, (cells, dim)."""
    order = np.argsort(owners, kind="stable")
    present, starts = np.unique(owners[order], return_index=True)
    sums = np.zeros((cells, vectors.shape[1]), np.float32)
    sums[present] = np.add.reduceat(vectors[order], starts, axis=0)
    return sums


def nearest_centroids(vectors: Floats, centroids: Floats) -> Cells:
    """The number of the centroid with the largest product, for each of the vectors (n, dim)."""
    found = np.empty(len(vectors), np.int32)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS]
        found[start : start + _BLOCK_ROWS] = (block @ centroids.T).argmax(axis=1)
    return found


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit
