"""All rows of one account: given to the person who leaves, and taken away.

A table whose `account_id` may be empty holds what others build on (comments, picks, decisions): it
stays, without the person. Every other table with an `account_id` is private and is emptied.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, func, select, update

from broadsheet.doings import Decision
from broadsheet.errors import Conflict
from broadsheet.people import Role
from broadsheet.store.database import Database
from broadsheet.store.mail_schema import leaning, outbox, sent_paper, subscriber
from broadsheet.store.people.accounts import email_key, find_account, has_owner
from broadsheet.store.people.claims import remove_additions
from broadsheet.store.people.votes import forget_votes
from broadsheet.store.people_schema import (
    account,
    collection,
    collection_paper,
    comment,
    comment_edit,
    comment_vote,
    log_entry,
    one_time_link,
    submission,
)
from broadsheet.store.schema import metadata, paper, paper_category

_SECRET = frozenset(("digest", "share_digest", "salt", "password_hash", "email_key", "account_id"))


class LeavingTable:
    """Takes out and away what belongs to an account; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def everything(self, account_id: int) -> dict[str, list[dict[str, Any]]]:
        """All rows of an account as they are at one moment, by table; papers by their keys too."""
        with self._database.read() as connection:
            found = {
                str(name): [_shown(row) for row in connection.execute(wanted).mappings()]
                for name, wanted in _everything(account_id)
            }
            _name_papers(connection, found)
        return {name: rows for name, rows in found.items() if rows}

    def remove(self, account_id: int, *, with_comments: bool, now: datetime) -> None:
        """Delete an account with all that is private; its comments lose their words or their name.

        Raises Conflict for the only owner of an instance that has other accounts.
        """
        with self._database.write() as connection:
            leaving = find_account(connection, account_id)
            forget_votes(connection, account_id)
            remove_additions(connection, account_id, now)
            _take_back_votes_for_comments(connection, account_id)
            # Whoever keeps a copy of the comments learns from this that a name or words are gone.
            own = comment.c.account_id == account_id
            connection.execute(update(comment).where(own).values(changed_at=now))
            if with_comments:
                _empty_comments(connection, account_id, now)
            _forget_mail(connection, account_id, leaving.email)
            _forget_parts(connection, account_id)
            for table in _tables_of_people():
                _empty(connection, table, account_id)
            connection.execute(delete(account).where(account.c.account_id == account_id))
            is_anybody_left = connection.scalar(select(func.count()).select_from(account))
            if leaving.role is Role.OWNER and is_anybody_left and not has_owner(connection):
                raise Conflict(
                    "You are the only owner. Make somebody else an owner first, so that somebody "
                    "can look after the others."
                )


def _tables_of_people() -> Iterator[Table]:
    for table in metadata.sorted_tables:
        if "account_id" in table.c and table is not account:
            yield table


def _everything(account_id: int) -> Iterator[tuple[str, Select[Any]]]:
    yield "account", select(account).where(account.c.account_id == account_id)
    for table in _tables_of_people():
        if table is not one_time_link:
            yield table.name, select(table).where(table.c.account_id == account_id)
    parts = (
        (collection_paper, collection, "collection_id"),
        (comment_edit, comment, "comment_id"),
        (leaning, subscriber, "subscriber_id"),
    )
    for part, whole, column in parts:
        own = select(whole.c[column]).where(whole.c.account_id == account_id)
        yield part.name, select(part).where(part.c[column].in_(own))


def _shown(row: Any) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if name not in _SECRET}


def _name_papers(connection: Connection, found: dict[str, list[dict[str, Any]]]) -> None:
    """Give every row that hangs on a paper the paper's key, which other services understand."""
    hanging = [row for rows in found.values() for row in rows if row.get("paper_id")]
    numbers = sorted({row["paper_id"] for row in hanging})
    keys: dict[int, str] = {}
    for start in range(0, len(numbers), 500):
        some = paper.c.paper_id.in_(numbers[start : start + 500])
        keys.update(
            {row[0]: row[1] for row in connection.execute(
                select(paper.c.paper_id, paper.c.key).where(some)
            )}
        )  # fmt: skip
    for row in hanging:
        row["paper"] = keys.get(row["paper_id"])


def _take_back_votes_for_comments(connection: Connection, account_id: int) -> None:
    voted = select(comment_vote.c.comment_id).where(comment_vote.c.account_id == account_id)
    connection.execute(
        update(comment).where(comment.c.comment_id.in_(voted)).values(votes=comment.c.votes - 1)
    )


def _empty_comments(connection: Connection, account_id: int, now: datetime) -> None:
    """Take the words of all comments away; their places stay for those who answered."""
    own = comment.c.account_id == account_id
    is_visible = comment.c.deleted_at.is_(None) & comment.c.hidden_at.is_(None)
    counted = select(comment.c.paper_id, func.count()).where(own, is_visible)
    for paper_id, number in connection.execute(counted.group_by(comment.c.paper_id)).all():
        for table in (paper, paper_category):
            connection.execute(
                update(table)
                .where(table.c.paper_id == paper_id)
                .values(comments=table.c.comments - number, strength=table.c.strength - 2 * number)
            )
        fewer = paper.c.people_comments - number
        connection.execute(
            update(paper).where(paper.c.paper_id == paper_id).values(people_comments=fewer)
        )
    edited = select(comment.c.comment_id).where(own)
    connection.execute(delete(comment_edit).where(comment_edit.c.comment_id.in_(edited)))
    connection.execute(
        update(comment).where(own, comment.c.deleted_at.is_(None)).values(deleted_at=now)
    )
    connection.execute(update(comment).where(own).values(body=""))
    connection.execute(
        update(submission).where(submission.c.account_id == account_id).values(comment="")
    )


def _forget_mail(connection: Connection, account_id: int, email: str | None) -> None:
    """Forget the subscription, and the letters that went to the address or wait for it."""
    subscribed = select(subscriber.c.subscriber_id).where(subscriber.c.account_id == account_id)
    for table in (sent_paper, leaning):
        connection.execute(delete(table).where(table.c.subscriber_id.in_(subscribed)))
    connection.execute(delete(outbox).where(outbox.c.subscriber_id.in_(subscribed)))
    if email:
        connection.execute(delete(outbox).where(outbox.c.address_key == email_key(email)))
        connection.execute(delete(one_time_link).where(one_time_link.c.email == email))
    connection.execute(delete(subscriber).where(subscriber.c.account_id == account_id))


def _forget_parts(connection: Connection, account_id: int) -> None:
    """Delete what hangs on private rows, and rows of shared tables that nobody builds on."""
    lists = select(collection.c.collection_id).where(collection.c.account_id == account_id)
    connection.execute(delete(collection_paper).where(collection_paper.c.collection_id.in_(lists)))
    connection.execute(
        delete(log_entry).where(
            log_entry.c.account_id == account_id, log_entry.c.is_public.is_(False)
        )
    )
    connection.execute(
        delete(submission).where(
            submission.c.account_id == account_id,
            submission.c.state != Decision.GRANTED.value,
        )
    )


def _empty(connection: Connection, table: Table, account_id: int) -> None:
    own = table.c.account_id == account_id
    if table.c.account_id.nullable:
        connection.execute(update(table).where(own).values(account_id=None))
    else:
        connection.execute(delete(table).where(own))
    for name in ("decided_by", "resolved_by"):
        if name in table.c:
            named = table.c[name] == account_id
            connection.execute(update(table).where(named).values({name: None}))
