"""Looks through the lists of webhooks, and sends what waits; any number of workers may do so.

A look and its deliveries are one transaction. A delivery is claimed before its bytes leave and
marked after; a worker that dies in between leaves it to the next, who sends the same message under
the same id, so that a receiver can tell.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.claims import is_dead, new_claim
from broadsheet.delivery.mail.posting import mail_origin
from broadsheet.delivery.webhooks.lists import list_page, members
from broadsheet.delivery.webhooks.messages import (
    batches,
    message_of_test,
    new_message_id,
    signed_headers,
)
from broadsheet.delivery.webhooks.posting import TIMEOUT_SECONDS, Answer, post
from broadsheet.errors import IndexUnavailable, NotFound, QueryError, StorageError
from broadsheet.people import Account
from broadsheet.services import Services
from broadsheet.store.people.webhook_deliveries import Outcome
from broadsheet.webhooks import Delivery, DeliveryState, ListKind, Webhook

_LOG = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)
"""A delivery held for longer than any posting takes: its worker is dead, wherever it ran."""
LOOKED_EVERY = timedelta(minutes=1)
"""How soon a new paper is seen."""
MOVED_EVERY = timedelta(minutes=5)
"""How soon what votes and collectors move is seen, which changes no revision."""
MOST_AT_ONCE = 200
"""Papers told after one look; the others wait for the next, so that no queue grows without end."""
MOST_WAITING = 20
REMEMBERED = timedelta(days=30)
HANDS = 4
"""Deliveries of different webhooks sent at the same time: one that is slow holds up no other."""
BACKOFF = (60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600)
"""Seconds after the first, second, … failure of a delivery; the last repeats."""
LONGEST_WAIT = 86_400.0
_MOVED = frozenset((ListKind.TRENDING, ListKind.COLLECTION))
_OTHER_KEY = (
    "The secret key of this Broadsheet is another than when the secret was made, so deliveries "
    "cannot be signed with it. Make a new secret, then resume."
)


@dataclass(slots=True)
class Round:
    """What one round of webhooks did."""

    queued: int = 0
    delivered: int = 0
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, state: DeliveryState) -> None:
        """Count an attempt."""
        with self.lock:
            if state is DeliveryState.DELIVERED:
                self.delivered += 1
            else:
                self.failed += 1


def webhook_round(
    services: Services,
    is_stopping: Callable[[], bool] = lambda: False,
    *,
    timeout: float = TIMEOUT_SECONDS,
) -> Round:
    """Look at the lists that are due, then send every delivery that is due."""
    done = Round()
    services.store.people.deliveries.free(services.clock(), is_dead)
    for webhook in services.store.people.webhooks.to_look_at(services.clock()):
        if is_stopping():
            return done
        done.queued += _looked(services, webhook)
    _send_due(services, done, is_stopping, timeout)
    return done


def _looked(services: Services, webhook: Webhook) -> int:
    """A look that holds up no other webhook, whatever goes wrong with it. Raises StorageError."""
    try:
        return look(services, webhook)
    except StorageError:
        raise
    except Exception:  # noqa: BLE001 - one list must not hold up the others
        _LOG.exception("The look for webhook %s met a fault", webhook.webhook_id)
        now, seen = services.clock(), webhook.seen_revision
        later = now + MOVED_EVERY
        services.store.people.webhooks.tell(webhook, (), look_at=later, revision=seen, now=now)
        return 0


def look(services: Services, webhook: Webhook) -> int:
    """Queue what is new in the list of a webhook; how many deliveries."""
    table, now = services.store.people.webhooks, services.clock()
    revision = services.store.revision()
    due = now + (MOVED_EVERY if webhook.kind in _MOVED else LOOKED_EVERY)
    is_same = revision == webhook.seen_revision and webhook.kind not in _MOVED
    if is_same or services.store.people.deliveries.waiting(webhook.webhook_id) >= MOST_WAITING:
        table.tell(webhook, (), look_at=due, revision=webhook.seen_revision, now=now)
        return 0
    try:
        account = services.store.people.accounts.by_id(webhook.account_id)
        standing = members(
            services, account, webhook.kind, webhook.subject, made_at=webhook.created_at
        )
    except IndexUnavailable:
        table.tell(webhook, (), look_at=due, revision=webhook.seen_revision, now=now)
        return 0
    except (NotFound, QueryError) as error:
        table.stop(webhook, str(error), now)
        return 0
    known = table.known(webhook.webhook_id)
    fresh = [number for number in standing if number not in known]
    is_whole = len(fresh) <= MOST_AT_ONCE and _is_index_up_to_date(services, revision)
    papers = services.store.papers(fresh[:MOST_AT_ONCE])
    origin = mail_origin(services.settings)
    made = list(batches(webhook, papers, origin + list_page(services, webhook), origin, now))
    seen = revision if is_whole else webhook.seen_revision
    is_told = table.tell(webhook, made, look_at=due, revision=seen, now=now)
    if is_told and made:
        table.forget(webhook.webhook_id, now - REMEMBERED, but=standing)
    return len(made) if is_told else 0


def _is_index_up_to_date(services: Services, revision: int) -> bool:
    return services.index.state().revision >= revision


def _send_due(
    services: Services, done: Round, is_stopping: Callable[[], bool], timeout: float
) -> None:
    hands = [
        threading.Thread(
            target=_work, args=(services, done, is_stopping, timeout), name="webhook", daemon=True
        )
        for _ in range(HANDS - 1)
    ]
    if services.store.people.deliveries.next_due_at() is None:
        return
    for hand in hands:
        hand.start()
    _work(services, done, is_stopping, timeout)
    for hand in hands:
        hand.join()


def _work(services: Services, done: Round, is_stopping: Callable[[], bool], timeout: float) -> None:
    """Send until nothing is due."""
    table = services.store.people.deliveries
    while not is_stopping():
        claim, now = new_claim(), services.clock()
        taken = table.take(claim, now=now, until=now + LEASE)
        if taken is None:
            return
        delivery, webhook = taken
        try:
            outcome = _sent(services, delivery, webhook, timeout)
        except Exception as fault:  # noqa: BLE001 - nor one delivery
            _LOG.exception("Delivery %s met a fault", delivery.message_id)
            error = f"Broadsheet met a fault of its own ({type(fault).__name__}); the log has it."
            outcome = _outcome(services, delivery, webhook, Answer(error=error))
        if table.finish(claim, webhook, outcome, services.clock()) is not None:
            done.add(outcome.state)


def _sent(services: Services, delivery: Delivery, webhook: Webhook, timeout: float) -> Outcome:
    secret = services.community.webhooks.secret_of(webhook)
    if secret is None:
        return Outcome(
            delivery.delivery_id, DeliveryState.WAITING, None, _OTHER_KEY, stop_because=_OTHER_KEY
        )
    if delivery.body is None:
        return Outcome(
            delivery.delivery_id, DeliveryState.FAILED, None, "It was damaged on the disk."
        )
    message = (secret, delivery.message_id, delivery.body)
    answer = _posted(services, webhook, message, timeout)
    return _outcome(services, delivery, webhook, answer)


def _posted(
    services: Services, webhook: Webhook, message: tuple[str, str, bytes], timeout: float
) -> Answer:
    """Post a message: secret, id and body."""
    secret, message_id, body = message
    headers = signed_headers(secret, message_id, body, services.clock())
    allows_private = services.settings.webhook_private
    return post(webhook.url, body, headers, allows_private=allows_private, timeout=timeout)


def _outcome(services: Services, delivery: Delivery, webhook: Webhook, answer: Answer) -> Outcome:
    """Delivered, or to be tried again, or the end."""
    if not answer.error:
        return Outcome(delivery.delivery_id, DeliveryState.DELIVERED, answer.status)
    now = services.clock()
    wait = BACKOFF[min(delivery.attempts, len(BACKOFF) - 1)]
    seconds = min(max(float(wait), answer.retry_after or 0.0), LONGEST_WAIT)
    return Outcome(
        delivery.delivery_id,
        DeliveryState.WAITING,
        answer.status,
        answer.error,
        due_at=now + timedelta(seconds=seconds),
        stop_because=_reason_to_stop(services, webhook, answer, now),
    )


def _reason_to_stop(services: Services, webhook: Webhook, answer: Answer, now: datetime) -> str:
    if answer.is_gone:
        return answer.error
    days, since = services.settings.webhook_days, webhook.failing_since
    if since is None or now - since < timedelta(days=days):
        return ""
    return f"Nothing could be delivered since {since:%Y-%m-%d %H:%M} UTC. {answer.error}"


def send_test(
    services: Services, actor: Account, webhook_id: int, *, timeout: float = TIMEOUT_SECONDS
) -> Delivery:
    """Send a message without papers at once, once, whatever the webhook's state; how it went.

    Raises TooManyRequests.
    """
    webhook = services.community.webhooks.check_test(actor, webhook_id)
    table, now, claim = services.store.people.deliveries, services.clock(), new_claim()
    message_id = new_message_id()
    begun = table.begin_test(webhook, message_id, claim, now=now, until=now + LEASE)
    secret = services.community.webhooks.secret_of(webhook)
    if secret is None:
        answer = Answer(error=_OTHER_KEY)
    else:
        origin = mail_origin(services.settings)
        body = message_of_test(webhook, origin + list_page(services, webhook), now)
        answer = _posted(services, webhook, (secret, message_id, body), timeout)
    state = DeliveryState.FAILED if answer.error else DeliveryState.DELIVERED
    outcome = Outcome(begun.delivery_id, state, answer.status, answer.error)
    return table.finish(claim, webhook, outcome, services.clock()) or begun
