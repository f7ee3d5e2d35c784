"""Rows of webhooks: what they watch, and which papers each of them was told of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update
from zstandard import ZstdCompressor

from broadsheet.errors import NotFound
from broadsheet.store.database import Database
from broadsheet.store.loading import in_chunks
from broadsheet.store.people.notifications import write_notification
from broadsheet.store.people_schema import account
from broadsheet.store.schema import paper
from broadsheet.store.webhook_schema import webhook, webhook_delivery, webhook_paper
from broadsheet.webhooks import (
    Batch,
    DeliveryState,
    ListKind,
    NewWebhook,
    Webhook,
    WebhookState,
)

_COMPRESSION_LEVEL = 3
_CHUNK = 2_000
MAY_ACT = and_(account.c.suspended_at.is_(None), account.c.is_approved.is_(True))
"""Of an account whose webhooks are looked after."""


class WebhookTable:
    """The webhooks of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, wanted: NewWebhook, told: Collection[int], *, most: int, now: datetime
    ) -> Webhook | None:
        """A new webhook that counts some papers as known; None where there are `most` already."""
        own = webhook.c.account_id == wanted.account_id
        with self._database.write() as connection:
            count = connection.scalar(select(func.count()).select_from(webhook).where(own)) or 0
            if count >= most:
                return None
            values = {
                **asdict(wanted),
                "kind": wanted.kind.value,
                "state": WebhookState.ACTIVE.value,
                "reason": "",
                "created_at": now,
                "look_at": now,
                "seen_revision": -1,
                "last_error": "",
            }
            made = insert(webhook).values(values).returning(webhook)
            found = read_webhook(connection.execute(made).one())
            _remember(connection, found, told, now)
        return found

    def of_account(self, account_id: int) -> list[Webhook]:
        """The webhooks of an account, oldest first."""
        wanted = select(webhook).where(webhook.c.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(webhook.c.webhook_id)).all()
        return [read_webhook(row) for row in rows]

    def find(self, account_id: int, webhook_id: int) -> Webhook:
        """A webhook of an account. Raises NotFound."""
        wanted = select(webhook).where(
            webhook.c.webhook_id == webhook_id, webhook.c.account_id == account_id
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            raise NotFound(f"You have no webhook {webhook_id}.")
        return read_webhook(row)

    def change(self, webhook_id: int, **values: Any) -> None:
        """Change columns of a webhook."""
        with self._database.write() as connection:
            is_it = webhook.c.webhook_id == webhook_id
            connection.execute(update(webhook).where(is_it).values(values))

    def resume(self, webhook_id: int, now: datetime) -> None:
        """Send to a webhook again, beginning with what waits, as if it had never failed."""
        values = {
            "state": WebhookState.ACTIVE.value,
            "reason": "",
            "failing_since": None,
            "look_at": now,
            "seen_revision": -1,
        }
        waits = and_(
            webhook_delivery.c.webhook_id == webhook_id,
            webhook_delivery.c.state == DeliveryState.WAITING.value,
        )
        with self._database.write() as connection:
            is_it = webhook.c.webhook_id == webhook_id
            connection.execute(update(webhook).where(is_it).values(values))
            connection.execute(update(webhook_delivery).where(waits).values(due_at=now))

    def delete(self, webhook_id: int) -> None:
        """Delete a webhook with all that was kept of it."""
        with self._database.write() as connection:
            for table in (webhook_delivery, webhook_paper, webhook):
                connection.execute(delete(table).where(table.c.webhook_id == webhook_id))

    def to_look_at(self, now: datetime) -> list[Webhook]:
        """The active webhooks of people who may act whose lists are due, the first due first."""
        is_due = and_(webhook.c.state == WebhookState.ACTIVE.value, webhook.c.look_at <= now)
        wanted = (
            select(webhook)
            .join(account, account.c.account_id == webhook.c.account_id)
            .where(is_due, MAY_ACT)
            .order_by(webhook.c.look_at, webhook.c.webhook_id)
        )
        with self._database.read() as connection:
            return [read_webhook(row) for row in connection.execute(wanted)]

    def next_look_at(self) -> datetime | None:
        """When the next webhook is due for a look."""
        wanted = (
            select(func.min(webhook.c.look_at))
            .join(account, account.c.account_id == webhook.c.account_id)
            .where(webhook.c.state == WebhookState.ACTIVE.value, MAY_ACT)
        )
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(wanted)
        return found

    def known(self, webhook_id: int) -> set[int]:
        """The papers that a webhook was told of, or that were there when it was made."""
        wanted = select(webhook_paper.c.paper_id).where(webhook_paper.c.webhook_id == webhook_id)
        with self._database.read() as connection:
            return set(connection.scalars(wanted))

    def listed_since(self, day: date, limit: int) -> list[int]:
        """The papers listed on a day or later, newest first."""
        wanted = select(paper.c.paper_id).where(paper.c.listed_on >= day)
        order = paper.c.listed_on.desc(), paper.c.paper_id.desc()
        with self._database.read() as connection:
            return list(connection.scalars(wanted.order_by(*order).limit(limit)))

    def tell(
        self,
        watching: Webhook,
        batches: Sequence[Batch],
        *,
        look_at: datetime,
        revision: int,
        now: datetime,
    ) -> bool:
        """Queue new papers of a webhook and note them as told, and when to look again.

        False, and nothing is queued, when it is no longer active, or another worker was faster.
        """
        fresh = {number for batch in batches for number in batch.paper_ids}
        is_it = and_(
            webhook.c.webhook_id == watching.webhook_id,
            webhook.c.state == WebhookState.ACTIVE.value,
            webhook.c.look_at == watching.look_at,
        )
        looked = update(webhook).where(is_it).values(look_at=look_at, seen_revision=revision)
        with self._database.write() as connection:
            if connection.execute(looked).rowcount == 0:
                return False
            _remember(connection, watching, fresh, now)
            for batch in batches:
                connection.execute(insert(webhook_delivery).values(_waiting(watching, batch, now)))
        return True

    def forget(self, webhook_id: int, told_before: datetime, *, but: Collection[int]) -> None:
        """Forget papers told long ago, unless they still stand in the list."""
        columns = webhook_paper.c
        old = and_(columns.webhook_id == webhook_id, columns.told_at < told_before)
        with self._database.write() as connection:
            found = set(connection.scalars(select(columns.paper_id).where(old))) - set(but)
            for chunk in in_chunks(sorted(found), _CHUNK):
                connection.execute(delete(webhook_paper).where(old, columns.paper_id.in_(chunk)))

    def stop(self, stopped: Webhook, reason: str, now: datetime) -> None:
        """Stop a webhook for good, and tell its owner why."""
        with self._database.write() as connection:
            stop_webhook(connection, stopped, reason, now)


def stop_webhook(connection: Connection, stopped: Webhook, reason: str, now: datetime) -> None:
    """Stop an active webhook within the caller's transaction, and tell its owner why."""
    is_it = and_(
        webhook.c.webhook_id == stopped.webhook_id, webhook.c.state == WebhookState.ACTIVE.value
    )
    values = {"state": WebhookState.STOPPED.value, "reason": reason}
    if connection.execute(update(webhook).where(is_it).values(values)).rowcount:
        write_notification(
            connection,
            stopped.account_id,
            name=f"webhook:{stopped.webhook_id}:{now.isoformat()}",
            kind="webhook",
            text=f"Your webhook for “{stopped.label}” was stopped. {reason}",
            path=f"/settings/webhooks/{stopped.webhook_id}",
            paper_id=None,
            now=now,
        )


def read_webhook(row: Row[Any]) -> Webhook:
    """A row as a value."""
    return Webhook(
        webhook_id=row.webhook_id,
        account_id=row.account_id,
        url=row.url,
        kind=ListKind(row.kind),
        subject=row.subject,
        label=row.label,
        salt=row.salt,
        digest=bytes(row.digest),
        state=WebhookState(row.state),
        reason=row.reason,
        created_at=row.created_at,
        look_at=row.look_at,
        seen_revision=row.seen_revision,
        failing_since=row.failing_since,
        delivered_at=row.delivered_at,
        last_error=row.last_error,
    )


def _remember(connection: Connection, of: Webhook, paper_ids: Iterable[int], now: datetime) -> None:
    """Note papers as told; those that are no papers any more are left out."""
    for chunk in in_chunks(sorted(set(paper_ids)), _CHUNK):
        there = select(paper.c.paper_id).where(paper.c.paper_id.in_(chunk))
        known = select(webhook_paper.c.paper_id).where(
            webhook_paper.c.webhook_id == of.webhook_id, webhook_paper.c.paper_id.in_(chunk)
        )
        fresh = set(connection.scalars(there)) - set(connection.scalars(known))
        rows = [
            {
                "webhook_id": of.webhook_id,
                "paper_id": number,
                "account_id": of.account_id,
                "told_at": now,
            }
            for number in sorted(fresh)
        ]
        if rows:
            connection.execute(insert(webhook_paper), rows)


def _waiting(of: Webhook, batch: Batch, now: datetime) -> dict[str, Any]:
    return {
        "webhook_id": of.webhook_id,
        "account_id": of.account_id,
        "message_id": batch.message_id,
        "papers": len(batch.paper_ids),
        "body": ZstdCompressor(level=_COMPRESSION_LEVEL).compress(batch.body),
        "state": DeliveryState.WAITING.value,
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "error": "",
    }
