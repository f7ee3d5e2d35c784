"""A library with a webhook to a server on loopback, and the time; for tests and killed workers."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from broadsheet.delivery.webhooks.lists import make_webhook
from broadsheet.domain import PaperRecord
from broadsheet.people import Account, Role
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.schema import metadata
from broadsheet.webhooks import Delivery, ListKind, Webhook
from loopback import Loopback, Request
from people_factories import person

START = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
TODAY = START.date()
PATH = "/new-papers"


@dataclass
class Clock:
    """Tells the time that a test wants."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def open_hooks(folder: Path, url: str = "", **settings: Any) -> tuple[Services, Clock]:
    """Services that may post to this machine."""
    clock = Clock()
    given = Settings(
        data=folder, database_url=url, webhook_private=True, _env_file=None, **settings
    )
    return open_services(given, clock), clock


def record(number: int, *, listed_on: date = TODAY, **fields: Any) -> PaperRecord:
    values = {
        "source": "corpus",
        "record_id": f"2608.{number:05}",
        "title": f"Lantern {number} on a Long Pier",
        "abstract": f"Lantern {number} is lit at dusk and watched from the shore.",
        "authors": ("Ada Waters",),
        "arxiv_id": f"2608.{number:05}",
        "categories": ("physics.optics",),
        "listed_on": listed_on,
        **fields,
    }
    return PaperRecord(**values)


@dataclass(frozen=True)
class Pier:
    """Services with Alice and Bob, the server that gets deliveries, and the time."""

    services: Services
    clock: Clock
    server: Loopback
    alice: Account
    bob: Account

    def add(self, *numbers: int, **fields: Any) -> None:
        records = [record(number, **fields) for number in numbers]
        self.services.store.ingest(records, now=self.clock())

    def hook(
        self,
        kind: ListKind = ListKind.CATEGORY,
        subject: str = "physics.optics",
        *,
        path: str = PATH,
        owner: Account | None = None,
    ) -> tuple[str, Webhook]:
        """A new webhook of Bob's and its secret."""
        return make_webhook(self.services, owner or self.bob, self.server.url + path, kind, subject)

    def now(self, hook: Webhook) -> Webhook:
        return self.services.store.people.webhooks.find(hook.account_id, hook.webhook_id)

    def deliveries(self, hook: Webhook) -> list[Delivery]:
        return self.services.store.people.deliveries.recent(hook.webhook_id)

    def got(self, path: str = PATH) -> list[Request]:
        return [each for each in self.server.requests() if each.path == path]

    def papers(self, path: str = PATH) -> list[str]:
        """The papers that arrived, in the order in which they came."""
        return [paper["id"] for each in self.got(path) for paper in said(each)["data"]["papers"]]

    def with_settings(self, **changes: Any) -> Pier:
        """The same under other settings."""
        settings = self.services.settings.model_copy(update=changes)
        rules = dataclasses.replace(self.services.community.webhooks, settings=settings)
        community = dataclasses.replace(self.services.community, webhooks=rules)
        services = dataclasses.replace(self.services, settings=settings, community=community)
        return dataclasses.replace(self, services=services)


def said(request: Request) -> Any:
    return json.loads(request.body)


def begin(services: Services, clock: Clock, server: Loopback) -> Pier:
    """An empty library with two people."""
    clock.now = START
    server.forget()
    with services.store._database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    alice, bob = person(services, "alice", Role.OWNER), person(services, "bob")
    return Pier(services, clock, server, alice, bob)


def signature(secret: str, request: Request) -> str:
    """The signature of a delivery, computed from the text of Standard Webhooks 1.0 alone."""
    key = base64.b64decode(secret.split("_", 1)[1])
    headers = request.headers
    signed = b".".join(
        (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), request.body)
    )
    block = hashlib.sha256().block_size
    padded = key.ljust(block, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + signed).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()
    assert outer == hmac.new(key, signed, "sha256").digest()
    return "v1," + base64.b64encode(outer).decode()
