"""Walks over the library as harvesters do: by the instant of change, deletions included.

The walk follows commits: whatever is committed later stands later, so a walk that goes on from
its last place loses nothing, however often it is broken off and however much changes meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, bindparam, func, not_, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from broadsheet.domain import Paper, PaperRecord
from broadsheet.store.database import Database
from broadsheet.store.harvest_marks import LABEL_END
from broadsheet.store.loading import in_chunks
from broadsheet.store.merging import in_precedence
from broadsheet.store.reading import read_with_records
from broadsheet.store.schema import harvest, paper, paper_category, record

Place = tuple[datetime, str]

_BODIES = select(record.c.paper_id, record.c.source, record.c.record_id, record.c.body).where(
    record.c.paper_id.in_(bindparam("these", expanding=True))
)


@dataclass(frozen=True, slots=True)
class HarvestRange:
    """Which keys a walk covers: changed from `since` on and before `until`, under any of `labels`.

    `labels` are categories (`cs.LG`) and archives (`cs`); none means all. `is_arxiv_only` leaves
    out papers without an arXiv id.
    """

    since: datetime | None = None
    until: datetime | None = None
    labels: tuple[str, ...] = ()
    is_arxiv_only: bool = False


@dataclass(frozen=True, slots=True)
class HarvestItem:
    """A key with the instant of its last change; `paper` is None for a key out of use.

    `records`, most trusted first, come with the paper where they were asked for.
    """

    key: str
    changed_at: datetime
    labels: tuple[str, ...]
    is_deleted: bool
    paper: Paper | None = None
    records: tuple[PaperRecord, ...] = ()


class HarvestView:
    """Reads one library for harvesters. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def walk(
        self, within: HarvestRange, after: Place | None, limit: int, *, with_papers: bool
    ) -> list[HarvestItem]:
        """The next items after a place, oldest change first; one transaction."""
        chosen = select(harvest).where(_condition(within), _beyond(after))
        chosen = chosen.order_by(harvest.c.changed_at, harvest.c.key).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(chosen).all()
            return _items(connection, rows, with_papers=with_papers)

    def count(self, within: HarvestRange) -> int:
        """How many items a whole walk gives now."""
        chosen = select(func.count()).select_from(harvest).where(_condition(within))
        with self._database.read() as connection:
            return connection.scalar(chosen) or 0

    def item(self, key: str) -> HarvestItem | None:
        """One item with its paper; None for a key that was never in use."""
        with self._database.read() as connection:
            rows = connection.execute(select(harvest).where(harvest.c.key == key)).all()
            return next(iter(_items(connection, rows, with_papers=True)), None)

    def earliest(self) -> datetime | None:
        """The oldest instant of change; None for a library that never had a paper."""
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(select(func.min(harvest.c.changed_at)))
            return found

    def labels(self) -> list[str]:
        """Every category and archive that has papers, by name."""
        names = select(paper_category.c.category).distinct()
        with self._database.read() as connection:
            return sorted(connection.scalars(names))

    def extras(self, paper_ids: Iterable[int]) -> dict[int, list[Mapping[str, Any]]]:
        """What the sources say of papers beyond our fields, the most trusted source first.

        One query for a page of papers, which are not merged again.
        """
        found: defaultdict[int, list[PaperRecord]] = defaultdict(list)
        with self._database.read() as connection:
            for numbers in in_chunks(paper_ids):
                for row in connection.execute(_BODIES, {"these": numbers}):
                    extras = orjson.loads(row.body).get("extras", {})
                    named = PaperRecord(row.source, row.record_id, "", "", extras=extras)
                    found[row.paper_id].append(named)
        return {
            number: [named.extras for named in in_precedence(records)]
            for number, records in found.items()
        }

    def numbers_saying(self, source: str, needles: Sequence[str]) -> list[int]:
        """Papers, newest listing day first, of which a record of a source holds all the texts.

        Reads every record of that source.
        """
        holds = [record.c.body.contains(needle, autoescape=True) for needle in needles]
        chosen = (
            select(record.c.paper_id)
            .join(paper, paper.c.paper_id == record.c.paper_id)
            .where(record.c.source == source, *holds)
            .order_by(paper.c.listed_on.desc(), paper.c.votes.desc(), paper.c.paper_id.desc())
        )
        with self._database.read() as connection:
            return list(dict.fromkeys(connection.scalars(chosen)))


def _condition(within: HarvestRange) -> ColumnElement[bool]:
    columns = harvest.c
    conditions: list[ColumnElement[bool]] = [true()]
    if within.since:
        conditions.append(columns.changed_at >= within.since)
    if within.until:
        conditions.append(columns.changed_at < within.until)
    if within.labels:
        wrapped = (f"{LABEL_END}{label}{LABEL_END}" for label in within.labels)
        conditions.append(
            or_(*(columns.labels.contains(each, autoescape=True) for each in wrapped))
        )
    if within.is_arxiv_only:
        # Every other key is a DOI or begins with a tilde; arXiv ids have no point after two digits.
        conditions.append(not_(or_(columns.key.like("10.%"), columns.key.like("~%"))))
    return and_(*conditions)


def _beyond(after: Place | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    changed_at, key = after
    columns = harvest.c
    return and_(
        columns.changed_at >= changed_at,
        or_(columns.changed_at > changed_at, columns.key > key),
    )


def _items(
    connection: Connection, rows: Sequence[Row[Any]], *, with_papers: bool
) -> list[HarvestItem]:
    wanted = [row.paper_id for row in rows if row.paper_id is not None] if with_papers else []
    found = {
        each.paper_id: (each, records) for each, records in read_with_records(connection, wanted)
    }
    items = []
    for row in rows:
        merged, records = found.get(row.paper_id, (None, ()))
        items.append(
            HarvestItem(
                key=row.key,
                changed_at=row.changed_at,
                labels=tuple(filter(None, row.labels.split(LABEL_END))),
                is_deleted=row.paper_id is None,
                paper=merged,
                records=tuple(in_precedence(records)),
            )
        )
    return items
