"""A machine without a connection: it says so once, tries again soon, and the states stay true."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest
from outside import Clock, add, hf_list, shown

from broadsheet import intake, worker
from broadsheet.domain import SourceState
from broadsheet.services import Services
from loopback import Loopback

DAY = date(2026, 8, 20)
OFFLINE = "No source can be reached: this machine seems to be offline."


@pytest.fixture
def offline(services: Services) -> Services:
    """A library with three sources, none of which can be reached."""
    for name, host in (("a", "papers.invalid"), ("b", "127.0.0.1:9"), ("c", "lists.invalid")):
        options = {"url": f"http://{host}/list", "days": "1"}
        intake.add_source(services, "huggingface", options, name)
    return services


class Rounds:
    """Rounds of one worker, and what it said in the last of them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._said: list[str] = []
        self._told = worker.Told(self._said.append)

    def next(self) -> list[str]:
        self._said.clear()
        worker.work_once(self._services, self._said.append, told=self._told)
        return list(self._said)


def test_offline_machine_says_so_in_one_sentence_with_the_next_try(offline: Services) -> None:
    (sentence,) = Rounds(offline).next()
    assert sentence.startswith(OFFLINE)
    assert "tried again from 2026-08-20 12:05 UTC on" in sentence


def test_each_state_tells_its_own_truth_meanwhile(offline: Services) -> None:
    Rounds(offline).next()
    sources = offline.store.sources()
    assert [source.outcome for source in sources] == [SourceState.FAILED] * 3
    assert "papers.invalid cannot be reached" in sources[0].reason
    assert "127.0.0.1:9 cannot be reached" in sources[1].reason
    assert "lists.invalid cannot be reached" in sources[2].reason


def test_offline_machine_does_not_repeat_itself(offline: Services, moving: Clock) -> None:
    rounds = Rounds(offline)
    rounds.next()
    for _ in range(5):
        moving.move(minutes=30)
        assert rounds.next() == []
    assert offline.store.source("a").failures == 6


def test_offline_machine_tries_again_within_half_an_hour(offline: Services, moving: Clock) -> None:
    for _ in range(8):
        worker.work_once(offline, lambda _: None)
        waits = [source.due_at - moving.now for source in offline.store.sources()]
        assert 300 <= min(waits).total_seconds() <= max(waits).total_seconds() <= 1800
        moving.now += max(waits)


def test_machine_that_is_online_again_tells_of_each_source(
    services: Services, server: Loopback, moving: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        options = {"url": f"http://{name}.invalid/list", "days": "1"}
        intake.add_source(services, "huggingface", options, name)
    rounds = Rounds(services)
    assert len(rounds.next()) == 1
    moving.move(minutes=30)
    with monkeypatch.context() as online:
        online.setenv("HTTP_PROXY", server.url)
        online.setenv("NO_PROXY", "")
        server.answer("/list", body=hf_list([1], DAY))
        assert [line.split(".")[0] for line in rounds.next()] == ["a: fresh", "b: quiet"]
    moving.move(hours=2)
    (sentence,) = rounds.next()
    assert sentence.startswith(OFFLINE)


def test_service_that_is_down_alone_is_told_by_name_and_once(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server, name="up")
    server.answer("/list", body=hf_list([1], DAY))
    for name in ("down", "gone"):
        options = {"url": f"http://{name}.invalid/list", "days": "1"}
        intake.add_source(services, "huggingface", options, name)
    rounds = Rounds(services)
    said = rounds.next()
    assert [line.split(":")[0] for line in said] == ["up", "down", "gone"]
    assert "down.invalid cannot be reached" in said[1]
    moving.move(hours=1)
    assert [line.split(":")[0] for line in rounds.next()] == ["up"]


def test_single_source_that_cannot_be_reached_is_told_by_name_and_once(
    services: Services, moving: Clock
) -> None:
    intake.add_source(services, "huggingface", {"url": "http://papers.invalid/"}, "only")
    rounds = Rounds(services)
    (sentence,) = rounds.next()
    assert sentence.startswith("only: failed. papers.invalid cannot be reached")
    moving.move(minutes=30)
    assert rounds.next() == []


def test_sources_that_fail_one_after_the_other_are_offline_too(
    offline: Services, moving: Clock
) -> None:
    offline.store.pause_source("b", is_paused=True, due_at=moving.now)
    offline.store.pause_source("c", is_paused=True, due_at=moving.now)
    rounds = Rounds(offline)
    assert rounds.next()[0].startswith("a: failed")
    offline.store.pause_source("b", is_paused=False, due_at=moving.now)
    (sentence,) = rounds.next()
    assert sentence.startswith(OFFLINE)
    offline.store.pause_source("c", is_paused=False, due_at=moving.now)
    assert rounds.next() == []


def test_source_that_never_asks_anybody_is_no_sign_of_a_connection(
    offline: Services,
) -> None:
    offline.store.add_source("elder", "telepathy", {}, due_at=offline.clock())
    said = Rounds(offline).next()
    assert [line.split(":")[0] for line in said] == ["elder", "No source can be reached"]


def test_server_that_answers_with_an_error_is_a_connection(
    offline: Services, server: Loopback
) -> None:
    add(offline, server, name="d")
    server.answer("/list", status=503)
    assert [line.split(":")[0] for line in Rounds(offline).next()] == ["d", "a", "b", "c"]


def test_worker_of_an_offline_machine_goes_on_and_papers_can_be_read(
    services: Services, server: Loopback, moving: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    worker.work_once(services, lambda _: None)
    services.store.pause_source("daily", is_paused=True, due_at=moving.now)
    for name in "ab":
        intake.add_source(services, "crossref", {"url": f"http://{name}.invalid"}, name)
    monkeypatch.setattr(worker, "SHORTEST_SLEEP", 0.01)
    monkeypatch.setattr(worker, "LONGEST_SLEEP", 0.01)
    said: list[str] = []
    stop = threading.Event()
    rounds = 0

    def clock() -> object:
        nonlocal rounds
        rounds += 1
        if rounds > 200:
            stop.set()
        moving.move(minutes=1)
        return moving.now

    worker.work(replace(services, clock=clock), stop, said.append)
    assert len(said) == 1
    assert said[0].startswith(OFFLINE)
    assert shown(services, "a") is SourceState.FAILED
    assert services.store.paper("2608.00001").title
