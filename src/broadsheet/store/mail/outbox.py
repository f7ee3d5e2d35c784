"""The outbox: each message once by its unique key, claimed by one worker, marked when handed over.

A row is `handing` from before its bytes leave until its outcome is written. One transaction writes
the outcome of one message and takes the next, so at most one message for each connection is ever
in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, true, update
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from broadsheet.mail import MailState, OutboxMail
from broadsheet.store.database import Database
from broadsheet.store.mail.suppression import is_suppressed, suppress
from broadsheet.store.mail_schema import outbox
from broadsheet.subscriptions.addresses import address_key

_COMPRESSION_LEVEL = 3
_LARGEST_MESSAGE = 30 * 2**20
_FINISHED = (MailState.SENT, MailState.REFUSED, MailState.EXPIRED, MailState.CANCELLED)


@dataclass(frozen=True, slots=True)
class NewMail:
    """A composed message on its way into the outbox."""

    kind: str
    address: str
    unique_key: str
    message_id: str
    message: bytes
    due_at: datetime
    subscriber_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claimed mail.

    With state WAITING it is tried again at `due_at`; `is_attempt` counts the try. A reason in
    `suppress_because` stops its address.
    """

    outbox_id: int
    state: MailState
    error: str = ""
    due_at: datetime | None = None
    is_attempt: bool = True
    suppress_because: str = ""


class Outbox:
    """The messages of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, mail: NewMail, now: datetime) -> bool:
        """Queue a message; False when its key was used before or its address is suppressed."""
        with self._database.write() as connection:
            return bool(put_mails(connection, [mail], now))

    def take(
        self, claim: str, *, now: datetime, until: datetime, done: Sequence[Outcome] = ()
    ) -> OutboxMail | None:
        """Write outcomes of this claim, then take the mail that is due for longest, if any."""
        with self._database.write() as connection:
            for outcome in done:
                _finish(connection, outcome, now, outbox.c.claim == claim)
            return _take(connection, claim, now, until)

    def finish(self, claim: str, done: Sequence[Outcome], now: datetime) -> None:
        """Write outcomes of this claim; those of mails that are no longer its own are dropped."""
        with self._database.write() as connection:
            for outcome in done:
                _finish(connection, outcome, now, outbox.c.claim == claim)

    def in_hand(self) -> list[tuple[OutboxMail, datetime]]:
        """The mails that workers hold, or held when they died, each with the end of its claim."""
        wanted = select(outbox).where(outbox.c.state == MailState.HANDING.value)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(outbox.c.outbox_id)).all()
        return [(_read(row, b""), row.claimed_until) for row in rows]

    def is_due(self, now: datetime) -> bool:
        """Whether any mail is due and free."""
        with self._database.read() as connection:
            return (
                connection.scalar(select(outbox.c.outbox_id).where(_is_due(now)).limit(1))
                is not None
            )

    def next_due_at(self) -> datetime | None:
        """When the next waiting mail is due."""
        wanted = select(func.min(outbox.c.due_at)).where(outbox.c.state == MailState.WAITING.value)
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(wanted)
        return found

    def counts(self) -> dict[MailState, int]:
        """How many mails stand in each state."""
        wanted = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        with self._database.read() as connection:
            return {MailState(row[0]): row[1] for row in connection.execute(wanted)}

    def troubled(self, limit: int = 50) -> list[OutboxMail]:
        """The mails with an error, those still waiting first, then the latest."""
        wanted = select(outbox).where(outbox.c.last_error != "")
        order = (outbox.c.finished_at.isnot(None), outbox.c.outbox_id.desc())
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(*order).limit(limit)).all()
        return [_read(row, b"") for row in rows]

    def by_message_id(self, message_id: str) -> OutboxMail | None:
        """The mail that was sent under a Message-ID, without its message."""
        wanted = select(outbox).where(outbox.c.message_id == message_id)
        with self._database.read() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else _read(row, b"")

    def count_since(self, address: str, kind: str, since: datetime) -> int:
        """How many mails of a kind were queued for an address since an instant."""
        wanted = select(func.count()).where(
            outbox.c.address_key == address_key(address),
            outbox.c.kind == kind,
            outbox.c.created_at >= since,
        )
        with self._database.read() as connection:
            return connection.scalar(wanted) or 0

    def retry_unknown(self, now: datetime) -> int:
        """Send the mails of unknown fate again, whatever their readers have got; how many."""
        unknown = update(outbox).where(
            outbox.c.state == MailState.UNKNOWN.value, outbox.c.message.isnot(None)
        )
        values = {"state": MailState.WAITING.value, "due_at": now, "finished_at": None}
        with self._database.write() as connection:
            return connection.execute(unknown.values(values)).rowcount

    def forget_before(self, instant: datetime) -> int:
        """Blank the addresses of mails finished before an instant; how many.

        Kind, times and the key stay, so that no digest is ever queued again.
        """
        old = update(outbox).where(outbox.c.finished_at < instant, outbox.c.address != "")
        with self._database.write() as connection:
            return connection.execute(old.values(address="", address_key="", message=None)).rowcount


def put_mails(connection: Connection, mails: Sequence[NewMail], now: datetime) -> set[str]:
    """Queue messages within a transaction of the only writer; the keys that were new.

    A key that was used before is left out, and so is an address that is suppressed.
    """
    keys = [mail.unique_key for mail in mails]
    used = set(connection.scalars(select(outbox.c.unique_key).where(outbox.c.unique_key.in_(keys))))
    fresh = {
        mail.unique_key: mail
        for mail in mails
        if mail.unique_key not in used and not is_suppressed(connection, address_key(mail.address))
    }
    if fresh:
        connection.execute(insert(outbox), [_row(mail, now) for mail in fresh.values()])
    return set(fresh)


def _row(mail: NewMail, now: datetime) -> dict[str, Any]:
    return {
        "unique_key": mail.unique_key,
        "kind": mail.kind,
        "subscriber_id": mail.subscriber_id,
        "address": mail.address,
        "address_key": address_key(mail.address),
        "message_id": mail.message_id,
        "message": ZstdCompressor(level=_COMPRESSION_LEVEL).compress(mail.message),
        "state": MailState.WAITING.value,
        "due_at": mail.due_at,
        "created_at": now,
        "attempts": 0,
        "last_error": "",
    }


def _is_due(now: datetime) -> Any:
    return and_(outbox.c.state == MailState.WAITING.value, outbox.c.due_at <= now)


def _take(connection: Connection, claim: str, now: datetime, until: datetime) -> OutboxMail | None:
    while True:
        order = outbox.c.due_at, outbox.c.outbox_id
        row = connection.execute(
            select(outbox).where(_is_due(now)).order_by(*order).limit(1)
        ).first()
        if row is None:
            return None
        try:
            message = ZstdDecompressor().decompress(row.message or b"", _LARGEST_MESSAGE)
        except ZstdError:
            damaged = Outcome(row.outbox_id, MailState.REFUSED, "The kept message is damaged.")
            _finish(connection, damaged, now, true())
            continue
        connection.execute(
            update(outbox)
            .where(outbox.c.outbox_id == row.outbox_id)
            .values(state=MailState.HANDING.value, claim=claim, claimed_until=until)
        )
        return _read(row, message)


def _finish(connection: Connection, outcome: Outcome, now: datetime, is_own: Any) -> None:
    row = outbox.c.outbox_id == outcome.outbox_id
    values: dict[str, Any] = {
        "state": outcome.state.value,
        "last_error": outcome.error,
        "claim": None,
        "claimed_until": None,
        "attempts": outbox.c.attempts + int(outcome.is_attempt),
    }
    if outcome.state is MailState.WAITING:
        values["due_at"] = outcome.due_at or now
    else:
        values["finished_at"] = now
    if outcome.state in _FINISHED:
        values["message"] = None
    found = select(outbox.c.address_key).where(row, is_own)
    key: str | None = connection.scalar(found)
    if key is None:
        return
    connection.execute(update(outbox).where(row, is_own).values(values))
    if outcome.suppress_because:
        suppress(connection, key, outcome.suppress_because, now)


def _read(row: Row[Any], message: bytes) -> OutboxMail:
    return OutboxMail(
        outbox_id=row.outbox_id,
        kind=row.kind,
        address=row.address,
        message=message,
        message_id=row.message_id,
        state=MailState(row.state),
        due_at=row.due_at,
        created_at=row.created_at,
        attempts=row.attempts,
        subscriber_id=row.subscriber_id,
        last_error=row.last_error,
        claim=row.claim,
    )
