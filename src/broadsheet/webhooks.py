"""The words of webhooks: where new papers of a list are posted, and each posting, as frozen values.

What the rules are stands in `community.webhooks`, how they are sent in `delivery.webhooks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ListKind(StrEnum):
    """The lists that a webhook can watch; the subject says which one of its kind."""

    DAY = "day"
    TRENDING = "trending"
    CATEGORY = "category"
    SEARCH = "search"
    AUTHOR = "author"
    COLLECTION = "collection"


class WebhookState(StrEnum):
    """Whether a webhook is sent to: its owner paused it, or too many failures stopped it."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


class DeliveryState(StrEnum):
    """How one delivery stands; a test that failed is `failed`, papers wait and are tried again."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that gets the new papers of a list.

    `subject` is a window of Trending, a category, a query, an author's name or the number of a
    collection; `label` names it for people. `salt` and the instance's key make the secret, `digest`
    tells whether they still make the one that was shown. `failing_since` is when the first of the
    failures since the last success happened; `reason` says why a webhook is stopped.
    `seen_revision` is the library's state at the last look, -1 before the first.
    """

    webhook_id: int
    account_id: int
    url: str
    kind: ListKind
    subject: str
    label: str
    salt: str
    digest: bytes
    state: WebhookState
    reason: str
    created_at: datetime
    look_at: datetime
    seen_revision: int
    failing_since: datetime | None = None
    delivered_at: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook as it is added."""

    account_id: int
    url: str
    kind: ListKind
    subject: str
    label: str
    salt: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """One posting to a webhook, maybe after several attempts; all have the same `message_id`.

    `papers` counts what it holds, 0 for a test; `status` is the last HTTP status, None where no
    answer came. `body` is None once the delivery is finished. `claim` is the worker's that sends.
    """

    delivery_id: int
    webhook_id: int
    message_id: str
    papers: int
    body: bytes | None
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    status: int | None = None
    error: str = ""
    finished_at: datetime | None = None
    claim: str | None = None

    @property
    def is_test(self) -> bool:
        """Whether the owner asked for it, to see whether the address works."""
        return not self.papers


@dataclass(frozen=True, slots=True)
class Batch:
    """New papers of a webhook, by number, with the message that tells of them."""

    message_id: str
    paper_ids: tuple[int, ...]
    body: bytes
