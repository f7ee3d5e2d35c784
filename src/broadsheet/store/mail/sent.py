"""Which papers were sent to whom, so that none is sent twice; and clicks where they are counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, select, update

from broadsheet.store.database import Database
from broadsheet.store.loading import in_chunks
from broadsheet.store.mail_schema import digest_click, leaning, sent_paper, subscriber
from broadsheet.store.schema import paper

_AT_ONCE = 200
"""Readers whose rows are looked through in one transaction, so that no writer waits long."""
_FOLLOWS_COLLECTION = '%"kind":"collection"%'
"""In preferences: what is added to a collection may be of any age."""


class SentPapers:
    """What readers were sent; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def among(
        self, subscriber_ids: Sequence[int], paper_ids: Collection[int]
    ) -> dict[int, set[int]]:
        """Which of these papers each of these subscribers has been sent."""
        found: dict[int, set[int]] = defaultdict(set)
        columns = sent_paper.c
        with self._database.read() as connection:
            for chunk in in_chunks(paper_ids):
                wanted = select(columns.subscriber_id, columns.paper_id).where(
                    columns.subscriber_id.in_(subscriber_ids), columns.paper_id.in_(chunk)
                )
                for subscriber_id, paper_id in connection.execute(wanted):
                    found[subscriber_id].add(paper_id)
        return found

    def count(self, subscriber_id: int) -> int:
        """How many papers a subscriber has been sent."""
        wanted = select(func.count()).where(sent_paper.c.subscriber_id == subscriber_id)
        with self._database.read() as connection:
            return connection.scalar(wanted) or 0

    def forget_old(self, *, sent_before: date, listed_before: date) -> int:
        """Forget papers that were sent before a day and are listed before another; how many rows.

        Those of readers who follow a collection are kept. One transaction for some readers each.
        """
        last = forgotten = 0
        while True:
            wanted = select(subscriber.c.subscriber_id).where(subscriber.c.subscriber_id > last)
            some = wanted.order_by(subscriber.c.subscriber_id).limit(_AT_ONCE).subquery()
            with self._database.read() as connection:
                highest = connection.scalar(select(func.max(some.c.subscriber_id)))
            if highest is None:
                return forgotten
            with self._database.write() as connection:
                between = sent_paper.c.subscriber_id.between(last + 1, highest)
                old = _is_out_of_reach(sent_before, listed_before)
                forgotten += connection.execute(delete(sent_paper).where(between, old)).rowcount
            last = highest

    def click(self, paper_id: int, day: date) -> None:
        """Count a click of a day on a paper; who clicked is not kept."""
        own = (digest_click.c.paper_id == paper_id) & (digest_click.c.clicked_on == day)
        more = update(digest_click).where(own).values(clicks=digest_click.c.clicks + 1)
        with self._database.write() as connection:
            if not connection.execute(more).rowcount:
                connection.execute(
                    insert(digest_click).values(clicked_on=day, paper_id=paper_id, clicks=1)
                )

    def clicks(self, since: date) -> list[tuple[int, int]]:
        """Numbers of papers and their clicks since a day, the most first."""
        total = func.sum(digest_click.c.clicks)
        wanted = select(digest_click.c.paper_id, total).where(digest_click.c.clicked_on >= since)
        ordered = wanted.group_by(digest_click.c.paper_id).order_by(total.desc())
        with self._database.read() as connection:
            return [(row[0], int(row[1])) for row in connection.execute(ordered)]


def _is_out_of_reach(sent_before: date, listed_before: date) -> ColumnElement[bool]:
    is_near = select(paper.c.paper_id).where(
        paper.c.paper_id == sent_paper.c.paper_id, paper.c.listed_on >= listed_before
    )
    is_of_collector = select(subscriber.c.subscriber_id).where(
        subscriber.c.subscriber_id == sent_paper.c.subscriber_id,
        subscriber.c.preferences.like(_FOLLOWS_COLLECTION),
    )
    return and_(sent_paper.c.sent_on < sent_before, ~is_near.exists(), ~is_of_collector.exists())


def move_sent(connection: Connection, gone: int, heir: int | None) -> None:
    """Carry what was sent of a paper, and said of it, to the paper that takes it over."""
    for table in (sent_paper, leaning):
        if heir is not None:
            _move(connection, table, gone, heir)
        connection.execute(delete(table).where(table.c.paper_id == gone))


def _move(connection: Connection, table: Table, gone: int, heir: int) -> None:
    twin = table.alias()
    has_twin = select(twin.c.paper_id).where(
        twin.c.paper_id == heir, twin.c.subscriber_id == table.c.subscriber_id
    )
    connection.execute(
        update(table).where(table.c.paper_id == gone, ~has_twin.exists()).values(paper_id=heir)
    )
