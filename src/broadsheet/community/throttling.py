"""How often somebody may do something: fixed windows of time, counted in the database.

Names are kept hashed with the instance's key, so that the table tells no address and no handle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from broadsheet.community.secrets import Secrets
from broadsheet.errors import TooManyRequests
from broadsheet.store.people.throttles import ThrottleTable

_PURPOSE = "throttle"
_MINUTE = 60
_HOUR = 60 * _MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Count = Callable[[Sequence[tuple[str, datetime]]], list[int]]
"""Counts once more in each window, a hashed name and its beginning; the numbers reached."""
Limit = tuple[int, timedelta]
"""So often at most, in so long."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts what is done and refuses what is too much."""

    table: ThrottleTable
    secrets: Secrets
    clock: Callable[[], datetime]

    def check(self, name: str, limit: int, window: timedelta) -> None:
        """Count one more under a name (`votes:account:7`). Raises TooManyRequests beyond the limit.

        `window` is at most one day.
        """
        self.check_all([(name, [(limit, window)])])

    def check_all(self, limits: Sequence[tuple[str, Sequence[Limit]]]) -> None:
        """The same under several names, each with several limits, in one transaction.

        Limits of growing windows make waits that grow: 5 a minute, 10 in ten minutes, 20 an hour.
        Raises TooManyRequests with the longest wait.
        """
        now = self.clock()
        self.check_with(limits, lambda windows: self.table.count(windows, now))

    def check_with(self, limits: Sequence[tuple[str, Sequence[Limit]]], count: Count) -> None:
        """The same with a function that counts, so that it can be part of a transaction.

        What is refused is then not counted: the transaction ends with the error.
        """
        now = self.clock()
        each = [(name, *limit) for name, of_name in limits for limit in of_name]
        begun = [(self._hashed(name, window), _begin(now, window)) for name, _, window in each]
        numbers = count(begun)
        waits = [
            begin + window - now
            for (_, limit, window), (_, begin), number in zip(each, begun, numbers, strict=True)
            if number > limit
        ]
        if waits:
            seconds = max(1, ceil(max(waits).total_seconds()))
            raise TooManyRequests(
                f"Too many attempts. Try again in {_in_words(seconds)}.", retry_after=seconds
            )

    def forget(self, name: str, limits: Sequence[Limit]) -> None:
        """Begin to count anew under a name, as after a sign-in that went well."""
        self.table.forget([self._hashed(name, window) for _, window in limits])

    def _hashed(self, name: str, window: timedelta) -> str:
        return self.secrets.signature(_PURPOSE, f"{name}\0{int(window.total_seconds())}")


def _begin(now: datetime, window: timedelta) -> datetime:
    return now - (now - _EPOCH) % window


def _in_words(seconds: int) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds} seconds" if seconds > 1 else "1 second"
    if seconds < 2 * _HOUR:
        return f"{ceil(seconds / _MINUTE)} minutes"
    return f"{ceil(seconds / _HOUR)} hours"
