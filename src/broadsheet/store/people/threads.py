"""Reads comments: a paper's thread, an account's comments, all changes since an instant.

The words of a stub are not given out, except to moderators those that they hid.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from broadsheet.doings import FormerBody, SignedComment
from broadsheet.store.database import Database
from broadsheet.store.people.comments import comment_of
from broadsheet.store.people_schema import (
    account,
    comment,
    comment_edit,
    comment_vote,
    paper_claim,
)
from broadsheet.store.schema import Instant, paper

_GRANTED = and_(
    paper_claim.c.paper_id == comment.c.paper_id,
    paper_claim.c.account_id == comment.c.account_id,
    paper_claim.c.state == "granted",
)
_SIGNED = (
    select(comment, account.c.name, account.c.full_name, paper_claim.c.claim_id)
    .join(account, account.c.account_id == comment.c.account_id, isouter=True)
    .join(paper_claim, _GRANTED, isouter=True)
)
_OF_PAPERS = _SIGNED.add_columns(paper.c.key).join(paper, paper.c.paper_id == comment.c.paper_id)


class ThreadTable:
    """Comments as readers see them; every method is one transaction and a query or two."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_paper(self, paper_id: int, *, with_hidden: bool = False) -> list[SignedComment]:
        """All comments of a paper, stubs too, oldest first."""
        wanted = _SIGNED.where(comment.c.paper_id == paper_id).order_by(comment.c.comment_id)
        return self._signed(wanted, with_hidden=with_hidden)

    def voters(self, paper_id: int, account_id: int | None) -> tuple[list[datetime], set[int]]:
        """When each voter of a thread last voted in it; what the account itself voted for."""
        votes = comment_vote.c
        in_thread = (
            select(votes.comment_id)
            .join(comment, comment.c.comment_id == votes.comment_id)
            .where(comment.c.paper_id == paper_id)
        )
        last = in_thread.with_only_columns(func.max(votes.voted_at, type_=Instant))
        with self._database.read() as connection:
            instants = list(connection.scalars(last.group_by(votes.account_id)))
            if account_id is None:
                return instants, set()
            own = connection.scalars(in_thread.where(votes.account_id == account_id))
            return instants, set(own)

    def find(self, comment_id: int, *, with_hidden: bool = False) -> SignedComment | None:
        """One comment with its paper's key."""
        found = self._signed(
            _OF_PAPERS.where(comment.c.comment_id == comment_id), with_hidden=with_hidden
        )
        return found[0] if found else None

    def of_account(
        self, account_id: int, *, limit: int, before: int | None = None
    ) -> list[SignedComment]:
        """The comments of an account that are seen, newest first; `before` is a number."""
        wanted = _OF_PAPERS.where(
            comment.c.account_id == account_id,
            comment.c.deleted_at.is_(None),
            comment.c.hidden_at.is_(None),
        )
        if before is not None:
            wanted = wanted.where(comment.c.comment_id < before)
        return self._signed(wanted.order_by(comment.c.comment_id.desc()).limit(limit))

    def changes(
        self, *, since: datetime | None, after: tuple[datetime, int] | None, limit: int
    ) -> list[SignedComment]:
        """Comments in the order of their last change, from an instant on, or after a change."""
        wanted = _OF_PAPERS
        if since is not None:
            wanted = wanted.where(comment.c.changed_at >= since)
        if after is not None:
            instant, number = after
            is_same = (comment.c.changed_at == instant) & (comment.c.comment_id > number)
            wanted = wanted.where(or_(comment.c.changed_at > instant, is_same))
        return self._signed(
            wanted.order_by(comment.c.changed_at, comment.c.comment_id).limit(limit)
        )

    def hidden(self, limit: int) -> list[SignedComment]:
        """The comments that moderators hid, last hidden first, with their words."""
        wanted = _OF_PAPERS.where(comment.c.hidden_at.is_not(None), comment.c.deleted_at.is_(None))
        return self._signed(
            wanted.order_by(comment.c.hidden_at.desc()).limit(limit), with_hidden=True
        )

    def by_number(self, comment_ids: Collection[int]) -> dict[int, SignedComment]:
        """These comments with their words, even deleted and hidden ones: for moderators."""
        wanted = _OF_PAPERS.where(comment.c.comment_id.in_(comment_ids))
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return {row.comment_id: _signed(row, with_all=True) for row in rows}

    def hidden_among(self, comment_ids: Collection[int]) -> frozenset[int]:
        """Those of these comments that are hidden."""
        wanted = select(comment.c.comment_id).where(
            comment.c.comment_id.in_(comment_ids), comment.c.hidden_at.is_not(None)
        )
        with self._database.read() as connection:
            return frozenset(connection.scalars(wanted))

    def history(self, comment_id: int) -> list[FormerBody]:
        """What a comment said before each edit, newest first."""
        wanted = select(comment_edit).where(comment_edit.c.comment_id == comment_id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(comment_edit.c.edit_id.desc()))
            return [FormerBody(row.body, row.replaced_at) for row in rows]

    def accounts_called(self, handles: Collection[str]) -> dict[str, int]:
        """Those of these handles that are somebody's, with the account's number."""
        if not handles:
            return {}
        wanted = select(account.c.name, account.c.account_id).where(account.c.name.in_(handles))
        with self._database.read() as connection:
            return {row.name: row.account_id for row in connection.execute(wanted)}

    def _signed(self, wanted: Select[Any], *, with_hidden: bool = False) -> list[SignedComment]:
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return [_signed(row, with_hidden=with_hidden) for row in rows]


def _signed(row: Row[Any], *, with_hidden: bool = False, with_all: bool = False) -> SignedComment:
    """The signed comment of a row: the comment's columns, handle, name, claim, perhaps a key."""
    found = comment_of(row)
    is_shown = not found.is_stub or with_all or (with_hidden and found.deleted_at is None)
    handle, full_name, claim_id, *key = row[len(comment.c) :]
    return SignedComment(
        comment=found if is_shown else replace(found, body=""),
        handle=handle or "",
        shown_name=full_name or handle or "",
        is_by_author=claim_id is not None,
        paper_key=key[0] if key else "",
    )
