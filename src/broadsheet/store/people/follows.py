"""Rows of what accounts follow, and how far the news of each has been looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select, update

from broadsheet.doings import FeedKind, Follow, FollowKind
from broadsheet.store.database import Database
from broadsheet.store.people.notifications import write_notification
from broadsheet.store.people.private_feeds import forget_feed, write_followed
from broadsheet.store.people_schema import account, follow, submission
from broadsheet.store.schema import paper, paper_category


@dataclass(frozen=True, slots=True)
class Followed:
    """A subject with its followers who have not been told of papers above a number."""

    kind: FollowKind
    subject: str
    label: str
    account_id: int
    seen_paper_id: int


class FollowTable:
    """What accounts follow; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account_id: int, wanted: Follow, *, most: int) -> bool | None:
        """Follow something; whether that is new. None where there are `most` already."""
        is_it = _is_it(account_id, wanted.kind, wanted.subject)
        with self._database.write() as connection:
            if connection.execute(select(follow.c.subject).where(is_it)).first():
                return False
            own = select(func.count()).select_from(follow).where(follow.c.account_id == account_id)
            if (connection.scalar(own) or 0) >= most:
                return None
            # Only what comes from now on is news.
            last = connection.scalar(select(func.max(paper.c.paper_id))) or 0
            connection.execute(
                insert(follow).values(
                    account_id=account_id,
                    kind=wanted.kind.value,
                    subject=wanted.subject,
                    label=wanted.label,
                    followed_at=wanted.followed_at,
                    seen_paper_id=last,
                )
            )
        return True

    def remove(self, account_id: int, kind: FollowKind, subject: str) -> bool:
        """Follow something no longer; whether it was followed."""
        with self._database.write() as connection:
            gone = connection.execute(delete(follow).where(_is_it(account_id, kind, subject)))
            if kind is FollowKind.SEARCH:
                forget_feed(connection, account_id, FeedKind.SEARCH, subject)
            return gone.rowcount > 0

    def of_account(self, account_id: int) -> list[Follow]:
        """What an account follows, by kind and label."""
        wanted = select(follow).where(follow.c.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(follow.c.kind, func.lower(follow.c.label)))
            return [_follow(row) for row in rows]

    def is_following(self, account_id: int, kind: FollowKind, subject: str) -> bool:
        """Whether an account follows something."""
        wanted = select(follow.c.subject).where(_is_it(account_id, kind, subject))
        with self._database.read() as connection:
            return connection.execute(wanted).first() is not None

    def followers(self, name: str) -> int:
        """How many follow a person."""
        wanted = (
            select(func.count())
            .select_from(follow)
            .where(follow.c.kind == FollowKind.PERSON.value, follow.c.subject == name)
        )
        with self._database.read() as connection:
            return connection.scalar(wanted) or 0

    def behind(self) -> tuple[int, list[Followed]]:
        """The last paper's number, and every follow that has not been looked at up to it."""
        with self._database.read() as connection:
            last = connection.scalar(select(func.max(paper.c.paper_id))) or 0
            columns = [follow.c[name] for name in Followed.__slots__]
            wanted = (
                select(*columns)
                .join(account, account.c.account_id == follow.c.account_id)
                .where(follow.c.seen_paper_id < last, account.c.suspended_at.is_(None))
                .order_by(follow.c.kind, follow.c.subject)
            )
            rows = connection.execute(wanted).all()
        return last, [Followed(FollowKind(row[0]), *row[1:]) for row in rows]

    def new_of_category(self, category: str, *, since: date, above: int) -> list[int]:
        """Papers of a category listed since a day, with numbers above one."""
        columns = paper_category.c
        wanted = select(columns.paper_id).where(
            columns.category == category, columns.listed_on >= since, columns.paper_id > above
        )
        with self._database.read() as connection:
            return list(connection.scalars(wanted.order_by(columns.votes.desc())))

    def new_of_person(self, name: str, *, above: int) -> list[int]:
        """Papers that a person has brought, with numbers above one."""
        wanted = (
            select(submission.c.paper_id)
            .join(account, account.c.account_id == submission.c.account_id)
            .where(account.c.name == name, submission.c.paper_id > above)
        )
        with self._database.read() as connection:
            return list(connection.scalars(wanted.order_by(submission.c.paper_id)))

    def tell(
        self,
        told: Sequence[tuple[Followed, str, str, int | None]],
        looked_at: Sequence[Followed],
        found: Mapping[int, Collection[int]],
        *,
        last: int,
        now: datetime,
    ) -> int:
        """Write news (follow, text, path, paper) and note how far was looked; how many were new.

        `found` are all new papers by account, for those who read their news as a feed.
        The news of one follow up to one paper has one name, so two workers write it once.
        """
        new = 0
        with self._database.write() as connection:
            for each, text, path, paper_id in told:
                new += write_notification(
                    connection,
                    each.account_id,
                    name=f"follow:{each.kind.value}:{each.subject}:{last}",
                    kind="follow",
                    text=text,
                    path=path,
                    paper_id=paper_id,
                    now=now,
                )
            write_followed(connection, found, now)
            for each in looked_at:
                connection.execute(
                    update(follow)
                    .where(
                        _is_it(each.account_id, each.kind, each.subject),
                        follow.c.seen_paper_id < last,
                    )
                    .values(seen_paper_id=last)
                )
        return new


def _is_it(account_id: int, kind: FollowKind, subject: str) -> Any:
    return and_(
        follow.c.account_id == account_id,
        follow.c.kind == kind.value,
        follow.c.subject == subject,
    )


def _follow(row: Row[Any]) -> Follow:
    return Follow(FollowKind(row.kind), row.subject, row.label, row.followed_at)
