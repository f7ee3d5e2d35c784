"""What is learnt of an address from bounces and complaints, and reports read from mails (RFC 3464,
RFC 5965).

A report by mail counts only when it returns the Message-ID of a mail that was sent to that very
address: anybody can write a report, but nobody can guess that.
"""

from __future__ import annotations

import email.policy
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from broadsheet.delivery.mail.verdicts import without_addresses
from broadsheet.errors import NotFound
from broadsheet.mail import Bounce, Subscriber, SubscriberState
from broadsheet.services import Services

MOST_SOFT = 6
"""So many soft bounces in a row count as a hard one."""
FORGIVEN_AFTER = timedelta(days=30)
_LONGEST_PAUSE = timedelta(days=32)
_LARGEST_REPORT = 5 * 2**20
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What one report says: the mail it is about, the address, and how bad it is."""

    message_id: str
    kind: Bounce
    reason: str


def take_note(services: Services, address: str, kind: Bounce, reason: str) -> bool:
    """Stop an address, or slow it down; whether anything is kept of it."""
    try:
        reader = services.store.mail.subscribers.by_address(address)
    except NotFound:
        reader = None
    said = without_addresses(" ".join(reason.split())[:300], address)
    if kind is not Bounce.SOFT:
        if reader is None and not _was_written_to(services, address):
            return False
        word = "complained" if kind is Bounce.COMPLAINT else "does not take mail"
        _suppress(services, address, f"The address {word}. {said}".strip())
        return True
    if reader is None or reader.state is not SubscriberState.ACTIVE:
        return False
    _slow_down(services, reader, said)
    return True


def _was_written_to(services: Services, address: str) -> bool:
    """Whether any letter went to an address lately; others are not kept, whoever reports them."""
    since = services.clock() - timedelta(days=90)
    outbox = services.store.mail.outbox
    return any(outbox.count_since(address, kind, since) for kind in ("confirm", "account"))


def _suppress(services: Services, address: str, reason: str) -> None:
    services.store.mail.suppression.add(address, reason, services.clock())


def _slow_down(services: Services, reader: Subscriber, said: str) -> None:
    """Wait 1, 2, 4, 8, 16 days after bounces in a row, then stop."""
    now = services.clock()
    is_row = reader.bounced_at is not None and now - reader.bounced_at < FORGIVEN_AFTER
    bounces = (reader.soft_bounces if is_row else 0) + 1
    if bounces >= MOST_SOFT:
        _suppress(services, reader.address, f"{bounces} soft bounces in a row. {said}".strip())
        return
    pause = min(timedelta(days=2 ** (bounces - 1)), _LONGEST_PAUSE)
    due_at = max(reader.due_at or now, now + pause)
    services.store.mail.subscribers.change(
        reader.subscriber_id, soft_bounces=bounces, bounced_at=now, due_at=due_at
    )


def reports_in(content: bytes) -> Iterator[BounceReport]:
    """The reports of one mail; none where it is no report of a failed delivery or a complaint."""
    if len(content) > _LARGEST_REPORT:
        return
    message = message_from_bytes(content, policy=email.policy.default)
    found = _MESSAGE_ID.findall(_returned(message))
    if not found:
        return
    message_id = found[-1].decode("ascii", "replace")
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            yield from _statuses(part, message_id)
        elif kind == "message/feedback-report":
            yield BounceReport(message_id, Bounce.COMPLAINT, "")


def _returned(message: Message[Any, Any]) -> bytes:
    """The headers of our own mail, as the report returns them."""
    kinds = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global")
    pieces = []
    for part in message.walk():
        if part.get_content_type() in kinds:
            payload: Any = part.get_payload()
            inner = payload[0].as_bytes() if isinstance(payload, list) and payload else None
            raw = inner if inner is not None else part.get_payload(decode=True)
            pieces.append(raw if isinstance(raw, bytes) else b"")
    return b"\n".join(pieces)


def _statuses(part: Message[Any, Any], message_id: str) -> Iterator[BounceReport]:
    """One report for each recipient of a delivery status (RFC 3464, 2.3)."""
    payload: Any = part.get_payload()
    for fields in payload if isinstance(payload, list) else ():
        action = str(fields.get("Action", "")).strip().lower()
        status = _STATUS.search(str(fields.get("Status", "")))
        if action not in {"failed", "delayed"} or status is None:
            continue
        is_hard = action == "failed" and status[1] == "5"
        reason = f"{status[0]} {fields.get('Diagnostic-Code', '')}".strip()
        yield BounceReport(message_id, Bounce.HARD if is_hard else Bounce.SOFT, reason)


def take_reports(services: Services, content: bytes) -> int:
    """Take note of the reports of one mail; how many addresses were stopped or slowed down."""
    noted = 0
    for report in reports_in(content):
        sent = services.store.mail.outbox.by_message_id(report.message_id)
        if sent is not None and sent.address:
            noted += take_note(services, sent.address, report.kind, report.reason)
    return noted


def mails_in(path: Path) -> Iterator[bytes]:
    """The mails of a file: one mail, or many as an mbox."""
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    if not is_mbox:
        yield path.read_bytes()
        return
    for message in mailbox.mbox(path, create=False):
        yield message.as_bytes()
