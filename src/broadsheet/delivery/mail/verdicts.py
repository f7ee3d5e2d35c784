"""What the answer of a mail server means for a mail and for its address (RFC 5321, RFC 3463).

Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from broadsheet.mail import MailState, OutboxMail
from broadsheet.store.mail.outbox import Outcome
from broadsheet.subscriptions.addresses import masked

FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
TROUBLE_RETRY = timedelta(seconds=30)
LIFETIMES = {"digest": timedelta(days=2)}
LETTER_LIFETIME = timedelta(days=1)
"""A letter that could not be delivered for so long leads nowhere any more."""
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_BAD_MAILBOX = frozenset((550, 551, 553))


def outcome_of(mail: OutboxMail, answer: Mapping[str, Any], now: datetime) -> Outcome:
    """What becomes of a mail by the courier's answer."""
    verdict, code = answer.get("verdict"), int(answer.get("code", 0))
    text = without_addresses(str(answer.get("text", "")), mail.address)
    said = f"{code} {text}" if code > 0 else text
    if verdict == "accepted":
        return Outcome(mail.outbox_id, MailState.SENT)
    if verdict == "unknown":
        return Outcome(mail.outbox_id, MailState.UNKNOWN, _UNKNOWN)
    if verdict == "trouble":
        due_at = now + TROUBLE_RETRY
        return Outcome(mail.outbox_id, MailState.WAITING, said, due_at, is_attempt=False)
    if verdict == "refused":
        stops = is_hard(code, text, str(answer.get("stage", "")))
        reason = f"The mail server refused the address: {said}" if stops else ""
        return Outcome(mail.outbox_id, MailState.REFUSED, said, suppress_because=reason)
    if now - mail.created_at >= LIFETIMES.get(mail.kind, LETTER_LIFETIME):
        return Outcome(mail.outbox_id, MailState.EXPIRED, said)
    return Outcome(mail.outbox_id, MailState.WAITING, said, now + retry_after(mail.attempts))


_UNKNOWN = (
    "Handed over whole, but the process died before the server answered. Most probably delivered, "
    "so it is not sent again."
)


def retry_after(attempts: int) -> timedelta:
    """How long to wait after so many earlier attempts."""
    tripled: int = 3 ** min(attempts, 6)
    return min(FIRST_RETRY * tripled, LONGEST_RETRY)


def is_hard(code: int, text: str, stage: str) -> bool:
    """Whether a refusal says that the address itself is bad.

    Refusals of our content, our address or our policy (5.7.x) say nothing about the reader's.
    """
    if stage != "recipient":
        return False
    found = _ENHANCED.search(text)
    if found:
        return found[2] == "1" or (found[2], found[3]) in {("2", "1"), ("6", "7")}
    return code in _BAD_MAILBOX


def without_addresses(text: str, address: str) -> str:
    """What a server said, without the reader's address, or anybody's."""
    return _ADDRESS.sub(lambda found: masked(found[0]), text.replace(address, masked(address)))
