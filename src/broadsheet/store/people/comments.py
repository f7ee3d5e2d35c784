"""Rows of comments: written, edited, deleted, hidden, voted for. Threads are read in `threads`.

A change that alters how many comments a paper shows counts it in the same transaction, with the
paper's row locked first, so that changes which run beside each other never lose one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    exists,
    insert,
    literal,
    select,
    true,
    update,
)

from broadsheet.doings import Comment, LogEntry
from broadsheet.errors import Conflict, InputError, NotFound
from broadsheet.store.database import Database
from broadsheet.store.lookup import find_number
from broadsheet.store.people.log import keep_entry
from broadsheet.store.people.notifications import write_notification
from broadsheet.store.people_schema import comment, comment_edit, comment_vote, report
from broadsheet.store.schema import paper, paper_category
from broadsheet.store.writing import COMMENT_WEIGHT

_COLUMNS = len(comment.c)
_VERDICTS = {
    "hidden": "A moderator looked at a comment that you reported, and hid it.",
    "kept": "A moderator looked at a comment that you reported, and left it where it is.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of a comment, and what; `kind` is reply or mention."""

    account_id: int
    kind: str
    text: str


class CommentTable:
    """The comments of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, comment_id: int) -> Comment:
        """A comment as it is kept, its body even where readers see a stub. Raises NotFound."""
        with self._database.read() as connection:
            return comment_of(_row(connection, comment_id))

    def add(
        self,
        key: str,
        *,
        parent_id: int | None,
        account_id: int,
        body: str,
        told: Sequence[Told],
        now: datetime,
        same_since: datetime,
    ) -> tuple[Comment, bool]:
        """A new comment on the paper of a key, and True; or the same one again, and False.

        The same account's same words on the same paper since `same_since` are one comment. Raises
        NotFound without such a paper, InputError for an answer to a comment elsewhere, Conflict
        for an answer to one that is no longer shown.
        """
        with self._database.write(beside_others=True) as connection:
            paper_id = find_number(connection, key)
            if paper_id is None:
                raise NotFound(f"There is no paper “{key:.100}” in this library.")
            _lock_paper(connection, paper_id)
            twin = _twin(connection, paper_id, account_id, body, same_since)
            if twin is not None:
                return comment_of(twin), False
            if parent_id is not None:
                _check_parent(connection, parent_id, paper_id)
            added = insert(comment).values(
                paper_id=paper_id,
                parent_id=parent_id,
                account_id=account_id,
                body=body,
                votes=0,
                created_at=now,
                changed_at=now,
            )
            number = connection.scalar(added.returning(comment.c.comment_id)) or 0
            _count(connection, paper_id, 1)
            _tell(connection, number, paper_id, told, now)
            return comment_of(_row(connection, number)), True

    def edit(
        self, comment_id: int, *, account_id: int, body: str, told: Sequence[Told], now: datetime
    ) -> Comment | None:
        """The comment with another body, the former one kept; None where it is not theirs to edit.

        A body that is the same changes nothing.
        """
        with self._database.write(beside_others=True) as connection:
            row = _row(connection, comment_id, is_locked=True)
            if row.account_id != account_id or comment_of(row).is_stub:
                return None
            if row.body == body:
                return comment_of(row)
            connection.execute(
                insert(comment_edit).values(comment_id=comment_id, body=row.body, replaced_at=now)
            )
            _set(connection, comment_id, body=body, edited_at=now, changed_at=now)
            _tell(connection, comment_id, row.paper_id, told, now)
            return comment_of(_row(connection, comment_id))

    def delete(self, comment_id: int, *, account_id: int, now: datetime) -> Comment | None:
        """The comment, deleted; None where it is not theirs or deleted already."""
        is_theirs = (comment.c.account_id == account_id) & comment.c.deleted_at.is_(None)
        return self._change(comment_id, is_theirs, deleted_at=now, changed_at=now)

    def restore(
        self, comment_id: int, *, account_id: int, deleted_since: datetime, now: datetime
    ) -> Comment | None:
        """The comment, no longer deleted; None where it is not theirs or was deleted before."""
        is_theirs = (comment.c.account_id == account_id) & (comment.c.deleted_at >= deleted_since)
        return self._change(
            comment_id, is_theirs & (comment.c.body != ""), deleted_at=None, changed_at=now
        )

    def hide(self, comment_id: int, *, reason: str, entry: LogEntry) -> Comment | None:
        """The comment, hidden, its open reports closed, the act noted; None where hidden already.

        The moderator and the instant are those of the entry.
        """
        return self._change(
            comment_id,
            comment.c.hidden_at.is_(None),
            entry=entry,
            hidden_at=entry.logged_at,
            hidden_reason=reason,
            changed_at=entry.logged_at,
        )

    def show_again(self, comment_id: int, *, entry: LogEntry) -> Comment | None:
        """The comment, no longer hidden, the act noted; None where it was not hidden."""
        return self._change(
            comment_id,
            comment.c.hidden_at.is_not(None),
            entry=entry,
            hidden_at=None,
            hidden_reason="",
            changed_at=entry.logged_at,
        )

    def _change(
        self,
        comment_id: int,
        condition: ColumnElement[bool],
        *,
        entry: LogEntry | None = None,
        **values: Any,
    ) -> Comment | None:
        """The comment with these values where the condition holds, the paper's count kept true."""
        with self._database.write(beside_others=True) as connection:
            _lock_paper(connection, _row(connection, comment_id).paper_id)
            before = comment_of(_row(connection, comment_id, is_locked=True))
            if not _set(connection, comment_id, condition, **values):
                return None
            after = comment_of(_row(connection, comment_id))
            _count(connection, after.paper_id, before.is_stub - after.is_stub)
            if entry is not None:
                keep_entry(connection, entry)
                if after.hidden_at is not None:
                    close_reports(connection, comment_id, entry, "hidden")
            return after

    def vote(
        self, comment_id: int, *, account_id: int, is_cast: bool, now: datetime
    ) -> Comment | None:
        """The comment with the account's vote cast or withdrawn; None where it takes no votes.

        Twice is as once; nobody votes for their own comment or for a stub.
        """
        with self._database.write(beside_others=True) as connection:
            row = _row(connection, comment_id, is_locked=True)
            if row.account_id == account_id or comment_of(row).is_stub:
                return None
            votes = comment_vote.c
            is_it = (votes.comment_id == comment_id) & (votes.account_id == account_id)
            if is_cast:
                values = (
                    literal(account_id),
                    literal(comment_id),
                    literal(now, votes.voted_at.type),
                )
                chosen = select(*values).where(~exists().where(is_it))
                names = ["account_id", "comment_id", "voted_at"]
                added = insert(comment_vote).from_select(names, chosen)
                by = len(connection.execute(added.returning(comment_vote.c.account_id)).all())
            else:
                by = -connection.execute(delete(comment_vote).where(is_it)).rowcount
            if by:
                _set(connection, comment_id, votes=comment.c.votes + by)
            return comment_of(_row(connection, comment_id))

    def forget_deleted(self, deleted_before: datetime) -> int:
        """Forget words and writer of comments deleted before an instant; how many there were.

        Those that wait for a moderator's look are kept until it is given.
        """
        is_reported = exists().where(
            report.c.comment_id == comment.c.comment_id, report.c.resolved_at.is_(None)
        )
        is_due = (comment.c.deleted_at < deleted_before) & (comment.c.body != "") & ~is_reported
        with self._database.write() as connection:
            numbers = list(connection.scalars(select(comment.c.comment_id).where(is_due)))
            if not numbers:
                return 0
            for table in (comment_edit, comment_vote):
                connection.execute(delete(table).where(table.c.comment_id.in_(numbers)))
            connection.execute(
                update(comment)
                .where(comment.c.comment_id.in_(numbers))
                .values(body="", account_id=None, votes=0)
            )
            return len(numbers)

    def has_to_forget(self, deleted_before: datetime) -> bool:
        """Whether any comment was deleted before an instant and still has its words."""
        is_due = (comment.c.deleted_at < deleted_before) & (comment.c.body != "")
        with self._database.read() as connection:
            return (
                connection.scalar(select(comment.c.comment_id).where(is_due).limit(1)) is not None
            )


def _row(connection: Connection, comment_id: int, *, is_locked: bool = False) -> Row[Any]:
    wanted = select(comment).where(comment.c.comment_id == comment_id)
    row = connection.execute(wanted.with_for_update() if is_locked else wanted).first()
    if row is None:
        raise NotFound("There is no such comment.")
    return row


def _set(
    connection: Connection,
    comment_id: int,
    condition: ColumnElement[bool] | None = None,
    **values: Any,
) -> int:
    wanted = update(comment).where(
        comment.c.comment_id == comment_id, true() if condition is None else condition
    )
    return connection.execute(wanted.values(values)).rowcount


def _lock_paper(connection: Connection, paper_id: int) -> None:
    connection.execute(
        select(paper.c.paper_id).where(paper.c.paper_id == paper_id).with_for_update()
    )


def _count(connection: Connection, paper_id: int, by: int) -> None:
    """Count comments of our people that came to be seen, or are seen no more."""
    if not by:
        return
    connection.execute(
        update(paper)
        .where(paper.c.paper_id == paper_id)
        .values(
            people_comments=paper.c.people_comments + by,
            comments=paper.c.comments + by,
            strength=paper.c.strength + COMMENT_WEIGHT * by,
        )
    )
    of_category = paper_category.c
    connection.execute(
        update(paper_category)
        .where(of_category.paper_id == paper_id)
        .values(
            comments=of_category.comments + by, strength=of_category.strength + COMMENT_WEIGHT * by
        )
    )


def _twin(
    connection: Connection, paper_id: int, account_id: int, body: str, since: datetime
) -> Row[Any] | None:
    wanted = select(comment).where(
        comment.c.account_id == account_id,
        comment.c.created_at >= since,
        comment.c.paper_id == paper_id,
        comment.c.body == body,
        comment.c.deleted_at.is_(None),
    )
    return connection.execute(wanted).first()


def _check_parent(connection: Connection, parent_id: int, paper_id: int) -> None:
    parent = comment_of(_row(connection, parent_id))
    if parent.paper_id != paper_id:
        raise InputError("The comment that this answers belongs to another paper.", "parent_id")
    if parent.is_stub:
        raise Conflict("The comment that this answers has been removed. Write a comment instead.")


def _tell(
    connection: Connection, comment_id: int, paper_id: int, told: Sequence[Told], now: datetime
) -> None:
    for each in told:
        write_notification(
            connection,
            each.account_id,
            name=f"comment:{comment_id}",
            kind=each.kind,
            text=each.text,
            path=f"/comments/{comment_id}",
            paper_id=paper_id,
            now=now,
        )


def close_reports(connection: Connection, comment_id: int, entry: LogEntry, resolution: str) -> int:
    """Close the open reports of a comment as the entry's moderator; how many there were.

    Those who reported it are told.
    """
    is_open = (report.c.comment_id == comment_id) & report.c.resolved_at.is_(None)
    closed = (
        update(report)
        .where(is_open)
        .values(resolved_at=entry.logged_at, resolved_by=entry.account_id, resolution=resolution)
        .returning(report.c.account_id)
    )
    reporters = list(connection.scalars(closed))
    paper_id = _row(connection, comment_id).paper_id
    for account_id in reporters:
        if account_id is not None:
            write_notification(
                connection,
                account_id,
                name=f"report:{comment_id}:{entry.logged_at.isoformat()}",
                kind="decision",
                text=_VERDICTS[resolution],
                path=f"/comments/{comment_id}",
                paper_id=paper_id,
                now=entry.logged_at,
            )
    return len(reporters)


def comment_of(row: Row[Any]) -> Comment:
    """The comment that a row begins with: the columns of the table are its fields, in order."""
    return Comment(*row[:_COLUMNS])
