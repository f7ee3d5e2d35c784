"""What a delivery says: one JSON object with the papers as the API gives them, and its signature.

The form is that of Standard Webhooks 1.0 (standardwebhooks.com): `type`, `timestamp` and `data`,
signed with HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from broadsheet.community.webhooks import SECRET_MARK
from broadsheet.delivery.api.models import PaperShape, paper_fields
from broadsheet.domain import Paper
from broadsheet.webhooks import Batch, Webhook

MOST_PAPERS = 25
"""In one delivery."""
LARGEST_BODY = 256 * 1024
"""Bytes of one delivery; several smaller ones are sent instead of a larger one."""
LONGEST_ABSTRACT = 5_000
MOST_AUTHORS = 200
_MOST_OTHERS = 50
NEW, TEST = "papers.new", "webhook.test"


def new_message_id() -> str:
    """A name for a message that no other has."""
    return f"msg_{secrets.token_urlsafe(18)}"


def batches(
    webhook: Webhook, papers: Sequence[Paper], list_url: str, origin: str, now: datetime
) -> Iterator[Batch]:
    """The papers in as many messages as they need, in their order."""
    held: list[tuple[Paper, bytes]] = []
    size = 0
    for paper in papers:
        shaped = orjson.dumps(_shape(paper, origin))
        if held and (len(held) == MOST_PAPERS or size + len(shaped) > LARGEST_BODY):
            yield _batch(webhook, held, list_url, now)
            held, size = [], 0
        held.append((paper, shaped))
        size += len(shaped)
    if held:
        yield _batch(webhook, held, list_url, now)


def message_of_test(webhook: Webhook, list_url: str, now: datetime) -> bytes:
    """A message of the same form without papers."""
    return _message(webhook, TEST, [], list_url, now)


def signed_headers(secret: str, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that tell a receiver who sent a message, and when."""
    moment = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_MARK))
    mac = hmac.digest(key, f"{message_id}.{moment}.".encode() + body, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _batch(
    webhook: Webhook, held: Sequence[tuple[Paper, bytes]], list_url: str, now: datetime
) -> Batch:
    shaped = [orjson.Fragment(each) for _, each in held]
    body = _message(webhook, NEW, shaped, list_url, now)
    return Batch(new_message_id(), tuple(paper.paper_id for paper, _ in held), body)


def _message(
    webhook: Webhook, type_: str, papers: Sequence[Any], list_url: str, now: datetime
) -> bytes:
    watched = {"kind": webhook.kind.value, "name": webhook.label, "url": list_url}
    data = {"webhook": webhook.webhook_id, "list": watched, "papers": list(papers)}
    moment = now.replace(microsecond=0)
    message = {"type": type_, "timestamp": moment, "data": data}
    return orjson.dumps(message, option=orjson.OPT_UTC_Z)


def _shape(paper: Paper, origin: str) -> Mapping[str, Any]:
    """A paper as the API gives it; what nobody reads to its end is cut."""
    abstract = paper.abstract
    if len(abstract) > LONGEST_ABSTRACT:
        abstract = f"{abstract[:LONGEST_ABSTRACT]}…"
    short = replace(
        paper,
        abstract=abstract,
        authors=paper.authors[:MOST_AUTHORS],
        versions=paper.versions[-_MOST_OTHERS:],
        keywords=paper.keywords[:_MOST_OTHERS],
        links=paper.links[:_MOST_OTHERS],
    )
    return PaperShape.model_validate(paper_fields(short, origin)).model_dump(mode="json")
