"""Carries what people did on a paper to the paper that takes it over, and counts it there."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, Connection, Table, delete, func, select, update

from broadsheet.store.mail.sent import move_sent
from broadsheet.store.people_schema import (
    collection_paper,
    comment,
    comment_edit,
    comment_vote,
    mark,
    notification,
    paper_claim,
    pick,
    report,
    submission,
    vote,
)
from broadsheet.store.webhook_schema import followed_paper, webhook_paper

_ONE_PER: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (vote, ("account_id",)),
    (collection_paper, ("collection_id",)),
    (paper_claim, ("account_id",)),
    (pick, ()),
    (followed_paper, ("account_id",)),
    (webhook_paper, ("webhook_id",)),
)
"""Tables that hold one row for a paper and these; of two that meet, the heir's row stays."""
_MARKED = ("read_at", "saved_at", "dismissed_at", "noted_at")


def move_people(connection: Connection, removed: Mapping[int, int | None]) -> None:
    """Move people's doings from papers that are no more to those that took them over.

    What hangs on a paper that nobody took over is deleted.
    """
    for gone, heir in removed.items():
        move_sent(connection, gone, heir)
        if heir is None:
            _forget(connection, gone)
        else:
            _move(connection, gone, heir)


def _move(connection: Connection, gone: int, heir: int) -> None:
    _unite_marks(connection, gone, heir)
    for table, columns in (*_ONE_PER, (mark, ("account_id",))):
        twin = table.alias()
        has_twin = select(twin.c.paper_id).where(
            twin.c.paper_id == heir, *(twin.c[name] == table.c[name] for name in columns)
        )
        connection.execute(delete(table).where(table.c.paper_id == gone, has_twin.exists()))
    for table in (*(table for table, _ in _ONE_PER), mark, comment, submission, notification):
        connection.execute(update(table).where(table.c.paper_id == gone).values(paper_id=heir))


def _unite_marks(connection: Connection, gone: int, heir: int) -> None:
    """Fill what a reader has not marked on the heir with what they marked on the other."""
    for row in connection.execute(select(mark).where(mark.c.paper_id == gone)).all():
        is_twin = (mark.c.paper_id == heir) & (mark.c.account_id == row.account_id)
        twin = connection.execute(select(mark).where(is_twin)).first()
        if twin is None:
            continue
        notes = "\n\n".join(note for note in (twin.note, row.note) if note)
        instants = {name: getattr(twin, name) or getattr(row, name) for name in _MARKED}
        connection.execute(update(mark).where(is_twin).values(note=notes, **instants))


def _forget(connection: Connection, gone: int) -> None:
    comments = select(comment.c.comment_id).where(comment.c.paper_id == gone)
    for table in (comment_edit, comment_vote, report):
        column: Column[int] = table.c.comment_id
        connection.execute(delete(table).where(column.in_(comments)))
    for table in (*(table for table, _ in _ONE_PER), mark, comment, notification):
        connection.execute(delete(table).where(table.c.paper_id == gone))
    connection.execute(
        update(submission).where(submission.c.paper_id == gone).values(paper_id=None)
    )


def people_counts(connection: Connection, paper_id: int) -> tuple[int, int, int]:
    """Votes, counted votes and visible comments of our people on a paper, counted from the rows."""
    of_paper = select(func.count()).select_from(vote).where(vote.c.paper_id == paper_id)
    comments = (
        select(func.count())
        .select_from(comment)
        .where(
            comment.c.paper_id == paper_id,
            comment.c.deleted_at.is_(None),
            comment.c.hidden_at.is_(None),
        )
    )
    return (
        connection.scalar(of_paper) or 0,
        connection.scalar(of_paper.where(vote.c.is_counted.is_(True))) or 0,
        connection.scalar(comments) or 0,
    )
