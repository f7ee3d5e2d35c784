"""Links that act for a subscriber without signing in: signed, with a purpose and an end.

A token is `SUBSCRIBER.VERSION.EXPIRY.SIGNATURE`; the purpose is part of what is signed, so that
a link for voting cannot unsubscribe anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

_TOKEN = re.compile(r"([0-9a-z]{1,13})\.([0-9a-z]{1,6})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{43})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """What a link lets its holder do."""

    CONFIRM = "confirm"
    MANAGE = "manage"
    LEAVE = "leave"
    ACT = "act"


LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=3),
    Purpose.MANAGE: timedelta(days=90),
    Purpose.LEAVE: timedelta(days=3660),  # one click must work in the oldest mail somebody keeps
    Purpose.ACT: timedelta(days=30),
}


class Signer(Protocol):
    """Signs and checks in constant time; the instance's secret key."""

    def signature(self, purpose: str, text: str) -> str:
        """43 characters that fit in an address."""

    def is_signature(self, purpose: str, text: str, given: str) -> bool:
        """Whether the signature is this text's."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token says: whose it is, and whether its time is over."""

    subscriber_id: int
    link_version: int
    is_expired: bool


def make_token(
    signer: Signer, purpose: Purpose, subscriber_id: int, link_version: int, now: datetime
) -> str:
    """A token for one purpose that ends after the purpose's lifetime."""
    expires_at = int((now + LIFETIMES[purpose]).timestamp())
    text = ".".join(_base36(number) for number in (subscriber_id, link_version, expires_at))
    return f"{text}.{signer.signature(_signed(purpose), text)}"


def read_token(signer: Signer, purpose: Purpose, token: str, now: datetime) -> Grant | None:
    """What a token grants for this purpose; None when it was not made here for it."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    text, _, given = token.rpartition(".")
    if not signer.is_signature(_signed(purpose), text, given):
        return None
    subscriber_id, link_version, expires_at = (int(part, 36) for part in text.split("."))
    is_expired = datetime.fromtimestamp(expires_at, UTC) <= now
    return Grant(subscriber_id, link_version, is_expired)


def _signed(purpose: Purpose) -> str:
    return f"subscription-{purpose.value}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = _DIGITS[last] + digits
    return digits or "0"
