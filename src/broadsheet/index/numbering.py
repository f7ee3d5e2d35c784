"""Where numbers stand in an array: looked up in a table, or by bisection where they are sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPARSE = 4
"""A table is kept while numbers reach at most this times their count."""

Numbers = NDArray[np.int64]
_ROW_BITS = np.uint64(32)
_ROW_MASK = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Numbering:
    """The places of n different numbers.

    `table` (largest number + 1,) has the place of each number, -1 where there is none; for
    numbers below 0 or far apart it is None, and `ascending` (n,) are the numbers in order, `places`
    (n,) theirs.
    """

    table: NDArray[np.int32] | None
    ascending: Numbers
    places: NDArray[np.int32]

    @classmethod
    def of(cls, numbers: Numbers) -> Numbering:
        """The places of numbers, each there once, in their order."""
        least, most = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, -1)
        if least >= 0 and most < SPARSE * len(numbers):
            table = np.full(most + 1, -1, np.int32)
            table[numbers] = np.arange(len(numbers), dtype=np.int32)
            return cls(table, _NONE, _NO_PLACES)
        order = np.argsort(numbers, kind="stable").astype(np.int32)
        return cls(None, numbers[order], order)

    def of_each(self, numbers: Numbers) -> Numbers:
        """The place of each of some numbers, -1 for those that are not there."""
        places = np.full(len(numbers), -1, np.int64)
        if self.table is not None:
            is_known = (numbers >= 0) & (numbers < len(self.table))
            places[is_known] = self.table[numbers[is_known]]
        elif len(self.ascending):
            found = np.searchsorted(self.ascending, numbers)
            found[found == len(self.ascending)] = 0
            is_known = self.ascending[found] == numbers
            places[is_known] = self.places[found[is_known]]
        return places


_NONE: Numbers = np.zeros(0, np.int64)
_NO_PLACES = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class RowNumbering:
    """The places of Lance's ids of rows, which are a file's number times 2^32 and a row in it.

    `firsts[file]` is where a file's rows begin in one numbering of all of them.
    """

    firsts: Numbers
    numbering: Numbering

    @classmethod
    def of(cls, row_ids: NDArray[np.uint64]) -> RowNumbering:
        """The places of ids in their order."""
        files, rows = _parts(row_ids)
        sizes: Any = np.zeros(int(files.max(initial=-1)) + 1, np.int64)
        np.maximum.at(sizes, files, rows + 1)
        firsts = np.cumsum(sizes) - sizes
        return cls(firsts, Numbering.of(firsts[files] + rows))

    def of_each(self, row_ids: NDArray[np.uint64]) -> Numbers:
        """The places of some ids, all of them known."""
        files, rows = _parts(row_ids)
        return self.numbering.of_each(self.firsts[files] + rows)


def _parts(row_ids: NDArray[np.uint64]) -> tuple[Numbers, Numbers]:
    files = (row_ids >> _ROW_BITS).astype(np.int64)
    return files, (row_ids & _ROW_MASK).astype(np.int64)
