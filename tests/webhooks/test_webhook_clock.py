"""The worker's clock of webhooks: it sends by itself, says what it did, and outlives trouble."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from hooks import PATH, Pier, begin, open_hooks

from broadsheet import webhook_clock, worker
from broadsheet.errors import StorageError
from loopback import Loopback


@pytest.fixture
def pier(tmp_path: Path, receiver: Loopback) -> Iterator[Pier]:
    services, clock = open_hooks(tmp_path)
    yield begin(services, clock, receiver)
    services.store.close()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_worker_sends_and_says_so_and_stops(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.hook()
    pier.add(1)
    said: list[str] = []
    stop = Event()
    running = Thread(target=worker.work, args=(pier.services, stop, said.append))
    running.start()
    until(lambda: "Webhooks: 1 delivered." in said)
    stop.set()
    running.join(10)
    assert not running.is_alive()
    assert pier.papers() == ["2608.00001"]


def test_trouble_is_said_once_and_does_not_end_the_work(
    pier: Pier, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    stop = Event()
    rounds = 0

    def fail(*_: object) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            stop.set()
        raise StorageError("The disk is full.")

    monkeypatch.setattr(webhook_clock, "webhook_round", fail)
    monkeypatch.setattr(webhook_clock, "LONGEST_SLEEP", 0.01)
    webhook_clock.keep_posting(pier.services, stop, said.append)
    assert rounds == 3
    assert said == ["Webhooks cannot be looked after: The disk is full."]
