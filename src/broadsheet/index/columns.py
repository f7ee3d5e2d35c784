"""The small columns of the whole index, in memory as NumPy arrays: what filters and orders need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from broadsheet.index.labels import Labels
from broadsheet.index.reading import Table
from broadsheet.index.words import Filter

_FIRST_YEAR = 1970
_EPOCH = date(_FIRST_YEAR, 1, 1).toordinal()
_INSTANTS = ["submitted_at", "updated_at"]
_HASHES = ["title_hash", "text_hash"]
_LIGHT = ["paper_id", "categories", "sources", "listed_on", "has_code", *_HASHES, *_INSTANTS]
SPARSE = 4
"""A table of rows by paper number is kept while numbers reach at most this times their count."""

Rows = NDArray[np.int64]


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
    """Row i of every array is one paper; `paper_ids` ascend. `row_of_id` has the row of each number
    up to the largest, -1 where there is none, and is None where that would be a waste.

    `places` are LanceDB's own ids of the rows, which its searches answer with at no cost, while
    looking up a column of a thousand hits takes 3 ms. `days` count from 1970, `submitted_at` and
    `updated_at` are seconds since then, or the day's where a source names no instant.
    `title_hashes` ascend, and `title_order` are the rows they are of. `text_hashes`
    tell which text a paper has, so that a vector of an older one is known.
    """

    paper_ids: NDArray[np.int64]
    row_of_id: NDArray[np.int32] | None
    places: Places
    title_hashes: NDArray[np.int64]
    title_order: NDArray[np.int32]
    text_hashes: NDArray[np.int64]
    days: NDArray[np.int32]
    has_code: NDArray[np.bool_]
    submitted_at: NDArray[np.int64]
    updated_at: NDArray[np.int64]
    categories: Labels
    sources: Labels

    def rows(self, paper_ids: NDArray[np.int64]) -> Rows:
        """The rows of papers, -1 for papers that are not here."""
        if not len(self.paper_ids):
            return np.full(len(paper_ids), -1, dtype=np.int64)
        if self.row_of_id is not None:
            is_known = (paper_ids >= 0) & (paper_ids < len(self.row_of_id))
            return np.where(is_known, self.row_of_id[np.where(is_known, paper_ids, 0)], -1)
        found = np.searchsorted(self.paper_ids, paper_ids)
        found = np.minimum(found, len(self.paper_ids) - 1)
        return np.where(self.paper_ids[found] == paper_ids, found, -1)

    def with_title_hash(self, wanted: int) -> Rows:
        """The rows whose title has this hash, ascending."""
        start = np.searchsorted(self.title_hashes, wanted)
        end = np.searchsorted(self.title_hashes, wanted, side="right")
        return self.title_order[start:end].astype(np.int64)

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
        for labels, wanted, unwanted in (
            (self.categories, filter_.categories, filter_.without_categories),
            (self.sources, filter_.sources, filter_.without_sources),
        ):
            if wanted or unwanted:
                passes &= labels.allowed(wanted, unwanted)
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

    def years(self, rows: Rows) -> NDArray[np.int64]:
        """The years in which the papers of some rows were listed."""
        days = self.days[rows].astype("datetime64[D]")
        return days.astype("datetime64[Y]").astype(np.int64) + _FIRST_YEAR


def read_columns(table: Table) -> Columns:
    """Read the columns of a table into memory."""
    light = table.scan(_LIGHT).combine_chunks()
    light = light.take(pc.sort_indices(light["paper_id"]))
    paper_ids = light["paper_id"].to_numpy()
    days = light["listed_on"].combine_chunks().cast(pa.int32()).to_numpy()
    submitted_at = _or_else(light["submitted_at"].to_numpy(), days.astype(np.int64) * 86_400)
    title_hashes = light["title_hash"].to_numpy()
    title_order = np.argsort(title_hashes, kind="stable").astype(np.int32)
    columns = Columns(
        paper_ids=paper_ids,
        row_of_id=_row_of_id(paper_ids),
        places=Places.of(light["_rowid"].to_numpy()),
        title_hashes=title_hashes[title_order],
        title_order=title_order,
        text_hashes=light["text_hash"].to_numpy(),
        days=days,
        has_code=light["has_code"].combine_chunks().to_numpy(zero_copy_only=False),
        submitted_at=submitted_at,
        updated_at=_or_else(light["updated_at"].to_numpy(), submitted_at),
        categories=Labels.of(light["categories"].combine_chunks()),
        sources=Labels.of(light["sources"].combine_chunks()),
    )
    del light
    pa.default_memory_pool().release_unused()  # else 50 MB of 200,000 rows stay with the process
    return columns


def _row_of_id(paper_ids: NDArray[np.int64]) -> NDArray[np.int32] | None:
    if not len(paper_ids) or paper_ids[-1] >= SPARSE * len(paper_ids) or paper_ids[0] < 0:
        return None
    rows = np.full(int(paper_ids[-1]) + 1, -1, np.int32)
    rows[paper_ids] = np.arange(len(paper_ids), dtype=np.int32)
    return rows


def _or_else(instants: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(instants != 0, instants, others)
