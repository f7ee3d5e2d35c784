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
    others, and `news_now_at` is the reverse: the row of each of the news, all of which are there.
    `now_at` has, for each row before, its row now, -1 for those that are gone or replaced.
    Rows that stay keep their order; where `is_in_place`, they keep their numbers too, as on a day
    that takes no paper out.
    """

    was_at: Rows
    news_at: Rows
    news_now_at: Rows
    now_at: Rows
    is_in_place: bool

    @classmethod
    def of(cls, was_at: Rows, news_at: Rows, before: int) -> RowChange:
        """The change of `before` rows."""
        now_at = np.full(before, -1, np.int64)
        stays = was_at >= 0
        rows = np.flatnonzero(stays)
        was_of_rows = was_at[rows]
        now_at[was_of_rows] = rows
        is_in_place = before <= len(was_at) and np.array_equal(was_of_rows, rows)
        found = np.flatnonzero(news_at >= 0)
        news_now_at = np.empty(len(found), np.int64)
        news_now_at[news_at[found]] = found
        return cls(was_at, news_at, news_now_at, now_at, is_in_place)

    def __len__(self) -> int:
        return len(self.was_at)

    def merged(self, before: NDArray[Scalar], news: NDArray[Scalar]) -> NDArray[Scalar]:
        """A column as it is now, of what it was and of the news."""
        now = np.empty_like(before, shape=len(self))
        if self.is_in_place:
            now[: len(before)] = before
        else:
            stays = self.was_at >= 0
            now[stays] = before[self.was_at[stays]]
        now[self.news_now_at] = news
        return now
