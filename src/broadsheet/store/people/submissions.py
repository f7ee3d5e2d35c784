"""Rows of submissions: papers that people brought, and how those became papers of the library."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from broadsheet.doings import Decision, Submission
from broadsheet.domain import PaperRecord, Person
from broadsheet.errors import AlreadyHere, Conflict, InputError, NotFound
from broadsheet.record_json import record_from_json, record_to_json
from broadsheet.store.database import Database
from broadsheet.store.ingest import ingest, remove_records
from broadsheet.store.loading import in_chunks
from broadsheet.store.lookup import find_number
from broadsheet.store.merging import day_of
from broadsheet.store.people.verdicts import Verdict, write_verdict
from broadsheet.store.people_schema import account, submission
from broadsheet.store.schema import paper, record

SOURCE = "submission"


class SubmissionTable:
    """The submissions of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        account_id: int,
        key: str,
        records: Collection[PaperRecord],
        *,
        comment: str,
        state: Decision,
        now: datetime,
    ) -> Submission:
        """Keep what somebody brings; granted, it joins the edition of the day.

        `key` is the public key that the records give. Raises AlreadyHere where the library has the
        paper, Conflict where it waits already, InputError where the records cannot be taken in.
        """
        try:
            with self._database.write() as connection:
                _refuse_known(connection, key, records)
                body = orjson.dumps([record_to_json(each) for each in records]).decode()
                row = {"account_id": account_id, "key": key, "record": body, "comment": comment}
                number = connection.scalar(
                    insert(submission)
                    .values(state=state.value, submitted_at=now, reason="", **row)
                    .returning(submission.c.submission_id)
                )
                if state is Decision.GRANTED:
                    _join(connection, number or 0, key, records, now)
                return _find(connection, number or 0)
        except _Known as known:
            # What the records had changed is undone by now, so the paper has its own key again.
            raise AlreadyHere(
                "This paper is in the library already.", self._key(known.paper_id)
            ) from known

    def _key(self, paper_id: int) -> str:
        with self._database.read() as connection:
            wanted = select(paper.c.key).where(paper.c.paper_id == paper_id)
            return connection.scalar(wanted) or ""

    def find(self, submission_id: int) -> Submission:
        """One submission. Raises NotFound."""
        with self._database.read() as connection:
            return _find(connection, submission_id)

    def of_account(
        self, account_id: int, limit: int, before: int | None = None
    ) -> list[Submission]:
        """What an account has brought, newest first; `before` is the number of a submission."""
        wanted = _wanted().where(submission.c.account_id == account_id)
        if before is not None:
            wanted = wanted.where(submission.c.submission_id < before)
        return self._read(wanted.order_by(submission.c.submission_id.desc()).limit(limit))

    def in_state(self, state: Decision, limit: int) -> list[Submission]:
        """Submissions of a state: those that wait, oldest first; others, last decided first."""
        wanted = _wanted().where(submission.c.state == state.value)
        if state is Decision.PENDING:
            return self._read(wanted.order_by(submission.c.submission_id).limit(limit))
        last = func.coalesce(submission.c.decided_at, submission.c.submitted_at).desc()
        return self._read(wanted.order_by(last, submission.c.submission_id.desc()).limit(limit))

    def count(self, state: Decision) -> int:
        """How many submissions are in a state."""
        counted = select(func.count()).select_from(submission)
        with self._database.read() as connection:
            return connection.scalar(counted.where(submission.c.state == state.value)) or 0

    def _read(self, wanted: Select[Any]) -> list[Submission]:
        with self._database.read() as connection:
            return [_submission(row) for row in connection.execute(wanted)]

    def of_paper(self, paper_id: int) -> Submission | None:
        """The first submission that a paper is here by."""
        wanted = _wanted().where(
            submission.c.paper_id == paper_id, submission.c.state == Decision.GRANTED.value
        )
        found = self._read(wanted.order_by(submission.c.submission_id).limit(1))
        return found[0] if found else None

    def bringers(self, paper_ids: Iterable[int]) -> dict[int, Person]:
        """Who brought these papers, where somebody did; one query for thousands."""
        found: dict[int, Person] = {}
        with self._database.read() as connection:
            for chunk in in_chunks(paper_ids):
                wanted = (
                    select(submission.c.paper_id, account.c.name, account.c.full_name)
                    .join(account, account.c.account_id == submission.c.account_id)
                    .where(submission.c.paper_id.in_(chunk))
                    .where(submission.c.state == Decision.GRANTED.value)
                    .order_by(submission.c.submission_id.desc())
                )
                for row in connection.execute(wanted):  # the first submission is read last
                    found[row.paper_id] = Person(row.name, row.full_name or row.name)
        return found

    def withdraw(self, submission_id: int, now: datetime) -> Submission:
        """Take a submission back. Raises Conflict unless it waits."""
        with self._database.write() as connection:
            _settle(
                connection,
                submission_id,
                (Decision.PENDING,),
                state=Decision.WITHDRAWN.value,
                decided_at=now,
            )
            return _find(connection, submission_id)

    def grant(self, submission_id: int, verdict: Verdict) -> Submission:
        """Let a submission join the edition of the day, or lead to the paper that came meanwhile.

        Raises Conflict where it is not open to that, InputError where its records cannot be used.
        """
        with self._database.write() as connection:
            found = _find(connection, submission_id)
            states = (Decision.PENDING, Decision.DECLINED)
            _settle(connection, submission_id, states, **_values(verdict))
            try:
                with connection.begin_nested():
                    _refuse_paper(connection, found.key, found.records)
                    _join(connection, submission_id, found.key, found.records, verdict.now)
            except _Known as known:
                _lead(connection, submission_id, known.paper_id)
            return _decided(connection, submission_id, verdict)

    def decline(self, submission_id: int, verdict: Verdict) -> Submission:
        """Decline a submission; what it had brought leaves, unless other sources know it too.

        Raises Conflict where it is declined or withdrawn already.
        """
        with self._database.write() as connection:
            found = _find(connection, submission_id)
            states = (Decision.PENDING, Decision.GRANTED)
            _settle(connection, submission_id, states, **_values(verdict))
            if found.state is Decision.GRANTED:
                remove_records(connection, [_name(each) for each in found.records], verdict.now)
                _lead(connection, submission_id, None)
            return _decided(connection, submission_id, verdict)


class _Known(Exception):
    """The library has the paper."""

    def __init__(self, paper_id: int) -> None:
        super().__init__(paper_id)
        self.paper_id = paper_id


def _refuse_known(connection: Connection, key: str, records: Collection[PaperRecord]) -> None:
    _refuse_paper(connection, key, records)
    waits = select(submission.c.submission_id).where(
        submission.c.key == key, submission.c.state == Decision.PENDING.value
    )
    if connection.scalar(waits.limit(1)) is not None:
        raise Conflict("This paper has been submitted already and waits for an editor.")


def _refuse_paper(connection: Connection, key: str, records: Collection[PaperRecord]) -> None:
    names = (name for each in records for name in (each.arxiv_id, each.doi) if name)
    for name in (key, *names):
        number = find_number(connection, name)
        if number is not None:
            raise _Known(number)


def _join(
    connection: Connection,
    submission_id: int,
    key: str,
    records: Collection[PaperRecord],
    now: datetime,
) -> None:
    """Take the records in as a new paper of today. Raises _Known where they are an old one."""
    today = day_of(now)
    dated = [replace(one, listed_on=today) if one.source == SOURCE else one for one in records]
    counts, rejects = ingest(connection, dated, now)
    if rejects:
        raise InputError(rejects[0].reason)
    own = (record.c.source == SOURCE) & (record.c.record_id == key)
    number = connection.scalar(select(record.c.paper_id).where(own))
    if number is None:
        raise InputError("The paper could not be taken in.")
    if not counts.new:
        raise _Known(number)
    _lead(connection, submission_id, number)


def _lead(connection: Connection, submission_id: int, paper_id: int | None) -> None:
    connection.execute(
        update(submission)
        .where(submission.c.submission_id == submission_id)
        .values(paper_id=paper_id)
    )


def _settle(
    connection: Connection, submission_id: int, states: tuple[Decision, ...], **values: Any
) -> None:
    changed = connection.execute(
        update(submission)
        .where(
            submission.c.submission_id == submission_id,
            submission.c.state.in_([state.value for state in states]),
        )
        .values(values)
    )
    if not changed.rowcount:
        state = _find(connection, submission_id).state.value
        raise Conflict(f"This submission is {state} already, so this cannot be done.")


def _values(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.state.value,
        "decided_at": verdict.now,
        "decided_by": verdict.decided_by,
        "reason": verdict.reason,
    }


def _decided(connection: Connection, submission_id: int, verdict: Verdict) -> Submission:
    found = _find(connection, submission_id)
    write_verdict(
        connection,
        verdict,
        account_id=found.account_id,
        kind="decision",
        name=f"submission:{submission_id}",
        subject=f"submission:{submission_id}",
        paper_id=found.paper_id,
    )
    return found


def _name(one: PaperRecord) -> tuple[str, str]:
    return one.source, one.record_id


def _wanted() -> Select[Any]:
    return (
        select(submission, account.c.name, account.c.full_name, paper.c.key.label("paper_key"))
        .join(account, account.c.account_id == submission.c.account_id, isouter=True)
        .join(paper, paper.c.paper_id == submission.c.paper_id, isouter=True)
    )


def _find(connection: Connection, submission_id: int) -> Submission:
    wanted = _wanted().where(submission.c.submission_id == submission_id)
    row = connection.execute(wanted).first()
    if row is None:
        raise NotFound("There is no such submission.")
    return _submission(row)


def _submission(row: Row[Any]) -> Submission:
    records = tuple(record_from_json(each) for each in orjson.loads(row.record))
    return Submission(
        submission_id=row.submission_id,
        account_id=row.account_id,
        paper_id=row.paper_id,
        title=records[0].title,
        comment=row.comment,
        state=Decision(row.state),
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        key=row.key,
        paper_key=row.paper_key,
        records=records,
        name=row.name or "",
        shown_name=row.full_name or row.name or "",
    )
