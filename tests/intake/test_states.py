"""How a source is said to stand, as time goes by after its last harvest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from outside import Clock, add, hf_list, oai_answer, oai_record, run, shown

from broadsheet.domain import ImportCounts, SourceState
from broadsheet.services import Services
from broadsheet.source_states import Tally, judge, kind_of, state_of
from loopback import Loopback

DAY = date(2026, 8, 20)


def test_source_that_nobody_asks_is_not_fresh(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    run(services)
    moving.move(hours=1, minutes=30)
    assert shown(services) is SourceState.FRESH
    moving.move(hours=1)
    state, reason = state_of(services.store.source("daily"), moving.now)
    assert state is SourceState.STALLED
    assert "worker" in reason


def test_source_that_was_never_asked_though_due_is_stalled(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    moving.move(minutes=59)
    assert shown(services) is SourceState.WAITING
    moving.move(minutes=2)
    state, reason = state_of(services.store.source("daily"), moving.now)
    assert state is SourceState.STALLED
    assert "due at 2026-08-20 12:00 UTC and nobody asked" in reason
    assert "Before that" not in reason


def test_source_that_failed_and_is_not_tried_again_is_stalled(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    server.answer("/list", status=500)
    run(services)
    assert shown(services) is SourceState.FAILED
    moving.move(hours=2)
    state, reason = state_of(services.store.source("daily"), moving.now)
    assert state is SourceState.STALLED
    assert "nobody asked" in reason
    assert "Before that: 127.0.0.1 answered HTTP 500." in reason


def test_source_waits_over_the_weekend(services: Services, server: Loopback, moving: Clock) -> None:
    moving.now = datetime(2026, 8, 21, 6, 0, tzinfo=UTC)  # Friday; Thursday's evening is out
    add(services, server, "arxiv-oai")
    server.answer("/list", body=oai_answer([oai_record(1, date(2026, 8, 21))], moving.now))
    assert run(services).state is SourceState.FRESH
    assert shown(services) is SourceState.FRESH
    moving.now = datetime(2026, 8, 22, 18, 0, tzinfo=UTC)
    assert shown(services) is SourceState.WAITING


def test_new_source_waits(services: Services, server: Loopback) -> None:
    add(services, server)
    assert state_of(services.store.source("daily"), services.clock()) == (
        SourceState.WAITING,
        "Not asked yet.",
    )


def test_paused_source_waits_however_long(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    services.store.pause_source("daily", is_paused=True, due_at=services.clock())
    moving.move(days=30)
    state, reason = state_of(services.store.source("daily"), moving.now)
    assert (state, reason) == (SourceState.WAITING, "Paused by the operator.")


@pytest.mark.parametrize(("given", "is_trusted"), [(239, False), (247, False), (248, True)])
def test_fewer_records_than_declared_is_stalled(
    services: Services, server: Loopback, given: int, *, is_trusted: bool
) -> None:
    add(services, server)
    source = services.store.source("daily")
    outcome = judge(source, kind_of(source), Tally(received=given, declared=250), services.clock())
    assert (outcome.state is SourceState.QUIET) is is_trusted
    assert is_trusted or f"declared 250 records and gave {given}." in outcome.reason


def test_harvest_that_went_on_in_the_middle_is_not_judged_by_its_number(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    source = replace(services.store.source("daily"), is_underway=True)
    outcome = judge(source, kind_of(source), Tally(received=2, declared=250), services.clock())
    assert outcome.state is SourceState.QUIET


def test_all_records_set_aside_is_stalled_and_names_the_first_reason(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body='[{"paper": {"id": "2608.00001"}}, {"paper": 7}]')
    outcome = run(services)
    assert outcome.state is SourceState.STALLED
    assert "all 2 records were set aside" in outcome.reason
    assert "The first: The record has no title." in outcome.reason


def test_one_record_set_aside_among_good_ones_is_told_and_harmless(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=f"{hf_list([1], DAY)[:-1]}, 7]")
    outcome = run(services)
    assert outcome.state is SourceState.FRESH
    assert "1 new, 0 updated. 1 set aside" in outcome.reason


def test_source_that_was_asked_in_the_future_is_stalled_and_asked_again(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    run(services)
    moving.move(days=-300)
    state, reason = state_of(services.store.source("daily"), moving.now)
    assert state is SourceState.STALLED
    assert "in the future" in reason
    due = services.store.next_due_source(moving.now)
    assert due is not None
    assert due.name == "daily"


def test_clock_that_is_a_minute_ahead_is_no_trouble(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    run(services)
    moving.move(minutes=-1)
    assert shown(services) is SourceState.FRESH
    assert services.store.next_due_source(moving.now) is None


def test_news_of_an_update_count_as_news(services: Services, server: Loopback) -> None:
    add(services, server)
    source = services.store.source("daily")
    tally = Tally(counts=ImportCounts(updated=1, unchanged=3), received=4)
    outcome = judge(source, kind_of(source), tally, services.clock())
    assert outcome.state is SourceState.FRESH
    assert outcome.due_at == services.clock() + timedelta(hours=1)
