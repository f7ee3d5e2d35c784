"""`broadsheet backfill`: month by month, resumed where it stopped, one row for each wish."""

from __future__ import annotations

from datetime import date

import pytest
from commands import Command
from outside import add, hf_list, library, oai_answer, oai_record, oai_title, once

from broadsheet import intake
from broadsheet.cli import backfill
from broadsheet.domain import SourceState
from broadsheet.services import Services, utc_now
from broadsheet.source_states import state_of
from loopback import Loopback

JANUARY, FEBRUARY = {"from": "2024-01-01"}, {"from": "2024-02-01"}
WINDOW = ("--from", "2024-01-01", "--until", "2024-02-20")


def month(numbers: tuple[int, ...], on: date) -> str:
    return oai_answer([oai_record(number, on) for number in numbers], utc_now())


@pytest.fixture
def filling(command: Command, server: Loopback) -> tuple[str, ...]:
    """The words of a backfill of two months."""
    return ("backfill", "arxiv", *WINDOW, "--url", f"{server.url}/list")


@pytest.fixture
def stopped(
    command: Command,
    services: Services,
    server: Loopback,
    filling: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A backfill that was stopped with Ctrl+C while it waited for February."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backfill.time, "sleep", interrupted)
    server.answer("/list", body=month((1, 2), date(2024, 1, 9)), query=JANUARY)
    server.answer("/list", status=503, query=FEBRUARY)
    done = command(*filling)
    assert done.code == 130
    assert "asks to slow down (HTTP 503). Trying again in 5 minutes; what came is kept" in done.err
    server.forget()


def test_months_are_filled_one_after_the_other(
    command: Command, services: Services, server: Loopback, filling: tuple[str, ...]
) -> None:
    server.answer("/list", body=month((1, 2), date(2024, 1, 9)), query=JANUARY)
    server.answer("/list", body=month((3,), date(2024, 2, 9)), query=FEBRUARY)
    done = command(*filling)
    assert "3 new papers, 0 updated, 0 known, 0 rejected." in done.out
    assert library(services) == once(*map(oai_title, (1, 2, 3)))
    asked = [(one.query["from"], one.query["until"]) for one in server.requests()]
    assert asked == [("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-20")]
    assert services.store.sources() == []


@pytest.mark.usefixtures("stopped")
def test_backfill_that_was_stopped_goes_on_where_it_stopped(
    command: Command, services: Services, server: Loopback, filling: tuple[str, ...]
) -> None:
    server.answer("/list", body=month((3,), date(2024, 2, 9)))
    done = command(*filling)
    assert "Going on from 2024-02-01" in done.err
    assert [request.query["from"] for request in server.requests()] == ["2024-02-01"]
    assert library(services) == once(*map(oai_title, (1, 2, 3)))
    assert services.store.sources() == []


@pytest.mark.usefixtures("stopped")
def test_stopped_backfill_is_shown_as_waiting_and_left_alone_by_the_worker(
    services: Services, server: Loopback
) -> None:
    (row,) = services.store.sources()
    state, reason = state_of(row, utc_now())
    assert state is SourceState.WAITING
    assert "the same command goes on with it" in reason
    assert intake.harvest_due(services) == 0
    assert server.requests() == []


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize(
    "other",
    [
        ("--from", "2024-01-02", "--until", "2024-02-20"),
        ("--from", "2024-01-01", "--until", "2024-02-19"),
        (*WINDOW, "--set", "cs"),
    ],
    ids=["from", "until", "set"],
)
def test_other_wishes_are_another_backfill(
    command: Command, services: Services, server: Loopback, other: tuple[str, ...]
) -> None:
    server.answer("/list", body=month((4,), date(2024, 1, 9)), times=1)
    server.answer("/list", body=month((5,), date(2024, 2, 9)))
    done = command("backfill", "arxiv", *other, "--url", f"{server.url}/list")
    assert "2 new papers" in done.out
    assert "Going on" not in done.err
    asked = server.requests()[0].query
    assert asked["from"] == other[1]
    (row,) = services.store.sources()  # that of the first, which waits
    assert row.options["from"] == "2024-01-01"


def test_backfill_beside_a_daily_source_leaves_it_alone(
    command: Command, services: Services, server: Loopback, filling: tuple[str, ...]
) -> None:
    add(services, server)
    server.answer("/list", body=month((1,), date(2024, 1, 9)), query=JANUARY)
    server.answer("/list", body=oai_answer([], utc_now()), query=FEBRUARY)
    command(*filling)
    (daily,) = services.store.sources()
    assert (daily.name, daily.outcome) == ("daily", None)


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (("--from", "2024-02-01", "--until", "2024-01-01"), "lies before the first"),
        (("--from", "2001-01-01", "--until", "2005-09-15"), "Nothing was changed between"),
        (("--from", "2999-01-01", "--until", "2999-02-01"), "Nothing was changed between"),
        (("--from", "2999-01-01"), "lies before the first"),
    ],
)
def test_empty_window_is_refused_before_anything_is_asked(
    command: Command,
    services: Services,
    server: Loopback,
    window: tuple[str, ...],
    sentence: str,
) -> None:
    done = command("backfill", "arxiv", *window, "--url", f"{server.url}/list")
    assert done.code == 1
    assert sentence in done.err
    assert server.requests() == []
    assert services.store.sources() == []


@pytest.mark.parametrize("day", ["2024-13-01", "yesterday", "2024"])
def test_day_that_is_none_is_refused(command: Command, day: str) -> None:
    done = command("backfill", "arxiv", "--from", day)
    assert done.code == 2
    assert "is no day" in done.err


def test_only_sources_with_a_past_can_be_filled(command: Command) -> None:
    done = command("backfill", "biorxiv", "--from", "2024-01-01")
    assert done.code == 1
    assert "“biorxiv” cannot be filled; what can: arxiv." in done.err


def test_question_that_is_refused_for_good_ends_the_backfill_and_leaves_no_row(
    command: Command, services: Services, server: Loopback, filling: tuple[str, ...]
) -> None:
    server.answer("/list", status=404)
    done = command(*filling)
    assert done.code == 1
    assert "answered HTTP 404" in done.err
    assert services.store.sources() == []


def test_backfill_waits_between_two_questions_as_long_as_it_is_told(
    command: Command, server: Loopback, filling: tuple[str, ...]
) -> None:
    server.answer("/list", body=month((1,), date(2024, 1, 9)))
    command(*filling, "--pause", "0.4")
    first, second = server.requests()
    assert second.at - first.at >= 0.39


def test_second_backfill_of_the_same_does_not_run_beside_the_first(
    command: Command, services: Services, server: Loopback, filling: tuple[str, ...],
    stopped: None,
) -> None:  # fmt: skip
    (row,) = services.store.sources()
    now = utc_now()
    services.store.claim_source(row.name, "elsewhere 1 x", now=now, until=now + intake.LEASE)
    server.answer("/list", body=hf_list([], date(2024, 1, 1)))
    done = command(*filling)
    assert done.code == 1
    assert "Another process is filling this just now" in done.err
    assert server.requests() == []
