"""The SQL of votes, made once: building a statement costs more than running it.

Which votes order lists is said here: those of `IS_COUNTING` accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Integer,
    and_,
    bindparam,
    cast,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from broadsheet.people import Role
from broadsheet.store.people_schema import account, log_entry, vote
from broadsheet.store.schema import Instant, paper, paper_category

COUNTS_AFTER = timedelta(days=1)
"""So old is an account of a reader before its votes order lists."""
_TRUSTED = [role.label for role in Role if role >= Role.EDITOR]
_HAS_GROWN = account.c.verified_at.is_not(None) & (
    account.c.created_at <= bindparam("made_by", type_=Instant)
)
IS_COUNTING = and_(
    account.c.suspended_at.is_(None),
    account.c.is_approved.is_(True),
    or_(account.c.role.in_(_TRUSTED), _HAS_GROWN),
)
"""Whether the votes of an account order lists, with `made_by` a day before now.

They do when a person vouches for the account: it has a role above reader, or a verified address
and an age of a day. Those of suspended accounts never do.
"""

_BY = bindparam("by", type_=BigInteger)
SHOWN: tuple[ColumnElement[Any], ...] = (
    paper.c.paper_id,
    paper.c.key,
    paper.c.people_votes,
    (paper.c.votes - paper.c.counted_votes + paper.c.people_votes).label("shown"),
)
"""A paper's votes as a reader is told of them."""


def _raised(of_it: Any, votes: Any, counted: Any) -> Any:
    columns = paper.c
    return (
        update(paper)
        .where(columns.paper_id == of_it)
        .values(
            people_votes=columns.people_votes + votes,
            counted_votes=columns.counted_votes + counted,
            votes=columns.votes + counted,
            strength=columns.strength + counted,
        )
    )


def _raised_in_categories(of_it: Any, counted: Any) -> Any:
    columns = paper_category.c
    return (
        update(paper_category)
        .where(columns.paper_id == of_it)
        .values(votes=columns.votes + counted, strength=columns.strength + counted)
    )


RAISED = _raised(bindparam("of_it"), bindparam("by_votes", type_=BigInteger), _BY)
"""Raises the counters of paper `of_it` by `by_votes` votes, `by` of them counted."""
RAISED_AND_SHOWN = RAISED.returning(*SHOWN)
RAISED_IN_CATEGORIES = _raised_in_categories(bindparam("of_it"), _BY)


@dataclass(frozen=True, slots=True)
class VoteChange:
    """A vote cast or withdrawn: `by` is 1 or -1; `action` and `text` are for the log.

    `alone` writes or deletes the vote, and gives its paper and whether it counted. `at_once`, for
    PostgreSQL, does all that follows in the same statement: whoever votes for the same paper waits
    for one round trip, not for four. It gives SHOWN. Both need `of_account` and `at`.
    """

    alone: Executable
    at_once: Executable
    by: int
    action: str
    text: str


def _cast(make: Any) -> Any:
    # A parameter that is called as a column would be taken for its value.
    chosen = select(
        account.c.account_id, paper.c.paper_id, bindparam("at", type_=Instant), IS_COUNTING
    ).join_from(account, paper, paper.c.key == bindparam("called"))
    chosen = chosen.where(account.c.account_id == bindparam("of_account"))
    made = make(vote).from_select(list(vote.c.keys()), chosen).on_conflict_do_nothing()
    return made.returning(vote.c.paper_id, vote.c.is_counted)


_WITHDRAWN = (
    delete(vote)
    .where(vote.c.account_id == bindparam("of_account"), vote.c.paper_id == bindparam("of_it"))
    .returning(vote.c.paper_id, vote.c.is_counted)
)


def _at_once(change: Any, by: int, action: str, text: str) -> Executable:
    made = change.cte("made")
    counted = cast(made.c.is_counted, Integer) * by
    raised = _raised(made.c.paper_id, by, counted).returning(*SHOWN).cte("raised")
    in_categories = _raised_in_categories(made.c.paper_id, counted).cte("in_categories")
    entry: dict[str, Any] = {
        "logged_at": bindparam("at", type_=Instant),
        "account_id": cast(bindparam("of_account"), Integer),
        "action": literal(action),
        "subject": literal("paper:").concat(raised.c.key),
        "text": literal(text),
        "is_public": literal(False),
    }
    noted = insert(log_entry).from_select(list(entry), select(*entry.values())).cte("noted")
    # The paper's row is locked first, as this is what the statement answers with.
    return select(raised).add_cte(in_categories, noted)


def _change(alone: Any, for_postgresql: Any, by: int, action: str, text: str) -> VoteChange:
    return VoteChange(alone, _at_once(for_postgresql, by, action, text), by, action, text)


CAST = _change(_cast(sqlite.insert), _cast(postgresql.insert), 1, "cast-vote", "Voted for a paper.")
"""Casts a vote for the paper whose key is `called`, with `made_by`; nothing where there is one."""
WITHDRAW = _change(_WITHDRAWN, _WITHDRAWN, -1, "withdraw-vote", "Withdrew a vote for a paper.")
"""Deletes a vote for paper `of_it`."""
