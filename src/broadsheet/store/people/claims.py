"""Rows of claims to papers, and the records that granted authors add to theirs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from broadsheet.doings import Claim, Decision
from broadsheet.domain import PaperRecord
from broadsheet.errors import Conflict, InputError, NotFound
from broadsheet.people import Role
from broadsheet.store.database import Database
from broadsheet.store.ingest import ingest, remove_records
from broadsheet.store.loading import in_chunks
from broadsheet.store.people.log import write_entry
from broadsheet.store.people.verdicts import Verdict, write_verdict
from broadsheet.store.people_schema import account, paper_claim
from broadsheet.store.schema import paper, record

SOURCE = "author"
_OPEN = (Decision.PENDING, Decision.APPEALED)
_AGAIN = "You have claimed this paper already; the claim is {state}."


def record_id_of(claim_id: int) -> str:
    """What the record of a claim's additions is called."""
    return f"claim-{claim_id}"


class ClaimTable:
    """The claims of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, claim: Claim, verdict: Verdict | None) -> Claim:
        """Keep a claim; a withdrawn one of the same account and paper is replaced.

        `verdict` is the rules' own, where they decide at once. Raises Conflict for a claim that
        stands already.
        """
        values = {
            "author": claim.author,
            "evidence": claim.evidence,
            "message": claim.message,
            "state": claim.state.value,
            "claimed_at": claim.claimed_at,
            "decided_at": verdict.now if verdict else None,
            "decided_by": None,
            "reason": verdict.reason if verdict else "",
            "appeal": "",
        }
        try:
            with self._database.write() as connection:
                number = _put(connection, claim, values)
                return _decided(connection, number, verdict)
        except IntegrityError as error:
            raise Conflict(_AGAIN.format(state="made")) from error

    def find(self, claim_id: int) -> Claim:
        """One claim. Raises NotFound."""
        with self._database.read() as connection:
            return _find(connection, claim_id)

    def between(self, paper_id: int, account_id: int) -> Claim | None:
        """The claim of an account to a paper."""
        wanted = _wanted().where(
            paper_claim.c.paper_id == paper_id, paper_claim.c.account_id == account_id
        )
        return next(iter(self._read(wanted)), None)

    def of_account(self, account_id: int) -> list[Claim]:
        """The claims of an account, newest first."""
        wanted = _wanted().where(paper_claim.c.account_id == account_id)
        return self._read(wanted.order_by(paper_claim.c.claim_id.desc()))

    def granted(self, paper_ids: Iterable[int]) -> list[Claim]:
        """The granted claims to these papers, in the order they were made."""
        found: list[Claim] = []
        for chunk in in_chunks(paper_ids):
            wanted = _wanted().where(
                paper_claim.c.paper_id.in_(chunk),
                paper_claim.c.state == Decision.GRANTED.value,
            )
            found.extend(self._read(wanted.order_by(paper_claim.c.claim_id)))
        return found

    def open(self, limit: int) -> list[Claim]:
        """Claims and appeals that wait for a moderator, oldest first."""
        wanted = _wanted().where(paper_claim.c.state.in_([state.value for state in _OPEN]))
        return self._read(wanted.order_by(paper_claim.c.claim_id).limit(limit))

    def decided(self, limit: int) -> list[Claim]:
        """The claims decided last."""
        wanted = _wanted().where(paper_claim.c.decided_at.is_not(None))
        wanted = wanted.where(paper_claim.c.state.not_in([state.value for state in _OPEN]))
        return self._read(wanted.order_by(paper_claim.c.decided_at.desc()).limit(limit))

    def count_open(self) -> int:
        """How many claims and appeals wait."""
        counted = select(func.count()).select_from(paper_claim)
        is_open = paper_claim.c.state.in_([state.value for state in _OPEN])
        with self._database.read() as connection:
            return connection.scalar(counted.where(is_open)) or 0

    def other_moderators(self, *without: int) -> int:
        """How many accounts could decide a claim besides these."""
        roles = [role.label for role in Role if role >= Role.MODERATOR]
        counted = select(func.count()).select_from(account)
        able = counted.where(
            account.c.role.in_(roles),
            account.c.suspended_at.is_(None),
            account.c.is_approved.is_(True),
            account.c.account_id.not_in(without),
        )
        with self._database.read() as connection:
            return connection.scalar(able) or 0

    def decide(self, claim_id: int, states: tuple[Decision, ...], verdict: Verdict) -> Claim:
        """Decide a claim that is in one of the states; what its author added goes with a grant.

        Raises Conflict where it is in another state by now.
        """
        with self._database.write() as connection:
            before = _find(connection, claim_id)
            _settle(
                connection,
                before,
                states,
                state=verdict.state.value,
                decided_at=verdict.now,
                decided_by=verdict.decided_by,
                reason=verdict.reason,
            )
            if before.state is Decision.GRANTED:
                _drop_additions(connection, before.paper_id, claim_id, verdict.now)
            return _decided(connection, claim_id, verdict)

    def appeal(self, claim_id: int, text: str) -> Claim:
        """Ask for another decision. Raises Conflict where that is not, or no longer, possible."""
        with self._database.write() as connection:
            found = _find(connection, claim_id)
            if found.appeal:
                raise Conflict("The appeal has been decided; there is one appeal to a claim.")
            _settle(
                connection,
                found,
                (Decision.DECLINED,),
                state=Decision.APPEALED.value,
                appeal=text,
            )
            return _find(connection, claim_id)

    def withdraw(self, claim_id: int, now: datetime) -> Claim:
        """Take a claim back, with what was added by it. Raises Conflict where it is over."""
        with self._database.write() as connection:
            found = _find(connection, claim_id)
            states = (*_OPEN, Decision.GRANTED)
            _settle(
                connection,
                found,
                states,
                state=Decision.WITHDRAWN.value,
                decided_at=now,
                decided_by=found.account_id,
            )
            _drop_additions(connection, found.paper_id, claim_id, now)
            return _find(connection, claim_id)

    def put_additions(
        self, claim: Claim, addition: PaperRecord | None, *, text: str, now: datetime
    ) -> None:
        """Replace what an author added to a paper; None takes it away.

        Raises Conflict where the claim is granted no more, InputError where it cannot be kept.
        """
        with self._database.write() as connection:
            found = _find(connection, claim.claim_id)
            if found.state is not Decision.GRANTED:
                raise Conflict("This claim is granted no more, so nothing was changed.")
            if addition is None:
                _drop_additions(connection, found.paper_id, claim.claim_id, now)
            else:
                _, rejects = ingest(connection, [addition], now)
                if rejects:
                    raise InputError(rejects[0].reason)
                _drop_additions(connection, found.paper_id, None, now)
            write_entry(
                connection,
                account_id=claim.account_id,
                action="author-links",
                subject=f"paper:{found.paper_key}",
                text=text,
                is_public=True,
                now=now,
            )

    def _read(self, wanted: Select[Any]) -> list[Claim]:
        with self._database.read() as connection:
            return [_claim(row) for row in connection.execute(wanted)]


def remove_additions(connection: Connection, account_id: int, now: datetime) -> None:
    """Take away what an account has added to its papers, as when it leaves."""
    own = select(paper_claim.c.claim_id).where(paper_claim.c.account_id == account_id)
    names = [(SOURCE, record_id_of(claim_id)) for claim_id in connection.scalars(own)]
    if names:
        remove_records(connection, names, now)


def _drop_additions(
    connection: Connection, paper_id: int, claim_id: int | None, now: datetime
) -> None:
    """Take away what was added by a claim, and by claims that are no more.

    Of two claims of one account that meet when papers merge, one stays; its record covers both.
    """
    of_paper = select(record.c.record_id).where(
        record.c.source == SOURCE, record.c.paper_id == paper_id
    )
    claims = select(paper_claim.c.claim_id).where(paper_claim.c.paper_id == paper_id)
    living = {record_id_of(number) for number in connection.scalars(claims)}
    own = {record_id_of(claim_id)} if claim_id is not None else set()
    gone = set(connection.scalars(of_paper)) - (living - own)
    if gone:
        remove_records(connection, [(SOURCE, name) for name in gone], now)


def _put(connection: Connection, claim: Claim, values: dict[str, Any]) -> int:
    own = (paper_claim.c.paper_id == claim.paper_id) & (
        paper_claim.c.account_id == claim.account_id
    )
    row = connection.execute(select(paper_claim).where(own)).first()
    if row is not None and row.state != Decision.WITHDRAWN.value:
        raise Conflict(_AGAIN.format(state=row.state))
    _refuse_taken(connection, claim)
    if row is not None:
        connection.execute(update(paper_claim).where(own).values(values))
        number: int = row.claim_id
        return number
    made = insert(paper_claim).values(
        paper_id=claim.paper_id, account_id=claim.account_id, **values
    )
    return connection.scalar(made.returning(paper_claim.c.claim_id)) or 0


def _refuse_taken(connection: Connection, claim: Claim) -> None:
    """Raise Conflict where another account is known to be this author."""
    other = connection.scalar(
        select(account.c.name)
        .join(paper_claim, paper_claim.c.account_id == account.c.account_id)
        .where(
            paper_claim.c.paper_id == claim.paper_id,
            paper_claim.c.author == claim.author,
            paper_claim.c.state == Decision.GRANTED.value,
            paper_claim.c.account_id != claim.account_id,
        )
    )
    if other is not None:
        raise Conflict(
            f"{claim.author} of this paper is {other} here: that claim was granted. If it is not "
            "rightful, tell the moderators."
        )


def _settle(
    connection: Connection, found: Claim, states: tuple[Decision, ...], **values: Any
) -> None:
    if found.state not in states:
        raise Conflict(f"This claim is {found.state.value}, so this cannot be done.")
    if values["state"] == Decision.GRANTED.value:
        _refuse_taken(connection, found)
    connection.execute(
        update(paper_claim).where(paper_claim.c.claim_id == found.claim_id).values(values)
    )


def _decided(connection: Connection, claim_id: int, verdict: Verdict | None) -> Claim:
    found = _find(connection, claim_id)
    if verdict is not None:
        write_verdict(
            connection,
            verdict,
            account_id=found.account_id,
            kind="claim",
            name=f"claim:{claim_id}",
            subject=f"paper:{found.paper_key}",
            paper_id=found.paper_id,
        )
    return found


def _wanted() -> Select[Any]:
    return (
        select(paper_claim, account.c.name, account.c.full_name, paper.c.key.label("paper_key"))
        .join(account, account.c.account_id == paper_claim.c.account_id)
        .join(paper, paper.c.paper_id == paper_claim.c.paper_id)
    )


def _find(connection: Connection, claim_id: int) -> Claim:
    row = connection.execute(_wanted().where(paper_claim.c.claim_id == claim_id)).first()
    if row is None:
        raise NotFound("There is no such claim.")
    return _claim(row)


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        claim_id=row.claim_id,
        paper_id=row.paper_id,
        account_id=row.account_id,
        author=row.author,
        evidence=row.evidence,
        message=row.message,
        state=Decision(row.state),
        claimed_at=row.claimed_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        appeal=row.appeal,
        name=row.name,
        shown_name=row.full_name or row.name,
        paper_key=row.paper_key,
    )
