"""Rows of subscribers: joined, confirmed, changed, claimed when a digest is due, left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from broadsheet.errors import NotFound
from broadsheet.mail import Preferences, Subscriber, SubscriberState
from broadsheet.store.database import Database
from broadsheet.store.mail.outbox import NewMail, put_mails
from broadsheet.store.mail.suppression import cancel_waiting
from broadsheet.store.mail_schema import leaning, outbox, sent_paper, subscriber
from broadsheet.subscriptions.addresses import address_key
from broadsheet.subscriptions.preferences import read_preferences, write_preferences

DIGEST = "digest"
"""The kind of the outbox's mails that are digests."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What was decided for one claimed subscriber: the mail, if any, and when to look again."""

    subscriber_id: int
    next_due_at: datetime
    covered_on: date | None
    mail: NewMail | None = None
    paper_ids: tuple[int, ...] = ()


class Subscribers:
    """The subscribers of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(
        self, address: str, preferences: Preferences, now: datetime, account_id: int | None = None
    ) -> Subscriber:
        """The subscriber of an address: a new one, pending, or the one that is there, unchanged.

        One that is pending, or has left, takes the new preferences and starts anew.
        """
        values = {
            "address": address,
            "preferences": write_preferences(preferences),
            "state": SubscriberState.PENDING.value,
            "created_at": now,
            "confirmed_at": None,
            "due_at": None,
        }
        own = subscriber.c.address_key == address_key(address)
        anew = (SubscriberState.PENDING.value, SubscriberState.LEFT.value)
        with self._database.write() as connection:
            row = connection.execute(select(subscriber).where(own)).first()
            if row is None:
                fixed = {"address_key": address_key(address), "link_version": 1, "soft_bounces": 0}
                made = insert(subscriber).values(**values, **fixed, account_id=account_id)
                connection.execute(made)
            elif row.state in anew:
                # Links from before somebody left must not bring them back.
                version = row.link_version + (row.state == SubscriberState.LEFT.value)
                renewed = update(subscriber).where(own).values(**values, link_version=version)
                connection.execute(renewed)
            return _read(connection.execute(select(subscriber).where(own)).one())

    def by_id(self, subscriber_id: int) -> Subscriber:
        """The subscriber of a number. Raises NotFound."""
        return self._one(subscriber.c.subscriber_id == subscriber_id)

    def by_address(self, address: str) -> Subscriber:
        """The subscriber of an address. Raises NotFound."""
        return self._one(subscriber.c.address_key == address_key(address))

    def of_account(self, account_id: int, address: str | None) -> list[Subscriber]:
        """The subscribers that belong to an account, and the one of its address if it is nobody's.

        `address` is the account's own, given only when it has been verified.
        """
        own = subscriber.c.account_id == account_id
        if address is not None:
            is_free = subscriber.c.account_id.is_(None)
            own = or_(own, and_(is_free, subscriber.c.address_key == address_key(address)))
        wanted = select(subscriber).where(own).order_by(subscriber.c.subscriber_id)
        with self._database.read() as connection:
            return [_read(row) for row in connection.execute(wanted)]

    def _one(self, condition: Any) -> Subscriber:
        with self._database.read() as connection:
            row = connection.execute(select(subscriber).where(condition)).first()
        if row is None:
            raise NotFound("There is no such subscriber.")
        return _read(row)

    def change(self, subscriber_id: int, **values: Any) -> Subscriber:
        """Change columns of a subscriber; preferences are given as such. Raises NotFound."""
        if "preferences" in values:
            values["preferences"] = write_preferences(values["preferences"])
        if "state" in values:
            values["state"] = SubscriberState(values["state"]).value
        own = subscriber.c.subscriber_id == subscriber_id
        with self._database.write() as connection:
            connection.execute(update(subscriber).where(own).values(values))
        return self.by_id(subscriber_id)

    def leave(self, subscriber_id: int, now: datetime) -> None:
        """End a subscription; digests that wait are cancelled. Raises NotFound."""
        own = subscriber.c.subscriber_id == subscriber_id
        with self._database.write() as connection:
            key = connection.scalar(select(subscriber.c.address_key).where(own))
            if key is None:
                raise NotFound("There is no such subscriber.")
            connection.execute(
                update(subscriber)
                .where(own)
                .values(state=SubscriberState.LEFT.value, due_at=None, claim=None)
            )
            cancel_waiting(connection, key, "The reader left.", now, kind=DIGEST)

    def forget(self, subscriber_id: int) -> None:
        """Erase a subscriber and all that is kept of them but the keys of sent mails."""
        own = subscriber.c.subscriber_id == subscriber_id
        with self._database.write() as connection:
            for table in (sent_paper, leaning):
                column: Any = table.c.subscriber_id
                connection.execute(delete(table).where(column == subscriber_id))
            connection.execute(
                update(outbox)
                .where(outbox.c.subscriber_id == subscriber_id)
                .values(address="", address_key="", message=None, state="cancelled")
            )
            connection.execute(delete(subscriber).where(own))

    def everybody(self, limit: int = 1_000_000) -> list[Subscriber]:
        """All subscribers in the order they came."""
        wanted = select(subscriber).order_by(subscriber.c.subscriber_id).limit(limit)
        with self._database.read() as connection:
            return [_read(row) for row in connection.execute(wanted)]

    def next_due_at(self) -> datetime | None:
        """When the next digest is due."""
        wanted = select(func.min(subscriber.c.due_at)).where(_is_active())
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(wanted)
        return found

    def due(self, now: datetime, limit: int) -> list[Subscriber]:
        """Subscribers who are due a digest, whoever may hold them; those who want the same beside
        each other.
        """
        with self._database.read() as connection:
            return [_read(row) for row in connection.execute(_due(now).limit(limit))]

    def claims(self) -> set[str]:
        """The claims that hold subscribers now."""
        wanted = select(subscriber.c.claim).where(subscriber.c.claim.isnot(None)).distinct()
        with self._database.read() as connection:
            return {claim for claim in connection.scalars(wanted) if claim}

    def claim_due(
        self, claim: str, *, now: datetime, until: datetime, limit: int, dead: Collection[str] = ()
    ) -> list[Subscriber]:
        """Take some subscribers who are due and free, or held by a claim that is known as dead."""
        free = or_(
            subscriber.c.claimed_until.is_(None),
            subscriber.c.claimed_until <= now,
            subscriber.c.claim.in_(dead),
        )
        with self._database.write() as connection:
            taken = connection.execute(_due(now).where(free).limit(limit)).all()
            numbers = [row.subscriber_id for row in taken]
            connection.execute(
                update(subscriber)
                .where(subscriber.c.subscriber_id.in_(numbers))
                .values(claim=claim, claimed_until=until)
            )
        return [_read(row) for row in taken]

    def settle(self, claim: str, editions: Sequence[Edition], now: datetime) -> int:
        """Queue the editions of claimed subscribers and set when each is due next; how many mails.

        A subscriber who left or was claimed by another meanwhile is passed over. All or nothing.
        """
        with self._database.write() as connection:
            held = _held(connection, claim, [edition.subscriber_id for edition in editions])
            own = [edition for edition in editions if edition.subscriber_id in held]
            queued = put_mails(connection, [each.mail for each in own if each.mail], now)
            for edition in own:
                is_dropped = edition.mail is not None and edition.mail.unique_key not in queued
                _settle(connection, edition, now, is_dropped=is_dropped)
            sent = [
                {"subscriber_id": each.subscriber_id, "paper_id": paper_id, "sent_on": now.date()}
                for each in own
                if each.mail and each.mail.unique_key in queued
                for paper_id in each.paper_ids
            ]
            if sent:
                connection.execute(insert(sent_paper), sent)
        return len(queued)

    def release(self, claim: str) -> None:
        """Let all subscribers of a claim go."""
        with self._database.write() as connection:
            connection.execute(
                update(subscriber)
                .where(subscriber.c.claim == claim)
                .values(claim=None, claimed_until=None)
            )


def _is_active() -> Any:
    return subscriber.c.state == SubscriberState.ACTIVE.value


def _due(now: datetime) -> Any:
    order = subscriber.c.preferences, subscriber.c.subscriber_id
    return select(subscriber).where(_is_active(), subscriber.c.due_at <= now).order_by(*order)


def _held(connection: Connection, claim: str, numbers: Sequence[int]) -> set[int]:
    wanted = select(subscriber.c.subscriber_id).where(
        subscriber.c.subscriber_id.in_(numbers), subscriber.c.claim == claim, _is_active()
    )
    return set(connection.scalars(wanted))


def _settle(connection: Connection, edition: Edition, now: datetime, *, is_dropped: bool) -> None:
    values: dict[str, Any] = {
        "due_at": edition.next_due_at,
        "claim": None,
        "claimed_until": None,
    }
    if not is_dropped:  # what a second mail of a day would have held belongs to the next day's
        values["looked_at"] = now
    if edition.covered_on is not None and not is_dropped:
        values["covered_on"] = edition.covered_on
    own = subscriber.c.subscriber_id == edition.subscriber_id
    connection.execute(update(subscriber).where(own).values(values))


def _read(row: Row[Any]) -> Subscriber:
    return Subscriber(
        subscriber_id=row.subscriber_id,
        address=row.address,
        state=SubscriberState(row.state),
        preferences=read_preferences(row.preferences),
        link_version=row.link_version,
        created_at=row.created_at,
        account_id=row.account_id,
        confirmed_at=row.confirmed_at,
        due_at=row.due_at,
        looked_at=row.looked_at,
        covered_on=row.covered_on,
        claim=row.claim,
        soft_bounces=row.soft_bounces,
        bounced_at=row.bounced_at,
    )
