"""The small columns and the vectors of the whole index, in memory, as NumPy arrays.

Measured for 200,000 papers of 256 dimensions on two cores: LanceDB's scan takes 320 ms, its IVF
indexes 6 to 15 ms for a third of the true neighbours; two passes over arrays take 6 ms for 94 % of
the best thousand and all of the best ten, cost 103 MB, need no training, and give the similarity
of any paper at once. Above a million papers an IVF index on the same column is the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from broadsheet.index.reading import Table
from broadsheet.index.words import Filter

EXACT_ROWS = 16_384
"""Up to so many rows are compared in full; among more, a first pass chooses."""
COARSE_DIM = 64
"""Dimensions of the first pass: the principal ones hold two thirds of the vectors' variance."""
OVERSAMPLING = 4
"""The first pass keeps so many times the rows that are asked for."""
LEAST_CANDIDATES = 1000
"""The first pass keeps at least so many rows."""
_SAMPLE_ROWS = 10_000
_BLOCK_ROWS = 16_384
_LARGEST_BYTE = np.float32(127)
_EPOCH = date(1970, 1, 1).toordinal()
_INSTANTS = ["submitted_at", "updated_at"]
_LIGHT = ["paper_id", "revision", "title_hash", "categories", "listed_on", "has_code", *_INSTANTS]

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors as 8-bit numbers: `numbers` (n, dim) int8, each row to be multiplied by its scale.

    A cosine changes by less than 0.005, memory halves against 16 bits.
    """

    numbers: NDArray[np.int8]
    scales: Floats

    @classmethod
    def zeros(cls, count: int, dim: int) -> Vectors:
        """Room for `count` vectors."""
        return cls(np.zeros((count, dim), np.int8), np.zeros(count, np.float32))

    @property
    def dim(self) -> int:
        """The length of each vector."""
        return int(self.numbers.shape[1])

    def at(self, rows: Rows) -> Floats:
        """The vectors of some rows, (len(rows), dim) float32."""
        return self.numbers[rows].astype(np.float32) * self.scales[rows, None]

    def put(self, rows: Rows, block: Floats) -> None:
        """Set the vectors of some rows, from (len(rows), dim) float32."""
        largest = np.abs(block).max(axis=1)
        self.scales[rows] = largest / _LARGEST_BYTE
        factors = np.divide(_LARGEST_BYTE, largest, out=np.zeros_like(largest), where=largest > 0)
        self.numbers[rows] = np.rint(block * factors[:, None]).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Coarse:
    """The vectors on their principal axes: `axes` (dim, 64), `heads` (n, 64), both float32."""

    axes: Floats
    heads: Floats


@dataclass(frozen=True, slots=True)
class Places:
    """LanceDB's ids of rows: `sorted_ids` (n,) ascending, `sorted_rows` (n,) theirs."""

    sorted_ids: NDArray[np.uint64]
    sorted_rows: Rows

    @classmethod
    def of(cls, ids: NDArray[np.uint64]) -> Places:
        """The places of rows in their order."""
        order = np.argsort(ids)
        return cls(ids[order], order)

    def rows(self, ids: NDArray[np.uint64]) -> Rows:
        """The rows of some ids, all of them known."""
        return self.sorted_rows[np.searchsorted(self.sorted_ids, ids)]


@dataclass(frozen=True, slots=True)
class Columns:
    """Row i of every array is one paper; `paper_ids` ascend, so a paper is found by bisection.

    `places` are LanceDB's own ids of the rows, which its searches answer with at no cost, while
    looking up a column of a thousand hits takes 3 ms. `days` count from 1970, `submitted_at` and
    `updated_at` are seconds since then, or the day's where a source names no instant;
    `rows_of_category` maps a lower-case label to its rows, ascending.
    `vectors` has dim 0 for an index without vectors; `coarse` is there when there are more than
    EXACT_ROWS rows.
    """

    paper_ids: NDArray[np.int64]
    places: Places
    title_hashes: NDArray[np.int64]
    days: NDArray[np.int32]
    has_code: NDArray[np.bool_]
    submitted_at: NDArray[np.int64]
    updated_at: NDArray[np.int64]
    rows_of_category: Mapping[str, Rows]
    vectors: Vectors
    coarse: Coarse | None

    def rows(self, paper_ids: NDArray[np.int64]) -> Rows:
        """The rows of papers, -1 for papers that are not here."""
        if not len(self.paper_ids):
            return np.full(len(paper_ids), -1, dtype=np.int64)
        found = np.searchsorted(self.paper_ids, paper_ids)
        found = np.minimum(found, len(self.paper_ids) - 1)
        return np.where(self.paper_ids[found] == paper_ids, found, -1)

    def mask(self, filter_: Filter) -> NDArray[np.bool_] | None:
        """Which rows pass a filter, (n,) bool; None where all do."""
        if filter_ == Filter():
            return None
        passes = np.ones(len(self.paper_ids), dtype=np.bool_)
        if filter_.start:
            passes &= self.days >= filter_.start.toordinal() - _EPOCH
        if filter_.end:
            passes &= self.days <= filter_.end.toordinal() - _EPOCH
        if filter_.has_code is not None:
            passes &= self.has_code == filter_.has_code
        for category in filter_.categories:
            passes &= self._in_category(category)
        for category in filter_.without_categories:
            passes &= ~self._in_category(category)
        if filter_.only is not None:
            passes &= self.membership(np.fromiter(filter_.only, np.int64))
        if filter_.without:
            passes &= ~self.membership(np.fromiter(filter_.without, np.int64))
        return passes

    def membership(self, paper_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are among these papers, (n,) bool."""
        member = np.zeros(len(self.paper_ids), dtype=np.bool_)
        rows = self.rows(paper_ids)
        member[rows[rows >= 0]] = True
        return member

    def _in_category(self, category: str) -> NDArray[np.bool_]:
        member = np.zeros(len(self.paper_ids), dtype=np.bool_)
        rows = self.rows_of_category.get(category.lower())
        if rows is not None:
            member[rows] = True
        return member

    def nearest(
        self, vector: Floats, k: int, mask: NDArray[np.bool_] | None
    ) -> tuple[Rows, Floats]:
        """The `k` rows whose vectors have the largest inner product with `vector` (dim,).

        Returns rows and products, best first; rows with equal products stand by paper id.
        """
        rows = self._candidates(vector, k, mask)
        scores = self.products(vector, rows)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def _candidates(self, vector: Floats, k: int, mask: NDArray[np.bool_] | None) -> Rows:
        allowed = None if mask is None else np.flatnonzero(mask)
        count = len(self.paper_ids) if allowed is None else len(allowed)
        keep = max(k * OVERSAMPLING, LEAST_CANDIDATES)
        if self.coarse is None or count <= max(EXACT_ROWS, keep):
            return np.arange(count) if allowed is None else allowed
        scores = self.coarse.heads @ (vector @ self.coarse.axes)
        if allowed is not None:
            scores = scores[allowed]
        best = np.argpartition(scores, count - keep)[count - keep :]
        return np.sort(best if allowed is None else allowed[best])

    def products(self, vector: Floats, rows: Rows) -> Floats:
        """Inner products of `vector` with the rows' vectors: cosines, as all have length 1."""
        products: Floats = self.vectors.numbers[rows].astype(np.float32) @ vector
        return products * self.vectors.scales[rows]


def read_columns(table: Table, dim: int, previous: Columns | None, since: int) -> Columns:
    """Read a table into memory; vectors of rows not above revision `since` come from `previous`."""
    light = table.scan(_LIGHT).combine_chunks()
    light = light.take(pc.sort_indices(light["paper_id"]))
    paper_ids = light["paper_id"].to_numpy()
    revisions = light["revision"].to_numpy()
    vectors = Vectors.zeros(len(paper_ids), dim)
    if dim:
        is_reused = _reuse(vectors, paper_ids, revisions <= since, previous)
        _read_vectors(table, vectors, paper_ids, since if is_reused else None)
    days = light["listed_on"].combine_chunks().cast(pa.int32()).to_numpy()
    submitted_at = _or_else(light["submitted_at"].to_numpy(), days.astype(np.int64) * 86_400)
    columns = Columns(
        paper_ids=paper_ids,
        places=Places.of(light["_rowid"].to_numpy()),
        title_hashes=light["title_hash"].to_numpy(),
        days=days,
        has_code=light["has_code"].combine_chunks().to_numpy(zero_copy_only=False),
        submitted_at=submitted_at,
        updated_at=_or_else(light["updated_at"].to_numpy(), submitted_at),
        rows_of_category=_rows_of_category(light["categories"].combine_chunks()),
        vectors=vectors,
        coarse=_coarse(vectors, previous),
    )
    del light
    pa.default_memory_pool().release_unused()  # else 50 MB of 200,000 rows stay with the process
    return columns


def _or_else(instants: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(instants != 0, instants, others)


def _reuse(
    vectors: Vectors,
    paper_ids: NDArray[np.int64],
    is_old: NDArray[np.bool_],
    previous: Columns | None,
) -> bool:
    """Copy the old vectors from before; False where they must all be read."""
    if previous is None or previous.vectors.dim != vectors.dim:
        return False
    rows = previous.rows(paper_ids[is_old])
    if (rows < 0).any():
        return False
    vectors.numbers[is_old] = previous.vectors.numbers[rows]
    vectors.scales[is_old] = previous.vectors.scales[rows]
    return True


def _read_vectors(
    table: Table, vectors: Vectors, paper_ids: NDArray[np.int64], since: int | None
) -> None:
    condition = None if since is None else f"revision > {since}"
    for start in range(0, len(paper_ids), _BLOCK_ROWS):
        # One block at a time: a streamed scan reads ahead by hundreds of megabytes.
        batch = table.scan(
            ["paper_id", "vector"], condition=condition, limit=_BLOCK_ROWS, offset=start
        )
        if not len(batch):
            break
        rows = np.searchsorted(paper_ids, batch["paper_id"].to_numpy())
        flat = batch["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        vectors.put(rows, flat.reshape(len(rows), -1).astype(np.float32))


def _rows_of_category(categories: pa.ListArray) -> dict[str, Rows]:
    rows = pc.list_parent_indices(categories).to_numpy()
    labels = categories.flatten().dictionary_encode()
    codes = labels.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(labels.dictionary) + 1))
    return {
        name: rows[order[start:end]]
        for name, start, end in zip(
            labels.dictionary.to_pylist(), bounds[:-1], bounds[1:], strict=True
        )
    }


def _coarse(vectors: Vectors, previous: Columns | None) -> Coarse | None:
    """Project on the principal axes of a sample (PCA without centring, as products need)."""
    count = len(vectors.scales)
    if count <= EXACT_ROWS or vectors.dim <= COARSE_DIM:
        return None
    if previous is not None and previous.coarse and previous.vectors.dim == vectors.dim:
        axes = previous.coarse.axes
    else:
        axes = _principal_axes(vectors.at(np.arange(0, count, max(1, count // _SAMPLE_ROWS))))
    heads = np.empty((count, COARSE_DIM), dtype=np.float32)
    for start in range(0, count, _BLOCK_ROWS):
        rows = np.arange(start, min(start + _BLOCK_ROWS, count))
        heads[rows] = vectors.at(rows) @ axes
    return Coarse(axes, heads)


def _principal_axes(sample: Floats) -> Floats:
    _, eigenvectors = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(eigenvectors[:, ::-1][:, :COARSE_DIM])
