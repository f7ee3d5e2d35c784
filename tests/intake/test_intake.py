"""Harvests over a real connection into a real library: what is stored, and which state is told."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from outside import Clock, hf_list, oai_answer, oai_record

from broadsheet import intake
from broadsheet.domain import Source, SourceState
from broadsheet.errors import ConfigurationError
from broadsheet.intake import harvest
from broadsheet.services import Services
from broadsheet.source_states import Outcome, Tally, judge, kind_of, state_of
from loopback import CUT, Loopback

DAY = date(2026, 8, 20)


def add(services: Services, server: Loopback, kind: str = "huggingface", **options: str) -> None:
    if kind == "huggingface":
        options = {"days": "1", **options}
    intake.add_source(services, kind, {"url": f"{server.url}/list", **options}, "daily")


def run(services: Services) -> Outcome:
    outcome = harvest(services, services.store.source("daily"))
    assert outcome is not None
    return outcome


def shown(services: Services) -> SourceState:
    return state_of(services.store.source("daily"), services.clock())[0]


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


def test_killed_harvest_goes_on_from_its_cursor(
    services: Services, server: Loopback, moving: Clock
) -> None:
    moving.now = datetime(2026, 8, 20, 6, 0, tzinfo=UTC)
    add(services, server, "arxiv-oai")
    first = [oai_record(number, DAY) for number in (1, 2)]
    second = [oai_record(number, DAY) for number in (3, 4)]
    server.answer("/list", body=oai_answer(second, moving.now), query={"resumptionToken": "two"})
    server.answer("/list", body=oai_answer(first, moving.now, "two"))
    source = services.store.source("daily")
    services.store.claim_source("daily", "dead", now=moving.now, until=moving.now + intake.LEASE)
    batches = intake._batches(services, source, intake.fetcher_of(services, source), moving.now)
    batch = next(batches)
    services.store.ingest_batch(
        batch.records, (), source="daily", claim="dead", cursor=batch.cursor, now=moving.now,
        until=moving.now + intake.LEASE,
    )  # fmt: skip
    batches.close()
    assert harvest(services, source) is None
    moving.move(minutes=16)
    assert run(services).state is SourceState.FRESH
    assert services.store.count() == 4
    assert [request.query.get("resumptionToken") for request in server.requests()] == [None, "two"]


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


def test_source_waits_over_the_weekend(services: Services, server: Loopback, moving: Clock) -> None:
    moving.now = datetime(2026, 8, 21, 6, 0, tzinfo=UTC)  # Friday; Thursday's evening is out
    add(services, server, "arxiv-oai")
    server.answer("/list", body=oai_answer([oai_record(1, date(2026, 8, 21))], moving.now))
    assert run(services).state is SourceState.FRESH
    assert shown(services) is SourceState.FRESH
    moving.now = datetime(2026, 8, 22, 18, 0, tzinfo=UTC)
    assert shown(services) is SourceState.WAITING


def test_paused_and_new_sources_wait(services: Services, server: Loopback) -> None:
    add(services, server)
    assert shown(services) is SourceState.WAITING
    services.store.pause_source("daily", is_paused=True, due_at=services.clock())
    assert "Paused" in state_of(services.store.source("daily"), services.clock())[1]


def test_fewer_records_than_declared_is_stalled(services: Services, server: Loopback) -> None:
    add(services, server)
    source = services.store.source("daily")
    tally = Tally(received=239, declared=250)
    outcome = judge(source, kind_of(source), tally, services.clock())
    assert outcome.state is SourceState.STALLED
    assert "250" in outcome.reason
    assert "239" in outcome.reason
    resumed = replace(source, is_underway=True)
    assert judge(resumed, kind_of(source), tally, services.clock()).state is (SourceState.QUIET)


def test_due_sources_are_harvested_once_each(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    seen: list[str] = []
    assert intake.harvest_due(services, lambda source, _: seen.append(source.name)) == 1
    assert seen == ["daily"]
    assert intake.harvest_due(services) == 0


def test_source_of_an_unknown_kind_fails_and_others_go_on(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    services.store.add_source("elder", "telepathy", {}, due_at=services.clock())
    assert intake.harvest_due(services) == 2
    assert services.store.source("elder").outcome is SourceState.FAILED
    assert services.store.count() == 1


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        ("telepathy", {}, "no kind of source"),
        ("huggingface", {"colour": "red"}, "no option “colour”"),
        ("huggingface", {"url": "ftp://example.org"}, "needs the address"),
    ],
)
def test_source_that_cannot_work_is_refused(
    services: Services, kind: str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        intake.add_source(services, kind, options)
    assert services.store.sources() == []


def test_check_stores_nothing(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1, 2], DAY))
    batch = intake.first_batch(services, services.store.source("daily"))
    assert batch is not None
    assert len(batch.records) == 2
    assert services.store.count() == 0
    assert isinstance(services.store.source("daily"), Source)


def test_claim_of_a_living_process_is_respected(services: Services, server: Loopback) -> None:
    add(services, server)
    now = services.clock()
    claim = f"{platform.node()} {os.getpid()} x"
    services.store.claim_source("daily", claim, now=now, until=now + intake.LEASE)
    assert harvest(services, services.store.source("daily")) is None


def test_claim_of_a_dead_process_is_taken_over_at_once(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    now = services.clock()
    gone = subprocess.Popen(["true"])
    gone.wait()
    claim = f"{platform.node()} {gone.pid} x"
    services.store.claim_source("daily", claim, now=now, until=now + intake.LEASE)
    assert run(services).state is SourceState.FRESH


def test_claim_of_another_machine_is_respected(services: Services, server: Loopback) -> None:
    add(services, server)
    now = services.clock()
    services.store.claim_source("daily", "elsewhere 1 x", now=now, until=now + intake.LEASE)
    assert harvest(services, services.store.source("daily")) is None
