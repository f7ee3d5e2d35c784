"""Labels of papers, such as categories, as columns in memory: counted over any papers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from broadsheet.index.row_change import RowChange

FEW_ROWS = 8
"""Up to this part of all rows are looked up one by one; more are marked in the whole column."""

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of row i are `names[codes[bounds[i]:bounds[i + 1]]]`.

    `rows_of` maps a label to its rows, ascending; labels are in lower case.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]
    bounds: NDArray[np.int64]
    rows_of: Mapping[str, Rows]

    @classmethod
    def of(cls, lists: pa.ListArray) -> Labels:
        """The labels of an array of lists."""
        flat = lists.flatten().dictionary_encode()
        names = tuple(flat.dictionary.to_pylist())
        codes = flat.indices.to_numpy().astype(np.int32)
        bounds = lists.offsets.to_numpy().astype(np.int64)
        return cls(names, codes, bounds - bounds[0], _rows_of(names, codes, lists))

    def changed(self, change: RowChange, news: pa.ListArray) -> Labels:
        """The labels after a change, with those of the news."""
        added = Labels.of(news)
        names = tuple(dict.fromkeys((*self.names, *added.names)))
        codes_of = {name: code for code, name in enumerate(names)}
        renamed = np.array([codes_of[name] for name in added.names], np.int32)
        news_now_at = change.news_now_at
        lengths = change.merged(np.diff(self.bounds), np.diff(added.bounds))
        bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        codes = np.empty(int(bounds[-1]), np.int32)
        stays = np.repeat(change.was_at >= 0, lengths)
        kept = np.repeat(change.now_at >= 0, np.diff(self.bounds))
        codes[stays] = self.codes[kept]
        order = change.news_at[change.news_at >= 0]
        codes[~stays] = renamed[added.codes_at(order)]
        rows_of = {
            name: _joined(
                change.now_at[self.rows_of.get(name, _NO_ROWS)],
                news_now_at[added.rows_of.get(name, _NO_ROWS)],
            )
            for name in names
        }
        return Labels(names, codes, bounds, rows_of)

    def counts(self, rows: NDArray[np.int64]) -> dict[str, int]:
        """How many of the rows have each label, of those that any of them has."""
        is_most = len(rows) * FEW_ROWS > len(self.bounds)
        codes = self._codes_of_most(rows) if is_most else self.codes_at(rows)
        found = np.bincount(codes, minlength=len(self.names))
        return {self.names[code]: int(found[code]) for code in np.flatnonzero(found)}

    def codes_at(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """The codes of all labels of some rows, row after row."""
        starts, lengths = self.bounds[rows], self.bounds[rows + 1] - self.bounds[rows]
        before = np.repeat(np.cumsum(lengths) - lengths, lengths)
        codes: Rows = self.codes[np.repeat(starts, lengths) + np.arange(len(before)) - before]
        return codes

    def _codes_of_most(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        is_counted = np.zeros(len(self.bounds) - 1, np.bool_)
        is_counted[rows] = True
        codes: Rows = self.codes[np.repeat(is_counted, np.diff(self.bounds))]
        return codes

    def mask(self, label: str) -> NDArray[np.bool_]:
        """Which rows have a label, (n,) bool."""
        member = np.zeros(len(self.bounds) - 1, dtype=np.bool_)
        rows = self.rows_of.get(label.lower())
        if rows is not None:
            member[rows] = True
        return member

    def allowed(self, wanted: Sequence[str], unwanted: Sequence[str]) -> NDArray[np.bool_]:
        """Which rows have all labels that are wanted and none that is not, (n,) bool."""
        passes = np.ones(len(self.bounds) - 1, dtype=np.bool_)
        for label in wanted:
            passes &= self.mask(label)
        for label in unwanted:
            passes &= ~self.mask(label)
        return passes


_NO_ROWS: Rows = np.zeros(0, np.int32)


def _joined(stayed: NDArray[np.int64], added: NDArray[np.int64]) -> Rows:
    """The rows that stayed, where they are now, and the added ones, ascending."""
    rows = stayed[stayed >= 0]
    if len(added):
        added = np.sort(added)
        rows = np.insert(rows, np.searchsorted(rows, added), added)
    return rows.astype(np.int32)


def _rows_of(names: tuple[str, ...], codes: Rows, lists: pa.ListArray) -> dict[str, Rows]:
    rows = pc.list_parent_indices(lists).to_numpy()
    order = np.argsort(codes, kind="stable")
    ordered = rows[order].astype(np.int32)
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: ordered[start:end]
        for name, start, end in zip(names, bounds[:-1], bounds[1:], strict=True)
    }
