"""Labels of papers, such as categories, as columns in memory: counted over any papers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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

    def counts(self, rows: NDArray[np.int64]) -> dict[str, int]:
        """How many of the rows have each label, of those that any of them has."""
        is_most = len(rows) * FEW_ROWS > len(self.bounds)
        codes = self._codes_of_most(rows) if is_most else self._codes_of_few(rows)
        found = np.bincount(codes, minlength=len(self.names))
        return {self.names[code]: int(found[code]) for code in np.flatnonzero(found)}

    def _codes_of_few(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
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


def _rows_of(names: tuple[str, ...], codes: Rows, lists: pa.ListArray) -> dict[str, Rows]:
    rows = pc.list_parent_indices(lists).to_numpy()
    order = np.argsort(codes, kind="stable")
    ordered = rows[order].astype(np.int32)
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: ordered[start:end]
        for name, start, end in zip(names, bounds[:-1], bounds[1:], strict=True)
    }
