"""What readers asked more, or less, of: kept by the links of digests, undone on the preferences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, insert, select, update

from broadsheet.store.database import Database
from broadsheet.store.mail_schema import leaning


@dataclass(frozen=True, slots=True)
class Leaning:
    """A reader's wish for more papers like one, or for fewer."""

    paper_id: int
    wants_more: bool
    said_at: datetime


class Leanings:
    """The leanings of subscribers; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, subscriber_id: int, paper_id: int, now: datetime, *, wants_more: bool) -> None:
        """Keep that a reader wants more, or less, of what is like a paper; the last word counts."""
        own = and_(leaning.c.subscriber_id == subscriber_id, leaning.c.paper_id == paper_id)
        values = {"wants_more": int(wants_more), "said_at": now}
        with self._database.write() as connection:
            if not connection.execute(update(leaning).where(own).values(values)).rowcount:
                connection.execute(
                    insert(leaning).values(subscriber_id=subscriber_id, paper_id=paper_id, **values)
                )

    def drop(self, subscriber_id: int, paper_id: int | None = None) -> int:
        """Forget one leaning of a reader, or all; how many."""
        own = leaning.c.subscriber_id == subscriber_id
        wanted = own if paper_id is None else and_(own, leaning.c.paper_id == paper_id)
        with self._database.write() as connection:
            return connection.execute(delete(leaning).where(wanted)).rowcount

    def of(self, subscriber_ids: Sequence[int]) -> dict[int, list[Leaning]]:
        """The leanings of each of these subscribers, the latest first."""
        columns = leaning.c
        wanted = select(
            columns.subscriber_id, columns.paper_id, columns.wants_more, columns.said_at
        ).where(columns.subscriber_id.in_(subscriber_ids))
        order = columns.subscriber_id, columns.said_at.desc(), columns.paper_id.desc()
        found: dict[int, list[Leaning]] = defaultdict(list)
        with self._database.read() as connection:
            for row in connection.execute(wanted.order_by(*order)):
                found[row[0]].append(Leaning(row[1], bool(row[2]), row[3]))
        return found
