"""The words of mail: who subscribes to what, and what waits to be sent, as frozen values.

When a digest is due and what may stand in it are rules of `subscriptions`; how it looks is
`delivery.mail`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
"""ISO weekdays, Monday first."""


class SubscriptionKind(StrEnum):
    """Which listing a subscription follows."""

    TRENDING = "trending"
    DAY = "day"
    CATEGORY = "category"
    SEARCH = "search"
    AUTHOR = "author"
    COLLECTION = "collection"
    SAVED = "saved"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One list that a reader follows: `value` is its category, query or author.

    For a COLLECTION it is a reference (`subscriptions.references`), for a SAVED search its query,
    as long as the reader's account keeps that search.
    """

    kind: SubscriptionKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader wants in a digest, and when.

    The digest is due at `hour`:`minute` in `time_zone` on `weekdays` (1 is Monday), or on day
    `month_day` (1 to 28) of each month where that is given. `catches_up` asks for one digest of the
    whole time since the last one after a pause; nothing is sent before the day `away_until`.
    """

    subscriptions: tuple[Subscription, ...] = (Subscription(SubscriptionKind.TRENDING),)
    weekdays: tuple[int, ...] = EVERY_DAY
    month_day: int | None = None
    hour: int = 8
    minute: int = 0
    time_zone: str = "UTC"
    most_papers: int = 10
    least_votes: int = 0
    least_score: float = 0.0
    without_words: tuple[str, ...] = ()
    without_authors: tuple[str, ...] = ()
    without_categories: tuple[str, ...] = ()
    catches_up: bool = True
    away_until: date | None = None


class SubscriberState(StrEnum):
    """Whether a subscriber is sent digests; only an active one is."""

    PENDING = "pending"
    ACTIVE = "active"
    LEFT = "left"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader by mail.

    `covered_on` is the newest listing day that a digest has looked at, `looked_at` when it did.
    `link_version` is part of every signed link: raising it makes all earlier links void.
    """

    subscriber_id: int
    address: str
    state: SubscriberState
    preferences: Preferences
    link_version: int
    created_at: datetime
    account_id: int | None = None
    confirmed_at: datetime | None = None
    due_at: datetime | None = None
    looked_at: datetime | None = None
    covered_on: date | None = None
    claim: str | None = None
    soft_bounces: int = 0
    bounced_at: datetime | None = None


class MailState(StrEnum):
    """How a mail of the outbox stands.

    `handing` is in the hands of a worker now; `unknown` was handed over whole, but the process died
    before the server's answer was read.
    """

    WAITING = "waiting"
    HANDING = "handing"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """A composed message that waits in the outbox, or what is left of one."""

    outbox_id: int
    kind: str
    address: str
    message: bytes
    message_id: str
    state: MailState
    due_at: datetime
    created_at: datetime
    attempts: int = 0
    subscriber_id: int | None = None
    last_error: str = ""
    claim: str | None = None


class Bounce(StrEnum):
    """What a report about a delivered or undeliverable mail says."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
