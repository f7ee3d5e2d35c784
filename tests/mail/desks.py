"""Libraries with readers: invented papers, subscribers, and services that send to a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from broadsheet.domain import PaperRecord
from broadsheet.mail import Preferences, Subscriber, SubscriberState
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

DAY = date(2026, 8, 21)
MORNING = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
SUBJECTS = ("Lanterns", "Harbours", "Beehives", "Glaciers", "Orchards", "Kites", "Bridges", "Mills")
METHODS = ("Counting", "Dating", "Mapping", "Weighing", "Naming", "Sorting", "Drawing", "Hearing")

Opened = Callable[..., Services]
"""Opens a library in a test's folder; see the fixture `opened`."""


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def invented(number: int, listed_on: date = DAY, **values: Any) -> PaperRecord:
    """One invented paper; the smaller its number, the more votes it has."""
    subject, method = SUBJECTS[number % 8], METHODS[number // 8 % 8]
    record = PaperRecord(
        source="hf_daily",
        record_id=f"2608.{number:05d}",
        arxiv_id=f"2608.{number:05d}",
        title=f"{method} {subject}, Part {number}",
        abstract=f"We spent year {number} {method.lower()} {subject.lower()} by hand, and found "
        f"{number * 7919} of them in survey {number}. Nobody had expected so many.",
        authors=(f"Ada Author{number}", "Bo Writer"),
        categories=("cs.LG",) if number % 2 else ("math.CO",),
        submitted_at=datetime(2026, 8, 19, tzinfo=UTC),
        listed_on=listed_on,
        votes=max(0, 100 - number),
        comments=number % 3,
    )
    return replace(record, **values)


def a_day(day: date, first: int = 1, papers: int = 12) -> list[PaperRecord]:
    """The papers of one day."""
    return [invented(number, day) for number in range(first, first + papers)]


def mail_settings(data: Path, port: int = 9, **values: Any) -> Settings:
    """Settings of an instance that sends mail to a server on this machine."""
    given = {
        "data": data,
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_security": "none",
        "mail_from": "The Paper <papers@example.org>",
        "base_url": "https://papers.example.org",
        "secret_key": SecretStr("a secret of the tests that nobody else has"),
        "smtp_connections": 1,
        **values,
    }
    return Settings(**given)


def open_desk(
    data: Path,
    port: int = 9,
    *,
    clock: Callable[[], datetime] | None = None,
    records: list[PaperRecord] | None = None,
    is_indexed: bool = False,
    **values: Any,
) -> Services:
    """Services around a library, with the papers of one day unless others are given."""
    clock = clock or Clock()
    services = open_services(mail_settings(data, port, **values), clock)
    wanted = a_day(DAY) if records is None else records
    if wanted:
        services.store.ingest(wanted, now=clock())
    if is_indexed:
        sync_index(services)
    return services


def subscribe(
    services: Services,
    address: str = "ann@example.org",
    preferences: Preferences | None = None,
    **values: Any,
) -> Subscriber:
    """An active subscriber who is due now."""
    mail = services.store.mail
    reader = mail.subscribers.join(address, preferences or Preferences(), services.clock())
    given = {"state": SubscriberState.ACTIVE, "due_at": services.clock(), **values}
    return mail.subscribers.change(reader.subscriber_id, **given)
