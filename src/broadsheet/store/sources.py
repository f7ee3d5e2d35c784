"""Rows of live sources: added, paused, claimed for a harvest, moved on batch by batch.

A claim is a word of the worker's with an end in time: whoever writes with a claim that is no longer
the row's own writes nothing, so two workers never harvest one source into each other's cursor.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from broadsheet.domain import Source, SourceCount, SourceState
from broadsheet.errors import ConfigurationError, NotFound, StorageError
from broadsheet.store.schema import record, source

_CLOCKS_APART = timedelta(hours=1)
"""An instant that lies farther ahead is from a clock that was wrong; claims last for minutes."""


def source_counts(connection: Connection) -> list[SourceCount]:
    """What each source of records has contributed, by name."""
    columns = record.c
    statement = (
        select(
            columns.source,
            func.count(columns.paper_id.distinct()),
            func.max(columns.seen_at),
            func.max(columns.newest_on),
        )
        .group_by(columns.source)
        .order_by(columns.source)
    )
    return [SourceCount(*row) for row in connection.execute(statement)]


def list_sources(connection: Connection) -> list[Source]:
    """All sources by name."""
    return [_read(row) for row in connection.execute(select(source).order_by(source.c.name))]


def find_source(connection: Connection, name: str) -> Source:
    """One source; raises NotFound."""
    row = connection.execute(select(source).where(source.c.name == name)).first()
    if row is None:
        raise NotFound(f"There is no source “{name:.100}”. `broadsheet sources` lists them.")
    return _read(row)


def add_source(
    connection: Connection,
    name: str,
    kind: str,
    options: Mapping[str, str],
    *,
    due_at: datetime,
    is_paused: bool,
) -> None:
    """Add a source; raises ConfigurationError when the name is taken."""
    values = {
        "name": name,
        "kind": kind,
        "options": _json(options),
        "is_paused": is_paused,
        "cursor": "{}",
        "is_underway": False,
        "due_at": due_at,
        "reason": "",
        "failures": 0,
    }
    try:
        connection.execute(insert(source).values(values))
    except IntegrityError as error:
        raise ConfigurationError(
            f"There is a source “{name}” already. Name this one with --name."
        ) from error


def remove_source_row(connection: Connection, name: str) -> None:
    """Forget a source; its papers stay. Raises NotFound."""
    find_source(connection, name)
    connection.execute(delete(source).where(source.c.name == name))


def pause_source(connection: Connection, name: str, *, is_paused: bool, due_at: datetime) -> None:
    """Pause or resume a source; resumed, it is due at `due_at`. Raises NotFound."""
    find_source(connection, name)
    values: dict[str, Any] = {"is_paused": is_paused}
    if not is_paused:
        values["due_at"] = due_at
    connection.execute(update(source).where(source.c.name == name).values(values))


def next_due(connection: Connection, now: datetime, without: Collection[str]) -> Source | None:
    """The source that is due for longest and that nobody harvests, leaving out some names."""
    due = select(source).where(_is_due(now), _is_free(now), source.c.name.not_in(without))
    row = connection.execute(due.order_by(source.c.due_at, source.c.name).limit(1)).first()
    return None if row is None else _read(row)


def _is_due(now: datetime) -> ColumnElement[bool]:
    # Asked in the future: the clock was ahead, and the source would not be due before that day.
    is_ahead = source.c.checked_at > now + _CLOCKS_APART
    return and_(source.c.is_paused.is_(False), or_(source.c.due_at <= now, is_ahead))


def _is_free(now: datetime) -> ColumnElement[bool]:
    until = source.c.claimed_until
    return or_(until.is_(None), until <= now, until > now + _CLOCKS_APART)


def claim(
    connection: Connection,
    name: str,
    word: str,
    *,
    now: datetime,
    until: datetime,
    instead_of: str | None,
    only_if_due: bool,
) -> bool:
    """Take a source for one harvest; False when another worker has it, or it is not due if it must.

    A claim `instead_of` which this one stands is that of a worker known to be dead.
    """
    free = or_(_is_free(now), source.c.claim == instead_of)
    taken = connection.execute(
        update(source)
        .where(source.c.name == name, free, _is_due(now) if only_if_due else true())
        .values(claim=word, claimed_until=until)
    )
    return taken.rowcount == 1


def move(
    connection: Connection, name: str, word: str, cursor: Mapping[str, Any], until: datetime
) -> None:
    """Note where a harvest goes on, and hold the claim for longer.

    Raises StorageError when the claim was lost: another worker harvests the source by now.
    """
    values = {"cursor": _json(cursor), "is_underway": True, "claimed_until": until}
    _write_claimed(connection, name, word, values)


def note_news(connection: Connection, name: str, now: datetime) -> None:
    """Note when a batch brought something, for a harvest that dies before it has an outcome."""
    connection.execute(update(source).where(source.c.name == name).values(news_at=now))


def release(connection: Connection, name: str, word: str) -> None:
    """Let a source go without an outcome, if the claim is still the row's own."""
    own = and_(source.c.name == name, source.c.claim == word)
    connection.execute(update(source).where(own).values(claim=None, claimed_until=None))


def finish(
    connection: Connection,
    name: str,
    word: str,
    *,
    outcome: SourceState,
    reason: str,
    checked_at: datetime,
    due_at: datetime,
    news_at: datetime | None,
    batch_on: date | None,
    failures: int,
) -> None:
    """Write the outcome of a harvest and let the source go; StorageError as with `move`."""
    values: dict[str, Any] = {
        "outcome": outcome.value,
        "reason": reason,
        "checked_at": checked_at,
        "due_at": due_at,
        "news_at": news_at,
        "batch_on": batch_on,
        "failures": failures,
        "claim": None,
        "claimed_until": None,
    }
    if outcome is not SourceState.FAILED:
        values["is_underway"] = False
    _write_claimed(connection, name, word, values)


def _write_claimed(connection: Connection, name: str, word: str, values: Mapping[str, Any]) -> None:
    own = and_(source.c.name == name, source.c.claim == word)
    if connection.execute(update(source).where(own).values(values)).rowcount != 1:
        raise StorageError(
            f"Another worker took over the source “{name}”, or it was removed; "
            "this harvest was stopped."
        )


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(value), option=orjson.OPT_SORT_KEYS).decode()


def _read(row: Row[Any]) -> Source:
    return Source(
        name=row.name,
        kind=row.kind,
        options=orjson.loads(row.options),
        is_paused=row.is_paused,
        cursor=orjson.loads(row.cursor),
        is_underway=row.is_underway,
        due_at=row.due_at,
        outcome=SourceState(row.outcome) if row.outcome else None,
        reason=row.reason,
        checked_at=row.checked_at,
        news_at=row.news_at,
        batch_on=row.batch_on,
        failures=row.failures,
        claim=row.claim,
    )
