"""Batches of a file import, each stored in one transaction with the places reached in its files.

An import that was killed goes on from those places. They stand among the counters, under a name
for each file, until the import is through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, insert, select

from broadsheet.domain import ImportCounts, PaperRecord, Reject
from broadsheet.store.database import Database
from broadsheet.store.ingest import ingest_prepared, prepare
from broadsheet.store.rejects import add_rejects
from broadsheet.store.schema import counter

READ_WHOLE = 2**62
"""The place of a file of which nothing is left to read."""

_CACHE_KIB = 262_144
_PAGES_BETWEEN_CHECKPOINTS = 50_000


@dataclass(slots=True)
class FileBatch:
    """What was read of one or several files: records with the file of each, rejects, places."""

    records: list[tuple[str, PaperRecord]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)


class FileImports:
    """The store's side of importing files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def place(self, file: str) -> int:
        """The place that an import of this file had reached when it was broken off; 0 for none."""
        with self._database.read() as connection:
            wanted = select(counter.c.value).where(counter.c.name == _name(file))
            return connection.scalar(wanted) or 0

    def store(self, batch: FileBatch, now: datetime) -> ImportCounts:
        """Take in a batch with its rejects and places, all or nothing."""
        prepared = prepare(record for _, record in batch.records)
        with self._database.write() as connection:
            if self._database.is_sqlite:
                # Hashes of titles fall anywhere in their index: its pages must stay in memory, and
                # go to the file once for many batches.
                connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
                connection.exec_driver_sql(
                    f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}"
                )
            counts, refused = ingest_prepared(connection, prepared, now)
            if found := [*batch.rejects, *_with_file(refused, batch.records)]:
                add_rejects(connection, found, now)
            if batch.places:
                names = {_name(file): place for file, place in batch.places.items()}
                connection.execute(delete(counter).where(counter.c.name.in_(names)))
                rows = [{"name": name, "value": place} for name, place in names.items()]
                connection.execute(insert(counter), rows)
        return counts + ImportCounts(rejected=len(batch.rejects))

    def forget(self, files: Collection[str]) -> None:
        """Forget the places of these files: the next import reads them from their start."""
        if files:
            with self._database.write() as connection:
                names = [_name(file) for file in files]
                connection.execute(delete(counter).where(counter.c.name.in_(names)))


def _name(file: str) -> str:
    return f"import {blake2b(file.encode(errors='replace'), digest_size=12).hexdigest()}"


def _with_file(
    refused: Iterable[Reject], records: Sequence[tuple[str, PaperRecord]]
) -> list[Reject]:
    """The store's rejects, with the file their record came from."""
    if not refused:
        return []
    file_of: Mapping[str, str] = {f"record {record.record_id}": file for file, record in records}
    return [replace(each, file=file_of.get(each.position, each.file)) for each in refused]
