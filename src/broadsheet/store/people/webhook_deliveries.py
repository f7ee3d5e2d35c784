"""Rows of deliveries: waiting, in the hands of one worker, delivered or given up.

Deliveries of one webhook go out in their order, each when those before it have gone. A row is
`sending` from before its bytes leave until its outcome is written; when its worker died meanwhile,
it waits again and goes out under the same message id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement
from zstandard import ZstdDecompressor, ZstdError

from broadsheet.store.database import Database
from broadsheet.store.people.webhooks import MAY_ACT, read_webhook, stop_webhook
from broadsheet.store.people_schema import account
from broadsheet.store.webhook_schema import webhook, webhook_delivery
from broadsheet.webhooks import Delivery, DeliveryState, Webhook, WebhookState

KEPT = 20
"""How many finished deliveries of a webhook are kept to look at."""
_LARGEST_BODY = 16 * 2**20
_OPEN = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claimed delivery.

    With state WAITING it is tried again at `due_at`; a reason in `stop_because` stops the webhook.
    """

    delivery_id: int
    state: DeliveryState
    status: int | None = None
    error: str = ""
    due_at: datetime | None = None
    stop_because: str = ""


class DeliveryTable:
    """The deliveries of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, webhook_id: int, limit: int = KEPT) -> list[Delivery]:
        """The last deliveries of a webhook, newest first, without their bodies."""
        wanted = (
            select(webhook_delivery)
            .where(webhook_delivery.c.webhook_id == webhook_id)
            .order_by(webhook_delivery.c.delivery_id.desc())
        )
        with self._database.read() as connection:
            return [_read(row, None) for row in connection.execute(wanted.limit(limit))]

    def waiting(self, webhook_id: int) -> int:
        """How many deliveries of a webhook are not finished."""
        wanted = select(func.count()).where(
            webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.state.in_(_OPEN)
        )
        with self._database.read() as connection:
            return connection.scalar(wanted) or 0

    def begin_test(
        self, of: Webhook, message_id: str, claim: str, *, now: datetime, until: datetime
    ) -> Delivery:
        """A delivery without papers, in the caller's hands at once."""
        made = insert(webhook_delivery).values(
            webhook_id=of.webhook_id,
            account_id=of.account_id,
            message_id=message_id,
            papers=0,
            state=DeliveryState.SENDING.value,
            created_at=now,
            due_at=now,
            attempts=0,
            error="",
            claim=claim,
            claimed_until=until,
        )
        with self._database.write() as connection:
            row = connection.execute(made.returning(webhook_delivery)).one()
            return _read(row, None)

    def take(
        self, claim: str, *, now: datetime, until: datetime
    ) -> tuple[Delivery, Webhook] | None:
        """Take the delivery that is due for longest, if any, for one worker."""
        wanted = _heads(select(webhook_delivery.c.delivery_id, webhook)).where(
            webhook_delivery.c.due_at <= now
        )
        order = webhook_delivery.c.due_at, webhook_delivery.c.delivery_id
        with self._database.write() as connection:
            found = connection.execute(wanted.order_by(*order).limit(1)).first()
            if found is None:
                return None
            taken = (
                update(webhook_delivery)
                .where(webhook_delivery.c.delivery_id == found.delivery_id)
                .values(state=DeliveryState.SENDING.value, claim=claim, claimed_until=until)
            )
            row = connection.execute(taken.returning(webhook_delivery)).one()
        return _read(row, _unpacked(row.body)), read_webhook(found)

    def finish(self, claim: str, of: Webhook, outcome: Outcome, now: datetime) -> Delivery | None:
        """Write the outcome of a claim and what it says of the webhook.

        None, and nothing is written, when another worker has the delivery by now.
        """
        is_own = and_(
            webhook_delivery.c.delivery_id == outcome.delivery_id, webhook_delivery.c.claim == claim
        )
        written = update(webhook_delivery).where(is_own).values(_finished(outcome, now))
        with self._database.write() as connection:
            row = connection.execute(written.returning(webhook_delivery)).first()
            if row is None:
                return None
            if row.papers:
                _note(connection, of, outcome, now)
            _tidy(connection, of.webhook_id)
            return _read(row, None)

    def free(self, now: datetime, is_dead: Callable[[str], bool]) -> int:
        """Let go what dead workers held: papers wait again, a test has failed; how many."""
        held = select(webhook_delivery).where(
            webhook_delivery.c.state == DeliveryState.SENDING.value
        )
        with self._database.read() as connection:
            if connection.execute(held.limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            lost = [
                row
                for row in connection.execute(held).all()
                if row.claimed_until <= now or is_dead(row.claim)
            ]
            for row in lost:
                state = DeliveryState.WAITING if row.papers else DeliveryState.FAILED
                error = "The worker that sent it was ended; whether it arrived is not known."
                outcome = Outcome(row.delivery_id, state, None, error, due_at=now)
                is_it = webhook_delivery.c.delivery_id == row.delivery_id
                values = _finished(outcome, now)
                connection.execute(update(webhook_delivery).where(is_it).values(values))
        return len(lost)

    def next_due_at(self) -> datetime | None:
        """When the next delivery is due."""
        wanted = _heads(select(func.min(webhook_delivery.c.due_at)))
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(wanted)
        return found


def _unpacked(body: bytes) -> bytes | None:
    """The message as it was composed; None where it is damaged."""
    try:
        return ZstdDecompressor().decompress(body, _LARGEST_BODY)
    except ZstdError:
        return None


def _heads(wanted: Select[Any]) -> Select[Any]:
    """Of deliveries: those that wait, of active webhooks, and are the first of theirs."""
    before = webhook_delivery.alias()
    is_behind = select(before.c.delivery_id).where(
        before.c.webhook_id == webhook_delivery.c.webhook_id,
        before.c.delivery_id < webhook_delivery.c.delivery_id,
        before.c.papers > 0,
        before.c.state.in_(_OPEN),
    )
    return (
        wanted.select_from(webhook_delivery)
        .join(webhook, webhook.c.webhook_id == webhook_delivery.c.webhook_id)
        .join(account, account.c.account_id == webhook.c.account_id)
        .where(
            webhook_delivery.c.state == DeliveryState.WAITING.value,
            webhook.c.state == WebhookState.ACTIVE.value,
            MAY_ACT,
            ~is_behind.exists(),
        )
    )


def _finished(outcome: Outcome, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": outcome.state.value,
        "status": outcome.status,
        "error": outcome.error,
        "claim": None,
        "claimed_until": None,
        "attempts": webhook_delivery.c.attempts + 1,
    }
    if outcome.state is DeliveryState.WAITING:
        return {**values, "due_at": outcome.due_at or now}
    return {**values, "finished_at": now, "body": None}


def _note(connection: Connection, of: Webhook, outcome: Outcome, now: datetime) -> None:
    """Write on the webhook how its last delivery went."""
    values: dict[str, ColumnElement[Any] | Any]
    if outcome.state is DeliveryState.DELIVERED:
        values = {"delivered_at": now, "failing_since": None, "last_error": ""}
    else:
        column = webhook.c.failing_since
        since = func.coalesce(column, literal(now, column.type))
        values = {"failing_since": since, "last_error": outcome.error}
    connection.execute(update(webhook).where(webhook.c.webhook_id == of.webhook_id).values(values))
    if outcome.stop_because:
        stop_webhook(connection, of, outcome.stop_because, now)


def _tidy(connection: Connection, webhook_id: int) -> None:
    """Forget finished deliveries but the last ones."""
    finished = and_(
        webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.finished_at.isnot(None)
    )
    kept = (
        select(webhook_delivery.c.delivery_id)
        .where(finished)
        .order_by(webhook_delivery.c.delivery_id.desc())
        .limit(KEPT)
    )
    last = set(connection.scalars(kept))
    connection.execute(
        delete(webhook_delivery).where(finished, webhook_delivery.c.delivery_id.not_in(last))
    )


def _read(row: Row[Any], body: bytes | None) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        webhook_id=row.webhook_id,
        message_id=row.message_id,
        papers=row.papers,
        body=body,
        state=DeliveryState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        attempts=row.attempts,
        status=row.status,
        error=row.error,
        finished_at=row.finished_at,
        claim=row.claim,
    )
