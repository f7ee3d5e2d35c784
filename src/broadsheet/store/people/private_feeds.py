"""Rows of private feeds, and of the papers that the feed of followed things has been given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select

from broadsheet.doings import FeedKind, PrivateFeed
from broadsheet.people import Account
from broadsheet.store.database import Database
from broadsheet.store.loading import in_chunks
from broadsheet.store.people.accounts import account_of
from broadsheet.store.people_schema import account
from broadsheet.store.schema import paper
from broadsheet.store.webhook_schema import followed_paper, private_feed

KEPT_FOR = timedelta(days=60)
"""How long a paper stays in the feed of followed things."""
_CHUNK = 2_000


class PrivateFeedTable:
    """The private feeds of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, made: PrivateFeed, *, most: int) -> bool | None:
        """Keep a feed, instead of the one that its list had; whether it had none.

        None, and nothing is done, where the account has `most` already.
        """
        own = private_feed.c.account_id == made.account_id
        is_it = _is_it(made.account_id, made.kind, made.subject)
        with self._database.write() as connection:
            had = connection.execute(delete(private_feed).where(is_it)).rowcount > 0
            count = select(func.count()).select_from(private_feed).where(own)
            if not had and (connection.scalar(count) or 0) >= most:
                return None
            connection.execute(
                insert(private_feed).values(
                    salt=made.salt,
                    account_id=made.account_id,
                    kind=made.kind.value,
                    subject=made.subject,
                    made_at=made.made_at,
                )
            )
        return not had

    def remove(self, account_id: int, kind: FeedKind, subject: str) -> bool:
        """Take a feed back; whether there was one. What it was given of news is forgotten."""
        with self._database.write() as connection:
            if kind is FeedKind.NEWS:
                own = followed_paper.c.account_id == account_id
                connection.execute(delete(followed_paper).where(own))
            return forget_feed(connection, account_id, kind, subject)

    def by_salt(self, salt: str) -> tuple[PrivateFeed, Account] | None:
        """The feed of a salt, and whose it is."""
        wanted = (
            select(private_feed.c.kind.label("feed_kind"), private_feed.c.subject)
            .add_columns(private_feed.c.salt, private_feed.c.made_at, account)
            .join(account, account.c.account_id == private_feed.c.account_id)
            .where(private_feed.c.salt == salt)
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            return None
        kind = FeedKind(row.feed_kind)
        return PrivateFeed(row.account_id, kind, row.subject, row.salt, row.made_at), account_of(
            row
        )

    def of_account(self, account_id: int) -> list[PrivateFeed]:
        """The feeds of an account, by kind and subject."""
        wanted = select(private_feed).where(private_feed.c.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(
                wanted.order_by(private_feed.c.kind, private_feed.c.subject)
            ).all()
        return [_read(row) for row in rows]

    def add_followed(self, found: Mapping[int, Collection[int]], now: datetime) -> None:
        """Put papers (by account) into feeds of followed things."""
        with self._database.write() as connection:
            write_followed(connection, found, now)

    def followed(self, account_id: int) -> list[tuple[int, datetime]]:
        """The papers in the feed of what an account follows, and since when, last first."""
        columns = followed_paper.c
        wanted = select(columns.paper_id, columns.found_at).where(columns.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(
                wanted.order_by(columns.found_at.desc(), columns.paper_id.desc())
            )
            return [(row.paper_id, row.found_at) for row in rows]


def forget_feed(connection: Connection, account_id: int, kind: FeedKind, subject: str) -> bool:
    """Take a feed back within the caller's transaction; whether there was one."""
    gone = delete(private_feed).where(_is_it(account_id, kind, subject))
    return connection.execute(gone).rowcount > 0


def write_followed(
    connection: Connection, found: Mapping[int, Collection[int]], now: datetime
) -> None:
    """Put papers into the feeds of those accounts that have one, and forget old ones there."""
    wanted = select(private_feed.c.account_id).where(private_feed.c.kind == FeedKind.NEWS.value)
    having = found.keys() & set(connection.scalars(wanted)) if found else set()
    for account_id in sorted(having):
        own = followed_paper.c.account_id == account_id
        old = and_(own, followed_paper.c.found_at < now - KEPT_FOR)
        connection.execute(delete(followed_paper).where(old))
        known = set(connection.scalars(select(followed_paper.c.paper_id).where(own)))
        for chunk in in_chunks(sorted(set(found[account_id]) - known), _CHUNK):
            there = select(paper.c.paper_id).where(paper.c.paper_id.in_(chunk))
            rows = [
                {"account_id": account_id, "paper_id": number, "found_at": now}
                for number in connection.scalars(there)
            ]
            if rows:
                connection.execute(insert(followed_paper), rows)


def _is_it(account_id: int, kind: FeedKind, subject: str) -> Any:
    columns = private_feed.c
    return and_(
        columns.account_id == account_id, columns.kind == kind.value, columns.subject == subject
    )


def _read(row: Row[Any]) -> PrivateFeed:
    return PrivateFeed(row.account_id, FeedKind(row.kind), row.subject, row.salt, row.made_at)
