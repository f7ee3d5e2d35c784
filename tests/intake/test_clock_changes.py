"""The nights in which US-Eastern clocks change: every announcement is asked for once it is out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from outside import Clock, add, library, oai_answer, oai_record, oai_title, once, shown

from broadsheet import intake
from broadsheet.domain import SourceState
from broadsheet.services import Services
from broadsheet.sources.live.calendars import EASTERN, announcement_day, is_announcement_day
from loopback import Loopback

HOUR = timedelta(hours=1)
DELAY = timedelta(minutes=150)


def evenings(start: datetime, end: datetime) -> list[datetime]:
    """When each announcement between two instants is out at OAI-PMH."""
    days = (start.date() + timedelta(days=number) for number in range(-1, 9))
    out = (
        datetime(day.year, day.month, day.day, 20, tzinfo=EASTERN).astimezone(UTC) + DELAY
        for day in days
        if is_announcement_day(day)
    )
    return [instant for instant in out if start < instant <= end]


@pytest.mark.parametrize(
    "start",
    [datetime(2026, 3, 6, 5, tzinfo=UTC), datetime(2026, 10, 30, 5, tzinfo=UTC)],
    ids=["forward", "back"],
)
def test_no_announcement_is_missed_or_asked_for_early_when_clocks_change(
    services: Services, server: Loopback, moving: Clock, start: datetime
) -> None:
    end = start + timedelta(days=5)
    outs = evenings(start, end)
    assert len(outs) == 3  # Sunday's, Monday's and Tuesday's
    moving.now = start
    add(services, server, "arxiv-oai")
    serve(server, moving.now, [start, *outs])
    intake.harvest_due(services)
    asked_at = []
    while moving.now < end:
        moving.now += HOUR
        server.forget()
        serve(server, moving.now, [start, *outs])
        asked_at += [moving.now] * intake.harvest_due(services)
        assert shown(services) in {SourceState.FRESH, SourceState.WAITING}
    assert all(out <= asked < out + HOUR for out, asked in zip(outs, asked_at, strict=True))
    assert library(services) == once(*(oai_title(number) for number in range(1, 5)))


def serve(server: Loopback, now: datetime, outs: list[datetime]) -> None:
    """What has been announced by now, one paper an evening."""
    records = [oai_record(number, _dated(out)) for number, out in enumerate(outs, 1) if out <= now]
    server.answer("/list", body=oai_answer(records, now))


def _dated(out: datetime) -> date:
    return announcement_day((out - DELAY).astimezone(EASTERN).date())
