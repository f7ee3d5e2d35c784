"""The small columns of the whole index, in memory as NumPy arrays: what filters and orders need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from broadsheet.index.labels import Labels
from broadsheet.index.numbering import Numbering, RowNumbering
from broadsheet.index.reading import Table
from broadsheet.index.row_change import RowChange
from broadsheet.index.words import Filter

_FIRST_YEAR = 1970
_EPOCH = date(_FIRST_YEAR, 1, 1).toordinal()
_INSTANTS = ["submitted_at", "updated_at"]
_HASHES = ["title_hash", "text_hash"]
_LIGHT = ["paper_id", "categories", "sources", "listed_on", "has_code", *_HASHES, *_INSTANTS]
MOST_CHANGED = 1 / 16
"""When more of the papers have changed, all are read again."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Row i of every array is one paper; `paper_ids` ascend, and `numbering` has their rows.

    `places` are Lance's own ids of the rows, which its searches answer with at no cost, while
    looking up a column of a thousand hits takes 3 ms. `days` count from 1970, `submitted_at` and
    `updated_at` are seconds since then, or the day's where a source names no instant.
    `ascending_titles` are the title hashes in order, and `title_order` the rows they are of.
    `text_hashes` tell which text a paper has, so that a vector of an older one is known.
    """

    paper_ids: NDArray[np.int64]
    numbering: Numbering
    places: RowNumbering
    ascending_titles: NDArray[np.int64]
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
        return self.numbering.of_each(paper_ids)

    def with_title_hash(self, wanted: int) -> Rows:
        """The rows whose title has this hash, ascending."""
        start = np.searchsorted(self.ascending_titles, wanted)
        end = np.searchsorted(self.ascending_titles, wanted, side="right")
        return np.sort(self.title_order[start:end]).astype(np.int64)

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


@dataclass(frozen=True, slots=True)
class _Read:
    """Some rows of the table, in an order of their own; the arrays are those of `Columns`."""

    paper_ids: NDArray[np.int64]
    row_ids: NDArray[np.uint64]
    title_hashes: NDArray[np.int64]
    text_hashes: NDArray[np.int64]
    days: NDArray[np.int32]
    has_code: NDArray[np.bool_]
    submitted_at: NDArray[np.int64]
    updated_at: NDArray[np.int64]
    categories: pa.ListArray
    sources: pa.ListArray

    @classmethod
    def of(cls, table: Table, condition: str | None = None) -> _Read:
        """The rows for which a condition holds, by paper id."""
        light = table.scan(_LIGHT, condition=condition).combine_chunks()
        light = light.take(pa.array(np.argsort(light["paper_id"].to_numpy(), kind="stable")))
        days = light["listed_on"].combine_chunks().cast(pa.int32()).to_numpy()
        submitted_at = _or_else(light["submitted_at"].to_numpy(), days.astype(np.int64) * 86_400)
        return cls(
            paper_ids=light["paper_id"].to_numpy(),
            row_ids=light["_rowid"].to_numpy(),
            title_hashes=light["title_hash"].to_numpy(),
            text_hashes=light["text_hash"].to_numpy(),
            days=days,
            has_code=light["has_code"].combine_chunks().to_numpy(zero_copy_only=False),
            submitted_at=submitted_at,
            updated_at=_or_else(light["updated_at"].to_numpy(), submitted_at),
            categories=light["categories"].combine_chunks(),
            sources=light["sources"].combine_chunks(),
        )


_PLAIN = ("text_hashes", "days", "has_code", "submitted_at", "updated_at")


def read_columns(table: Table) -> Columns:
    """Read the columns of a table into memory."""
    read = _Read.of(table)
    order = np.argsort(read.title_hashes, kind="stable").astype(np.int32)
    columns = Columns(
        paper_ids=read.paper_ids,
        numbering=Numbering.of(read.paper_ids),
        places=RowNumbering.of(read.row_ids),
        ascending_titles=read.title_hashes[order],
        title_order=order,
        text_hashes=read.text_hashes,
        days=read.days,
        has_code=read.has_code,
        submitted_at=read.submitted_at,
        updated_at=read.updated_at,
        categories=Labels.of(read.categories),
        sources=Labels.of(read.sources),
    )
    del read
    pa.default_memory_pool().release_unused()  # else 50 MB of 200,000 rows stay with the process
    return columns


def reread_columns(table: Table, before: Columns, revision: int) -> Columns:
    """The columns as they are now, when those of `before` had all changes up to `revision`.

    Reads only the numbers of all papers and what changed, which of a million papers takes a
    tenth of the time; all of it where much changed.
    """
    news = _Read.of(table, f"revision > {revision}")
    present = table.scan(["paper_id"]).combine_chunks()
    if len(news.paper_ids) > MOST_CHANGED * len(before.paper_ids):
        return read_columns(table)
    paper_ids = present["paper_id"].to_numpy()
    order = np.argsort(paper_ids, kind="stable")
    paper_ids = paper_ids[order]
    news_at = Numbering.of(news.paper_ids).of_each(paper_ids)
    was_at = before.rows(paper_ids)
    is_new = news_at >= 0
    if (was_at[~is_new] < 0).any():
        return read_columns(table)  # a paper that came without a newer revision: trust nothing
    change = RowChange.of(np.where(is_new, -1, was_at), news_at, len(before.paper_ids))
    plain = {name: change.merged(getattr(before, name), getattr(news, name)) for name in _PLAIN}
    titles, title_order = _titles(before, news, change)
    return Columns(
        paper_ids=paper_ids,
        numbering=Numbering.of(paper_ids),
        places=RowNumbering.of(present["_rowid"].to_numpy()[order]),
        ascending_titles=titles,
        title_order=title_order,
        **plain,
        categories=before.categories.changed(change, news.categories),
        sources=before.sources.changed(change, news.sources),
    )


def _titles(
    before: Columns, news: _Read, change: RowChange
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The title hashes in order and their rows: the news put in between those that stay."""
    order = change.now_at[before.title_order]
    stays = order >= 0
    hashes, order = before.ascending_titles[stays], order[stays]
    sorted_news = np.argsort(news.title_hashes, kind="stable")
    new_hashes = news.title_hashes[sorted_news]
    between = np.searchsorted(hashes, new_hashes)
    rows = np.insert(order, between, change.news_now_at[sorted_news])
    return np.insert(hashes, between, new_hashes), rows.astype(np.int32)


def _or_else(instants: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(instants != 0, instants, others)
