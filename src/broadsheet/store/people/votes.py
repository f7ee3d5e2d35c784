"""Rows of votes and the counters of papers that follow from them, changed together.

Who may vote, and how often, is the matter of `community.votes`. Which votes order lists is said
here, once: those of `is_counting` accounts; the others are kept and counted when they become so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    func,
    select,
    type_coerce,
    update,
)

from broadsheet.doings import Tally, VoteDay
from broadsheet.errors import NotFound
from broadsheet.store.database import Database
from broadsheet.store.lookup import find_number
from broadsheet.store.people.log import write_entry
from broadsheet.store.people.throttles import count_windows
from broadsheet.store.people.vote_statements import (
    CAST,
    COUNTS_AFTER,
    IS_COUNTING,
    RAISED,
    RAISED_AND_SHOWN,
    RAISED_IN_CATEGORIES,
    SHOWN,
    WITHDRAW,
    VoteChange,
)
from broadsheet.store.people_schema import account, vote
from broadsheet.store.schema import paper

MOST_NAMES = 1_000
"""The history of a paper names no more voters, the latest."""
_DAY = 24 * 3600 * 1_000_000
_BATCH = 5_000
Admit = Callable[[Callable[[Sequence[tuple[str, datetime]]], list[int]]], None]


class VoteTable:
    """The votes of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cast(self, account_id: int, key: str, now: datetime, admit: Admit) -> Tally:
        """Vote for the paper of any of its names; once, however often. Raises NotFound.

        `admit` is called first, with a function that counts windows of the throttle.
        """
        with self._database.write(beside_others=True) as connection:
            admit(lambda windows: count_windows(connection, windows, now))
            values = {"of_account": account_id, "at": now, "made_by": now - COUNTS_AFTER}
            done = self._change(connection, CAST, {**values, "called": key})
            if done is None:  # the key is a former one, or there is a vote already
                paper_id = number_of(connection, key)
                values["called"] = _key(connection, paper_id)
                done = self._change(connection, CAST, values)
            return done or _tally(connection, paper_id, is_on=True)

    def withdraw(self, account_id: int, key: str, now: datetime, admit: Admit) -> Tally:
        """Take a vote back, if there is one. Raises as `cast`."""
        with self._database.write(beside_others=True) as connection:
            admit(lambda windows: count_windows(connection, windows, now))
            paper_id = number_of(connection, key)
            values = {"of_account": account_id, "of_it": paper_id, "at": now}
            done = self._change(connection, WITHDRAW, values)
            return done or _tally(connection, paper_id, is_on=False)

    def _change(
        self, connection: Connection, change: VoteChange, values: dict[str, Any]
    ) -> Tally | None:
        """Write or delete a vote, raise the paper's counters, leave a trace; None without one.

        On PostgreSQL in one statement: a paper that many vote for is locked while it runs.
        """
        if not self._database.is_sqlite:
            row = connection.execute(change.at_once, values).first()
        else:
            row = connection.execute(change.alone, values).first()
            if row is not None:
                row = _follow(connection, change, row, values)
        if row is None:
            return None
        is_on = change.by > 0
        return Tally(row.paper_id, row.key, is_on, row.shown, row.people_votes, has_changed=True)

    def voted(self, account_id: int, paper_ids: Collection[int]) -> frozenset[int]:
        """Those of the papers that an account votes for."""
        wanted = select(vote.c.paper_id).where(
            vote.c.account_id == account_id, vote.c.paper_id.in_(paper_ids)
        )
        with self._database.read() as connection:
            return frozenset(connection.scalars(wanted))

    def of_account(
        self, account_id: int, limit: int | None = None, offset: int = 0
    ) -> tuple[list[tuple[int, datetime]], int]:
        """The papers that an account votes for and since when, latest first; and their number."""
        of_account = vote.c.account_id == account_id
        wanted = (
            select(vote.c.paper_id, vote.c.voted_at)
            .where(of_account)
            .order_by(vote.c.voted_at.desc(), vote.c.paper_id.desc())
            .limit(limit)
            .offset(offset)
        )
        with self._database.read() as connection:
            total = connection.scalar(select(func.count()).select_from(vote).where(of_account))
            return [(row[0], row[1]) for row in connection.execute(wanted)], total or 0

    def history(self, paper_id: int) -> list[VoteDay]:
        """The votes of our people on a paper by day, newest first; who votes in public is named."""
        day = (type_coerce(vote.c.voted_at, BigInteger) // _DAY).label("day")
        counted = func.count().filter(vote.c.is_counted.is_(True)).label("counted")
        of_paper = vote.c.paper_id == paper_id
        days = select(day, func.count().label("votes"), counted).where(of_paper).group_by(day)
        named = (
            select(day, account.c.name)
            .join(account, account.c.account_id == vote.c.account_id)
            .where(of_paper, account.c.are_votes_public.is_(True), account.c.suspended_at.is_(None))
            .order_by(vote.c.voted_at.desc(), account.c.name)
            .limit(MOST_NAMES)
        )
        names: defaultdict[int, list[str]] = defaultdict(list)
        with self._database.read() as connection:
            for row in connection.execute(named):
                names[row.day].append(row.name)
            rows = connection.execute(days.order_by(day.desc())).all()
        return [
            VoteDay(_day(row.day), row.votes, row.counted, tuple(names[row.day])) for row in rows
        ]

    def count_matured(self, now: datetime) -> int:
        """Count the votes whose accounts have come to count; how many there were."""
        total = 0
        while True:
            with self._database.write() as connection:
                done = _settle(connection, now, vote.c.is_counted.is_(False))
            total += done
            if done < _BATCH:
                return total

    def has_matured(self, now: datetime) -> bool:
        """Whether `count_matured` has anything to do; asks without writing."""
        wanted = _unsettled(now).where(vote.c.is_counted.is_(False)).limit(1)
        with self._database.read() as connection:
            return connection.execute(wanted).first() is not None


def settle_votes(connection: Connection, account_id: int, now: datetime) -> int:
    """Count an account's votes, or stop counting them, as the account now is.

    For the transaction that verifies, suspends, approves or promotes an account, after its row has
    changed. Gives how many votes it changed.
    """
    total = 0
    while done := _settle(connection, now, vote.c.account_id == account_id):
        total += done
    return total


def forget_votes(connection: Connection, account_id: int) -> int:
    """Delete an account's votes, for the transaction that deletes the account; how many."""
    gone = delete(vote).where(vote.c.account_id == account_id)
    rows = connection.execute(gone.returning(vote.c.paper_id, vote.c.is_counted)).all()
    _add_many(connection, {row.paper_id: (-1, -int(row.is_counted)) for row in rows})
    return len(rows)


def number_of(connection: Connection, key: str) -> int:
    """The number of the paper of any of its names. Raises NotFound."""
    found = find_number(connection, key)
    if found is None:
        raise NotFound(f"There is no paper “{key:.100}” in this library.")
    return found


def _unsettled(now: datetime) -> Any:
    """Votes that are counted and should not be, or the other way round."""
    return (
        select(vote.c.account_id, vote.c.paper_id, vote.c.is_counted)
        .join(account, account.c.account_id == vote.c.account_id)
        .where(vote.c.is_counted != IS_COUNTING)
        .params(made_by=now - COUNTS_AFTER)
    )


def _settle(connection: Connection, now: datetime, condition: ColumnElement[bool]) -> int:
    rows = connection.execute(_unsettled(now).where(condition).limit(_BATCH)).all()
    if not rows:
        return 0
    is_it = (vote.c.account_id == bindparam("of_account")) & (vote.c.paper_id == bindparam("of_it"))
    connection.execute(
        update(vote).where(is_it).values(is_counted=bindparam("to")),
        [{"of_account": r.account_id, "of_it": r.paper_id, "to": not r.is_counted} for r in rows],
    )
    changes: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        changes[row.paper_id] += -1 if row.is_counted else 1
    _add_many(connection, {paper_id: (0, counted) for paper_id, counted in changes.items()})
    return len(rows)


def _follow(
    connection: Connection, change: VoteChange, made: Row[Any], values: dict[str, Any]
) -> Row[Any]:
    """What follows from a change of a vote: counters and trace."""
    counted = change.by * int(made.is_counted)
    raised = {"of_it": made.paper_id, "by_votes": change.by, "by": counted}
    row = connection.execute(RAISED_AND_SHOWN, raised).one()
    if counted:
        connection.execute(RAISED_IN_CATEGORIES, {"of_it": made.paper_id, "by": counted})
    write_entry(
        connection,
        account_id=values["of_account"],
        action=change.action,
        subject=f"paper:{row.key}",
        text=change.text,
        is_public=False,
        now=values["at"],
    )
    return row


def _add_many(connection: Connection, changes: Mapping[int, tuple[int, int]]) -> None:
    """Raise the counters of many papers by (votes, counted votes); for the only writer."""
    rows = [
        {"of_it": paper_id, "by_votes": votes, "by": counted}
        for paper_id, (votes, counted) in sorted(changes.items())
    ]
    if rows:
        connection.execute(RAISED, rows)
        in_categories = [{"of_it": row["of_it"], "by": row["by"]} for row in rows]
        connection.execute(RAISED_IN_CATEGORIES, in_categories)


def _key(connection: Connection, paper_id: int) -> str:
    key: str = connection.scalars(select(paper.c.key).where(paper.c.paper_id == paper_id)).one()
    return key


def _tally(connection: Connection, paper_id: int, *, is_on: bool) -> Tally:
    """The votes of a paper on which nothing has changed."""
    row = connection.execute(select(*SHOWN).where(paper.c.paper_id == paper_id)).one()
    return Tally(paper_id, row.key, is_on, row.shown, row.people_votes, has_changed=False)


def _day(number: int) -> date:
    return datetime.fromtimestamp(number * 24 * 3600, UTC).date()
