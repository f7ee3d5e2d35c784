"""Rows that count how often something was done in a window of time, under hashed names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from broadsheet.store.database import Database
from broadsheet.store.people_schema import throttle

_KEPT = timedelta(days=2)
_SWEPT = 100


class ThrottleTable:
    """The counters of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, windows: Sequence[tuple[str, datetime]], now: datetime) -> list[int]:
        """Count once more under each name and beginning of a window; the numbers reached."""
        with self._database.write(beside_others=True) as connection:
            return count_windows(connection, windows, now)

    def forget(self, names: Sequence[str]) -> None:
        """Forget all that was counted under these names."""
        with self._database.write(beside_others=True) as connection:
            connection.execute(delete(throttle).where(throttle.c.name.in_(names)))


def count_windows(
    connection: Connection, windows: Sequence[tuple[str, datetime]], now: datetime
) -> list[int]:
    """Count as `ThrottleTable.count` within the caller's transaction, as its first rows."""
    raised = _RAISED[connection.dialect.name]
    numbers: dict[tuple[str, datetime], int] = {}
    for name, window_at in sorted(windows):  # in one order, so that nobody waits in a circle
        values = {"name": name, "window_at": window_at, "number": 1}
        numbers[name, window_at] = connection.scalar(raised, values) or 0
    if 1 in numbers.values():
        _sweep(connection, now - _KEPT)
    return [numbers[window] for window in windows]


def _raised(make: Any) -> Any:
    counted = make(throttle).on_conflict_do_update(
        index_elements=["name", "window_at"], set_={"number": throttle.c.number + 1}
    )
    return counted.returning(throttle.c.number)


_RAISED = {"sqlite": _raised(sqlite.insert), "postgresql": _raised(postgresql.insert)}
"""Made once: building a statement costs more than running it."""


def _sweep(connection: Connection, before: datetime) -> None:
    """Forget a few old counters; those that another transaction holds are left to it."""
    key = tuple_(throttle.c.name, throttle.c.window_at)
    old = (
        select(throttle.c.name, throttle.c.window_at)
        .where(throttle.c.window_at < before)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    connection.execute(delete(throttle).where(key.in_(old)))
