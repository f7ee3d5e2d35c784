"""What a person's page lists: their submissions, votes, comments and claimed papers, newest first.

Reads the tables of the other nouns and changes none of them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, null, select, true

from broadsheet.doings import Decision
from broadsheet.people import Deed
from broadsheet.store.database import Database
from broadsheet.store.people_schema import comment, paper_claim, submission, vote

LISTS = ("submissions", "comments", "papers", "votes")
"""The lists of a profile, by their names in addresses."""


class ProfileLists:
    """The lists of people's pages; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deeds(self, account_id: int, name: str, *, limit: int, offset: int = 0) -> list[Deed]:
        """A page of one of LISTS, newest first."""
        wanted = _deeds(name, account_id).limit(limit).offset(offset)
        with self._database.read() as connection:
            return [Deed(*row) for row in connection.execute(wanted)]

    def counts(self, account_id: int) -> dict[str, int]:
        """How long each of LISTS is."""
        lengths = [
            select(func.count())
            .select_from(_deeds(name, account_id).order_by(None).subquery())
            .scalar_subquery()
            for name in LISTS
        ]
        with self._database.read() as connection:
            row = connection.execute(select(*lengths)).one()
        return dict(zip(LISTS, row, strict=True))


def _deeds(name: str, account_id: int) -> Select[Any]:
    """Paper, words, instant and number of the comment of each line of a list."""
    words: ColumnElement[Any]
    if name == "submissions":
        table, words, when = submission, submission.c.comment, submission.c.submitted_at
        is_listed = submission.c.state == Decision.GRANTED.value
    elif name == "comments":
        table, words, when = comment, comment.c.body, comment.c.created_at
        is_listed = comment.c.deleted_at.is_(None) & comment.c.hidden_at.is_(None)
    elif name == "papers":
        table, words, when = paper_claim, paper_claim.c.author, paper_claim.c.claimed_at
        is_listed = paper_claim.c.state == Decision.GRANTED.value
    else:
        table, words, when = vote, literal(""), vote.c.voted_at
        is_listed = true()
    number = comment.c.comment_id if table is comment else null()
    return (
        select(table.c.paper_id, words, when, number)
        .where(table.c.account_id == account_id, table.c.paper_id.is_not(None), is_listed)
        .order_by(when.desc(), table.c.paper_id.desc())
    )
