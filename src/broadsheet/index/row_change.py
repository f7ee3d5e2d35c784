"""What becomes of the rows of a column when some are changed, added and taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class RowChange:
    """Each of the n rows afterwards was a row before or is one of the news.

    `was_at` (n,) is its row before, -1 for news; `news_at` (n,) its row among these, -1 for the
    others. `now_at` has, for each row before, its row now, -1 for those that are gone or replaced.
    Rows that stay keep their order.
    """

    was_at: Rows
    news_at: Rows
    now_at: Rows

    @classmethod
    def of(cls, was_at: Rows, news_at: Rows, before: int) -> RowChange:
        """The change of `before` rows."""
        now_at = np.full(before, -1, np.int64)
        stays = was_at >= 0
        now_at[was_at[stays]] = np.flatnonzero(stays)
        return cls(was_at, news_at, now_at)

    def __len__(self) -> int:
        return len(self.was_at)

    @property
    def news_now_at(self) -> Rows:
        """The row now of each of the news, all of which are among the rows."""
        found = np.flatnonzero(self.news_at >= 0)
        rows = np.empty(len(found), np.int64)
        rows[self.news_at[found]] = found
        return rows

    def merged(self, before: NDArray[Scalar], news: NDArray[Scalar]) -> NDArray[Scalar]:
        """A column as it is now, of what it was and of the news."""
        now = np.empty_like(before, shape=len(self))
        stays = self.was_at >= 0
        now[stays] = before[self.was_at[stays]]
        now[~stays] = news[self.news_at[~stays]]
        return now
