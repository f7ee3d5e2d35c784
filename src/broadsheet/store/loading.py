"""Reads stored records back as entries: the neighbourhood that new records could change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    any_,
    bindparam,
    func,
    select,
)

from broadsheet.record_json import record_from_json
from broadsheet.store.identity import CROWDED, Entry, identity_of
from broadsheet.store.schema import parting, record

Name = tuple[str, str]
T = TypeVar("T")

# SQLite allows 32,766 parameters in a statement, PostgreSQL's protocol 65,535.
PARAMETERS = 15_000

_ENTRY = ("source", "record_id", "paper_id", "digest", "body")


_IS_PARTED = and_(parting.c.source == record.c.source, parting.c.record_id == record.c.record_id)


def in_chunks(values: Iterable[T], size: int = PARAMETERS) -> Iterator[list[T]]:
    """The values in lists that fit into one statement; no list for no values."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def among(
    connection: Connection, column: ColumnElement[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Whether a column has one of any number of values, which travel as one parameter.

    A parameter for each value costs more time in SQLAlchemy than the look-up in the database.
    """
    if connection.dialect.name == "sqlite":
        listed = func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))


def present(
    connection: Connection, column: ColumnElement[Any], values: Collection[Any]
) -> set[Any]:
    """Which of the values stand in an indexed column."""
    if not values:
        return set()
    return set(connection.scalars(select(column).where(among(connection, column, values))))


def stored_digests(connection: Connection, names: Iterable[Name]) -> dict[Name, tuple[bytes, int]]:
    """Digest and paper of the records that are already stored under these names."""
    by_source: dict[str, list[str]] = {}
    for source, record_id in names:
        by_source.setdefault(source, []).append(record_id)
    found = {}
    for source, record_ids in by_source.items():
        rows = connection.execute(
            select(record.c.record_id, record.c.digest, record.c.paper_id).where(
                record.c.source == source, among(connection, record.c.record_id, record_ids)
            )
        )
        found.update({(source, row[0]): (bytes(row[1]), row[2]) for row in rows})
    return found


class Neighbourhood:
    """Every stored record that is linked, over any number of steps, to some first entries.

    Links are keys, DOIs, titles and papers. `entries` are the stored records by name; `crowded`
    are DOIs and hashes of titles that too many records carry to mean anything.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._asked: dict[str, set[Any]] = {}
        self.entries: dict[Name, Entry] = {}
        self.crowded: set[object] = set()

    def grow(self, first: Sequence[Entry], paper_ids: Iterable[int]) -> None:
        """Load all that is linked to the first entries or attached to the papers."""
        found = self._linked(first, paper_ids)
        while found:
            self.entries.update({entry.name: entry for entry in found})
            found = self._linked(found, [entry.paper_id for entry in found if entry.paper_id])

    def _linked(self, entries: Sequence[Entry], paper_ids: Iterable[int]) -> list[Entry]:
        """Entries not loaded before that share an id, a title or a paper with these."""
        identities = [entry.identity for entry in entries]
        dois = self._telling(record.c.doi, (i.doi for i in identities))
        titles = self._telling(record.c.title_hash, (i.title_hash for i in identities))
        rows = [
            *self._rows(record.c.own_key, (i.own_key for i in identities)),
            *self._rows(record.c.doi, dois),
            *self._rows(record.c.title_hash, titles),
            *self._rows(record.c.paper_id, paper_ids),
        ]
        fresh = {(row.source, row.record_id): row for row in rows}
        return [_entry(row) for name, row in fresh.items() if name not in self.entries]

    def _rows(self, column: ColumnElement[Any], values: Iterable[Any]) -> Iterator[Row[Any]]:
        columns = [*(record.c[name] for name in _ENTRY), parting.c.part]
        wanted: Select[Any] = select(*columns).outerjoin_from(record, parting, _IS_PARTED)
        if asked := self._unasked(str(column), values):
            yield from self._connection.execute(
                wanted.where(among(self._connection, column, asked))
            )

    def _telling(self, column: ColumnElement[Any], values: Iterable[Any]) -> list[Any]:
        """The values that some stored records carry, without the crowded ones."""
        telling = []
        given = (value for value in values if value is not None)
        if asked := self._unasked(f"count of {column}", given):
            is_asked = among(self._connection, column, asked)
            counted = self._connection.execute(
                select(column, func.count()).where(is_asked).group_by(column)
            ).all()
            telling += [value for value, count in counted if count <= CROWDED]
            self.crowded.update(value for value, count in counted if count > CROWDED)
        return telling

    def _unasked(self, kind: str, values: Iterable[Any]) -> set[Any]:
        asked = self._asked.setdefault(kind, set())
        fresh = set(values) - asked
        asked |= fresh
        return fresh


def _entry(row: Row[Any]) -> Entry:
    stored = record_from_json(orjson.loads(row.body))
    part = row.part or ""
    identity = identity_of(stored, part)
    return Entry(stored, identity, row.body, bytes(row.digest), row.paper_id, part)
