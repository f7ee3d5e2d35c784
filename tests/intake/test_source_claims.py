"""Who may harvest a source: one worker at a time, none for what is not due, and no dead one."""

from __future__ import annotations

import platform
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from outside import Clock, add, hf_list, hf_title, library, once, run

from broadsheet import intake
from broadsheet.claims import new_claim
from broadsheet.domain import Source, SourceState
from broadsheet.errors import StorageError
from broadsheet.intake import harvest
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch
from broadsheet.sources.live.registry import KINDS
from loopback import Loopback

DAY = date(2026, 8, 20)


def claim(services: Services, word: str) -> None:
    now = services.clock()
    assert services.store.claim_source("daily", word, now=now, until=now + intake.LEASE)


def of_a_dead_process() -> str:
    gone = subprocess.Popen(["true"])
    gone.wait()
    return f"{platform.node()} {gone.pid} x"


@pytest.mark.parametrize(
    "word",
    [new_claim(), "elsewhere 1 x", "nonsense", " 1 x"],
    ids=["this process", "another machine", "one word", "no machine"],
)
def test_claim_of_another_worker_is_respected(
    services: Services, server: Loopback, word: str
) -> None:
    add(services, server)
    claim(services, word)
    assert harvest(services, services.store.source("daily")) is None
    assert intake.harvest_due(services) == 0
    assert server.requests() == []


def test_claim_of_another_worker_ends_with_its_time(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    claim(services, "elsewhere 1 x")
    moving.move(minutes=15)
    assert run(services).state is SourceState.FRESH


def test_claim_of_a_dead_process_is_taken_over_at_once(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    claim(services, of_a_dead_process())
    assert run(services).state is SourceState.FRESH


def test_worker_harvests_at_once_what_a_dead_process_held(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    claim(services, of_a_dead_process())
    assert intake.harvest_due(services) == 1


def test_claim_that_a_wrong_clock_made_for_next_year_is_void(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    moving.move(days=300)
    claim(services, "elsewhere 1 x")
    moving.move(days=-300)
    assert intake.harvest_due(services) == 1


def test_claim_looks_again_whether_the_source_is_still_due(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    seen_by_another = services.store.source("daily")
    run(services)
    assert harvest(services, seen_by_another, only_if_due=True) is None
    assert len(server.requests()) == 1


def test_worker_passes_over_what_another_harvested_since_it_looked(
    services: Services, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    look = services.store.next_due_source

    def look_slowly(*arguments: object) -> Source | None:
        found = look(*arguments)  # type: ignore[arg-type]
        if found:
            run(services)
        return found

    monkeypatch.setattr(services.store, "next_due_source", look_slowly)
    assert intake.harvest_due(services) == 0
    assert len(server.requests()) == 1


def test_claim_looks_again_whether_the_source_was_paused(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    seen_before = services.store.source("daily")
    services.store.pause_source("daily", is_paused=True, due_at=services.clock())
    assert harvest(services, seen_before, only_if_due=True) is None
    assert server.requests() == []


def test_source_may_be_harvested_early_when_somebody_asks_for_it(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    run(services)
    assert run(services).state is SourceState.QUIET


def broken(error: BaseException) -> dict[str, object]:
    """Kinds whose Hugging Face gives one good batch and then breaks."""

    def breaking(*arguments: object) -> Iterator[Batch]:
        yield next(iter(KINDS["huggingface"].harvest(*arguments)))  # type: ignore[misc, arg-type]
        raise error

    return {"huggingface": replace(KINDS["huggingface"], harvest=breaking)}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_harvest_that_is_interrupted_lets_its_source_go(
    services: Services,
    server: Loopback,
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    with monkeypatch.context() as patched:
        patched.setattr("broadsheet.source_states.KINDS", broken(error))
        with pytest.raises(type(error)):
            harvest(services, services.store.source("daily"))
    source = services.store.source("daily")
    assert (source.claim, source.outcome) == (None, None)
    assert library(services) == once(hf_title(1))
    run(services)
    assert library(services) == once(hf_title(1))


def test_interruption_is_told_even_where_the_source_cannot_be_let_go(
    services: Services, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    monkeypatch.setattr("broadsheet.source_states.KINDS", broken(KeyboardInterrupt()))
    monkeypatch.setattr(services.store, "release_source", full_disk)
    with pytest.raises(KeyboardInterrupt):
        harvest(services, services.store.source("daily"))


def full_disk(*_: object, **__: object) -> None:
    raise StorageError("The disk is full.")


@pytest.mark.parametrize("method", ["ingest_batch", "finish_source"])
def test_trouble_with_the_store_lets_the_source_go_and_the_others_have_their_turn(
    services: Services, server: Loopback, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    add(services, server, name="a")
    add(services, server, name="b")
    server.answer("/list", body=hf_list([1], DAY))
    whole = getattr(services.store, method)

    def failing(*arguments: object, **named: object) -> object:
        if "a" in (named.get("source"), *arguments):
            full_disk()
        return whole(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(services.store, method, failing)
        with pytest.raises(StorageError, match="disk is full"):
            intake.harvest_due(services)
    assert services.store.source("a").claim is None
    assert services.store.source("a").outcome is None
    assert services.store.source("b").outcome is not None
    assert intake.harvest_due(services) == 1
    assert library(services) == once(hf_title(1))


def test_source_that_is_removed_before_its_turn_is_passed_over(
    services: Services, server: Loopback
) -> None:
    add(services, server, name="a")
    add(services, server, name="b")
    server.answer("/list", body=hf_list([1], DAY))

    def remove_b(source: Source, _: object) -> None:
        if source.name == "a":
            services.store.remove_live_source("b")

    assert intake.harvest_due(services, remove_b) == 1


def test_source_that_is_removed_during_its_harvest_stores_nothing_more(
    services: Services, server: Loopback
) -> None:
    add(services, server, days="2")
    server.answer("/list", body=hf_list([1], DAY - timedelta(days=1)), query={"date": "2026-08-19"})
    server.answer("/list", body=hf_list([2], DAY))
    with pytest.raises(StorageError, match="was removed"):
        harvest(
            services,
            services.store.source("daily"),
            report=lambda _: services.store.remove_live_source("daily"),
        )
    assert library(services) == once(hf_title(1))


def test_two_workers_at_once_ask_each_source_once(
    services: Services, server: Loopback, moving: Clock
) -> None:
    names = [f"s{number}" for number in range(6)]
    for name in names:
        add(services, server, name=name)
    server.answer("/list", body=hf_list([1, 2, 3], DAY))
    other = open_services(Settings(data=services.settings.data), moving)
    done: list[str] = []
    workers = [
        threading.Thread(
            target=intake.harvest_due, args=(each, lambda source, _: done.append(source.name))
        )
        for each in (services, other)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    other.store.close()
    assert sorted(done) == names
    assert len(server.requests()) == len(names)
    assert library(services) == once(*map(hf_title, (1, 2, 3)))


def test_worker_that_was_thought_dead_stores_nothing_over_its_successor(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server, days="2")
    server.answer("/list", body=hf_list([1], DAY - timedelta(days=1)), query={"date": "2026-08-19"})
    server.answer("/list", body=hf_list([2], DAY))

    def sleep(_: Batch) -> None:
        moving.move(minutes=20)
        run(services)

    with pytest.raises(StorageError, match="took over"):
        harvest(services, services.store.source("daily"), report=sleep)
    source = services.store.source("daily")
    assert (source.outcome, source.claim) == (SourceState.FRESH, None)
    assert library(services) == once(hf_title(1), hf_title(2))


def test_connections_are_closed_when_a_harvest_ends(services: Services, server: Loopback) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    made: list[Fetcher] = []

    def remembered(services: Services, source: Source) -> Fetcher:
        made.append(intake.fetcher_of(services, source))
        return made[-1]

    run(services, remembered)
    assert made[0]._client == []
