"""Harvests over a real connection into a real library: what is stored, and which state is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from outside import Clock, add, hf_list, oai_answer, oai_record, run, shown

from broadsheet import intake
from broadsheet.domain import Source, SourceState
from broadsheet.services import Services
from loopback import CUT, Loopback

DAY = date(2026, 8, 20)


def test_news_make_a_source_fresh(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1, 2, 3], DAY))
    outcome = run(services)
    assert (outcome.state, outcome.counts.new) == (SourceState.FRESH, 3)
    assert shown(services) is SourceState.FRESH
    assert services.store.count() == 3


def test_nothing_new_makes_it_quiet(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    run(services)
    outcome = run(services)
    assert outcome.state is SourceState.QUIET
    assert services.store.source("daily").news_at == services.clock()


def test_more_votes_are_news(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY, votes=1), times=1)
    server.answer("/list", body=hf_list([1], DAY, votes=5))
    run(services)
    assert run(services).state is SourceState.FRESH
    assert services.store.paper("2608.00001").votes == 5


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_trouble_is_told_with_the_next_try_and_changes_nothing(
    services: Services, server: Loopback, status: int
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1, 2], DAY), times=1)
    server.answer("/list", status=status)
    run(services)
    outcome = run(services)
    assert outcome.state is SourceState.FAILED
    assert f"HTTP {status}" in outcome.reason
    assert outcome.due_at >= services.clock() + timedelta(minutes=5)
    assert services.store.count() == 2


def test_tries_get_rarer_while_it_fails(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", status=500)
    waits = [(run(services).due_at - services.clock()).total_seconds() for _ in range(9)]
    assert waits[:4] == [300, 600, 1200, 2400]
    assert waits[-1] == 6 * 3600


def test_after_trouble_the_next_good_harvest_makes_up_for_it(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1, 2], DAY), fault=CUT, times=1)
    server.answer("/list", body=hf_list([1, 2], DAY))
    assert run(services).state is SourceState.FAILED
    assert run(services).state is SourceState.FRESH
    assert services.store.source("daily").failures == 0
    assert services.store.count() == 2


def test_answer_that_is_no_list_never_replaces_a_good_one(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1, 2], DAY), times=1)
    server.answer("/list", body="<html>Just a moment</html>")
    run(services)
    assert run(services).state is SourceState.FAILED
    assert services.store.count() == 2


def test_old_batch_where_a_new_one_is_due_is_stalled(
    services: Services, server: Loopback, moving: Clock
) -> None:
    moving.now = datetime(2026, 8, 20, 6, 0, tzinfo=UTC)  # Thursday; Wednesday's evening is out
    add(services, server, "arxiv-oai")
    old = [oai_record(number, date(2026, 8, 18)) for number in (1, 2)]
    server.answer("/list", body=oai_answer(old, moving.now))
    outcome = run(services)
    assert outcome.state is SourceState.STALLED
    assert "2026-08-18" in outcome.reason
    assert outcome.due_at == moving.now + timedelta(minutes=15)
    assert services.store.count() == 2


def test_due_sources_are_harvested_once_each(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    seen: list[str] = []
    assert intake.harvest_due(services, lambda source, _: seen.append(source.name)) == 1
    assert seen == ["daily"]
    assert intake.harvest_due(services) == 0


def test_check_stores_nothing(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1, 2], DAY))
    batch = intake.first_batch(services, services.store.source("daily"))
    assert batch is not None
    assert len(batch.records) == 2
    assert services.store.count() == 0
    assert isinstance(services.store.source("daily"), Source)


def test_harvest_that_is_told_to_stop_keeps_what_it_has_and_goes_on_later(
    services: Services, server: Loopback, moving: Clock
) -> None:
    moving.now = datetime(2026, 8, 20, 6, 0, tzinfo=UTC)
    add(services, server, "arxiv-oai")
    first, second = ([oai_record(number, DAY) for number in pair] for pair in ((1, 2), (3, 4)))
    server.answer("/list", body=oai_answer(second, moving.now), query={"resumptionToken": "two"})
    server.answer("/list", body=oai_answer(first, moving.now, "two"))
    source = services.store.source("daily")
    assert intake.harvest(services, source, is_stopping=lambda: True) is None
    assert len(server.requests()) == 1
    stopped = services.store.source("daily")
    assert (stopped.claim, stopped.is_underway, stopped.outcome) == (None, True, None)
    assert services.store.count() == 2
    assert run(services).state is SourceState.FRESH
    assert [request.query.get("resumptionToken") for request in server.requests()] == [None, "two"]
    assert services.store.count() == 4


def test_every_batch_is_reported_when_it_is_stored(services: Services, server: Loopback) -> None:
    add(services, server, days="3")
    server.answer("/list", body=hf_list([1, 2], DAY), query={"date": "2026-08-20"})
    server.answer("/list", body="[]")
    counts: list[int] = []
    intake.harvest(
        services,
        services.store.source("daily"),
        report=lambda _: counts.append(services.store.count()),
    )
    assert counts == [0, 0, 2]
