"""Addresses that must not be written to, and why; whatever waits for them is cancelled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from broadsheet.mail import MailState, SubscriberState
from broadsheet.store.database import Database
from broadsheet.store.mail_schema import outbox, subscriber, suppression
from broadsheet.subscriptions.addresses import address_key


class Suppression:
    """The addresses that are not written to; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, address: str, reason: str, now: datetime) -> None:
        """Write to an address no more: its subscription stops, its waiting mails are cancelled."""
        with self._database.write() as connection:
            suppress(connection, address_key(address), reason, now)

    def lift(self, address: str) -> bool:
        """Allow an address again; whether it was suppressed. Subscriptions stay stopped."""
        wanted = delete(suppression).where(suppression.c.address_key == address_key(address))
        with self._database.write() as connection:
            return connection.execute(wanted).rowcount > 0

    def reason(self, address: str) -> str | None:
        """Why an address is not written to; None where it may be."""
        wanted = select(suppression.c.reason).where(
            suppression.c.address_key == address_key(address)
        )
        with self._database.read() as connection:
            found: str | None = connection.scalar(wanted)
        return found

    def count(self) -> int:
        """How many addresses are suppressed."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(suppression)) or 0


def suppress(connection: Connection, key: str, reason: str, now: datetime) -> None:
    """Suppress an address within a transaction; the first reason stays."""
    if is_suppressed(connection, key):
        return
    connection.execute(
        insert(suppression).values(address_key=key, reason=reason, suppressed_at=now)
    )
    connection.execute(
        update(subscriber)
        .where(subscriber.c.address_key == key, subscriber.c.state != SubscriberState.LEFT)
        .values(state=SubscriberState.STOPPED.value, due_at=None)
    )
    cancel_waiting(connection, key, f"Not sent: {reason}", now)


def is_suppressed(connection: Connection, key: str) -> bool:
    """Whether an address must not be written to."""
    wanted = select(suppression.c.reason).where(suppression.c.address_key == key)
    return connection.scalar(wanted) is not None


def cancel_waiting(
    connection: Connection, key: str, reason: str, now: datetime, *, kind: str | None = None
) -> None:
    """Cancel the mails that wait for an address, of one kind where given."""
    waiting = update(outbox).where(
        outbox.c.address_key == key, outbox.c.state == MailState.WAITING.value
    )
    if kind is not None:
        waiting = waiting.where(outbox.c.kind == kind)
    connection.execute(
        waiting.values(
            state=MailState.CANCELLED.value, last_error=reason, message=None, finished_at=now
        )
    )
