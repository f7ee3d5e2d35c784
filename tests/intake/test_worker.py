"""The clock: one source's trouble never costs the others their turn, whatever the trouble is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from outside import Clock, add, hf_list, hf_title, library, oai_answer, oai_record, once, shown

from broadsheet import intake, worker
from broadsheet.domain import Listing, ListingKind, SourceState
from broadsheet.errors import SourceError, StorageError
from broadsheet.services import Services
from broadsheet.sources.live.harvesting import Batch
from broadsheet.sources.live.registry import KINDS
from loopback import Loopback

DAY = date(2026, 8, 20)


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Makes Crossref's reader raise."""

    def to_raise(error: Exception) -> None:
        def breaking(*_: object) -> Iterator[Batch]:
            raise error
            yield

        kinds = {**KINDS, "crossref": replace(KINDS["crossref"], harvest=breaking)}
        monkeypatch.setattr("broadsheet.source_states.KINDS", kinds)

    return to_raise


@pytest.fixture
def two(services: Services, server: Loopback) -> Services:
    """A source that breaks, and one that is well and has its turn after it."""
    add(services, server, "crossref", name="a-broken")
    add(services, server, name="b-well")
    server.answer("/list", body=hf_list([1], DAY))
    return services


UNFORESEEN = (
    KeyError("x"),
    RecursionError(),
    AttributeError("no"),
    MemoryError(),
    OSError(28, "x"),
)


@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
def test_reader_that_breaks_ends_failed_with_a_sentence_and_the_others_go_on(
    two: Services, raising: Callable[[Exception], None], error: Exception
) -> None:
    raising(error)
    said: list[str] = []
    assert worker.work_once(two, said.append) == 2
    broken = two.store.source("a-broken")
    assert (broken.outcome, broken.claim, broken.failures) == (SourceState.FAILED, None, 1)
    assert f"a fault of its own while reading an answer ({type(error).__name__})" in broken.reason
    assert broken.due_at > two.clock()
    assert shown(two, "b-well") is SourceState.FRESH
    assert library(two) == once(hf_title(1))
    assert [line.split(":")[0] for line in said] == ["a-broken", "b-well"]


def test_fault_of_a_reader_is_logged_with_its_place(
    two: Services, raising: Callable[[Exception], None], caplog: pytest.LogCaptureFixture
) -> None:
    raising(KeyError("x"))
    worker.work_once(two, lambda _: None)
    (record,) = caplog.records
    assert record.getMessage() == "The harvest of a-broken met a fault"
    assert record.exc_info is not None


def test_reader_that_is_mended_is_fresh_at_its_next_turn(
    two: Services, raising: Callable[[Exception], None], moving: Clock, server: Loopback
) -> None:
    raising(KeyError("x"))
    worker.work_once(two, lambda _: None)
    raising(SourceError("no", permanent=False))
    moving.move(minutes=5)
    worker.work_once(two, lambda _: None)
    assert two.store.source("a-broken").reason == "no"


def test_source_of_an_unknown_kind_fails_and_others_go_on(
    services: Services, server: Loopback
) -> None:
    add(services, server)
    server.answer("/list", body=hf_list([1], DAY))
    services.store.add_source("elder", "telepathy", {}, due_at=services.clock())
    assert intake.harvest_due(services) == 2
    elder = services.store.source("elder")
    assert elder.outcome is SourceState.FAILED
    assert "“telepathy”, which this version does not know" in elder.reason
    assert services.store.count() == 1


def test_what_was_stored_before_the_trouble_is_found(
    two: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = two.store.finish_source

    def failing(name: str, *arguments: object, **named: object) -> None:
        if name == "a-broken":
            raise StorageError("The disk is full.")
        whole(name, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(two.store, "finish_source", failing)
    with pytest.raises(StorageError, match="disk is full"):
        worker.work_once(two, lambda _: None)
    page = two.ranking.page(Listing(ListingKind.SEARCH, query=hf_title(1)))
    assert [hit.paper.title for hit in page.hits] == [hf_title(1)]


def work_until(services: Services, is_done: Callable[[list[str]], bool]) -> list[str]:
    """Let the worker's thread work until something was done; what it said."""
    said: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(target=worker.work, args=(services, stop, said.append))
    thread.start()
    deadline = time.monotonic() + 20
    while not is_done(said) and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert is_done(said)
    return said


def test_thread_of_the_worker_survives_a_reader_that_breaks(
    two: Services, raising: Callable[[Exception], None]
) -> None:
    raising(ZeroDivisionError())
    said = work_until(two, lambda said: len(said) == 2)
    assert "a-broken: failed. Broadsheet met a fault of its own" in said[0]
    assert said[1].startswith("b-well: fresh")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (StorageError("The database is locked."), "The database is locked."),
        (ZeroDivisionError(), "The worker met a fault (ZeroDivisionError) and goes on"),
    ],
)
def test_thread_of_the_worker_survives_trouble_and_goes_on(
    two: Services, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    monkeypatch.setattr(worker, "SHORTEST_SLEEP", 0.01)
    monkeypatch.setattr(worker, "LONGEST_SLEEP", 0.01)
    whole = two.store.next_due_source
    troubles = iter([error, error])

    def troubled(*arguments: object) -> object:
        if (trouble := next(troubles, None)) is not None:
            raise trouble
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(two.store, "next_due_source", troubled)
    said = work_until(two, lambda said: any(line.startswith("b-well") for line in said))
    assert sentence in said[0]
    assert sentence in said[1]
    assert shown(two, "b-well") is SourceState.FRESH


def test_worker_that_is_told_to_stop_ends_between_two_batches(
    services: Services, server: Loopback, moving: Clock
) -> None:
    add(services, server, "arxiv-oai")
    for number in (2, 3, 4, 1):  # the first fits every question, so it is asked for last
        asked = {"resumptionToken": f"t{number}"} if number > 1 else {}
        answer = oai_answer([oai_record(number, DAY)], moving.now, f"t{number + 1}")
        server.answer("/list", body=answer, query=asked)
    stopping = iter([False, False, True])
    done = intake.harvest_due(services, is_stopping=lambda: next(stopping, True))
    assert done == 0
    source = services.store.source("daily")
    assert (source.claim, source.is_underway) == (None, True)
    assert services.store.count() == len(server.requests()) == 2
