"""Every fault of a server, met between two good harvests: nothing is lost, nothing is doubled, and
the state tells the truth.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from outside import Clock, add, library, oai_answer, oai_record, oai_title, once, run, shown

from broadsheet import intake
from broadsheet.domain import Source, SourceState
from broadsheet.services import Services
from broadsheet.source_states import Outcome
from broadsheet.sources.live.fetching import Fetcher
from loopback import CUT, DRIP, DRIP_HEADERS, HANG, HUGE, Loopback

DAY = date(2026, 8, 20)
MORNING = datetime(2026, 8, 20, 6, 0, tzinfo=UTC)  # Thursday; Wednesday's evening is out
OLD, NEW = (1, 2), (1, 2, 3)
Fault = Callable[[Loopback], None]


def answer_with(server: Loopback, numbers: Sequence[int], token: str = "", **asked: str) -> None:
    records = [oai_record(number, DAY) for number in numbers]
    server.answer("/list", body=oai_answer(records, MORNING, token), query=asked)


def impatient(services: Services, source: Source) -> Fetcher:
    """As a harvest asks, with smaller limits."""
    polite = intake.fetcher_of(services, source)
    return replace(polite, longest_answer=0.6, silence=0.3, largest_body=2**20)


def titles(numbers: Sequence[int]) -> list[str]:
    return [oai_title(number) for number in numbers]


@pytest.fixture
def begun(services: Services, server: Loopback, moving: Clock) -> Services:
    """A library after one good harvest."""
    moving.now = MORNING
    add(services, server, "arxiv-oai")
    answer_with(server, OLD)
    assert run(services).state is SourceState.FRESH
    server.forget()
    return services


def with_status(status: int) -> Fault:
    return lambda server: server.answer("/list", status=status, body="Sorry.")


def with_body(body: bytes | str, **more: str) -> Fault:
    return lambda server: server.answer("/list", body=body, headers=more)


def with_fault(fault: str) -> Fault:
    body = oai_answer([oai_record(9, DAY)], MORNING)
    return lambda server: server.answer("/list", body=body, fault=fault)


FAULTS: dict[str, tuple[Fault, str]] = {
    "403": (with_status(403), "asks to slow down (HTTP 403)"),
    "404": (with_status(404), "answered HTTP 404"),
    "406": (with_status(406), "asks to slow down (HTTP 406)"),
    "410": (with_status(410), "answered HTTP 410"),
    "429": (with_status(429), "asks to slow down (HTTP 429)"),
    "500": (with_status(500), "answered HTTP 500"),
    "502": (with_status(502), "answered HTTP 502"),
    "503": (with_status(503), "asks to slow down (HTTP 503)"),
    "rate exceeded": (with_body("Rate exceeded."), "asks to slow down (HTTP 200)"),
    "empty": (with_body(""), "sent an empty answer"),
    "web page": (with_body("<html>Just a moment</html>"), "sent a web page in place of data"),
    "invalid XML": (
        with_body(oai_answer([oai_record(9, DAY)], MORNING)[:-60]),
        "The XML of 127.0.0.1 breaks off",
    ),
    "no records": (
        with_body(
            '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate/><ListRecords/></OAI-PMH>'
        ),
        "without records",
    ),
    "entities": (with_body("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "declares a document type"),
    "damaged packing": (
        with_body(b"\x1f\x8bno", **{"Content-Encoding": "gzip"}),
        "cannot be unpacked",
    ),
    "bomb": (
        with_body(gzip.compress(b" " * 2**25), **{"Content-Encoding": "gzip"}),
        "larger than 1 MiB",
    ),
    "10 GB": (with_fault(HUGE), "larger than 1 MiB"),
    "cut": (with_fault(CUT), "broke off its answer"),
    "slow drip": (with_fault(DRIP), "took longer than"),
    "slow drip of headers": (with_fault(DRIP_HEADERS), "took longer than"),
    "silence": (with_fault(HANG), "did not answer in time"),
    "redirect": (
        lambda server: server.answer(
            "/list", status=302, headers={"Location": "https://elsewhere.example.org/"}
        ),
        "leads to elsewhere.example.org, which is not one of its hosts",
    ),
    "other clock": (
        with_body("x", Date="Sun, 06 Nov 1994 08:49:37 GMT"),
        "says that it is 1994-11-06, and the clock of this machine says 2026-08-20",
    ),
}


@pytest.mark.parametrize(("fault", "sentence"), FAULTS.values(), ids=list(FAULTS))
def test_fault_loses_nothing_doubles_nothing_and_is_told(
    begun: Services, server: Loopback, fault: Fault, sentence: str
) -> None:
    fault(server)
    outcome = run(begun, impatient)
    assert (outcome.state, shown(begun)) == (SourceState.FAILED, SourceState.FAILED)
    assert sentence in outcome.reason
    assert library(begun) == once(*titles(OLD))
    after_a_good_harvest(begun, server)


def after_a_good_harvest(services: Services, server: Loopback) -> Outcome:
    """Everything is there once, and the source is fresh."""
    server.forget()
    answer_with(server, NEW)
    outcome = run(services)
    assert (outcome.state, shown(services)) == (SourceState.FRESH, SourceState.FRESH)
    assert services.store.source("daily").failures == 0
    assert library(services) == once(*titles(NEW))
    return outcome


@pytest.mark.parametrize("host", ["papers.invalid", "127.0.0.1:9"])
def test_lost_connection_loses_nothing_and_is_told(
    services: Services,
    server: Loopback,
    moving: Clock,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moving.now = MORNING
    intake.add_source(services, "arxiv-oai", {"url": f"http://{host}/list"}, "daily")
    # The server is this source's proxy; without it nobody answers there.
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "")
    answer_with(server, OLD)
    run(services)
    with monkeypatch.context() as offline:
        offline.delenv("HTTP_PROXY")
        outcome = run(services)
    assert (outcome.state, outcome.is_unreachable) == (SourceState.FAILED, True)
    assert f"{host} cannot be reached" in outcome.reason
    assert library(services) == once(*titles(OLD))
    after_a_good_harvest(services, server)


def test_broken_second_answer_keeps_the_first_and_goes_on_there(
    begun: Services, server: Loopback
) -> None:
    server.answer("/list", status=503, query={"resumptionToken": "two"})
    answer_with(server, (3, 4), "two")
    assert run(begun).state is SourceState.FAILED
    assert library(begun) == once(*titles((1, 2, 3, 4)))
    server.forget()
    answer_with(server, (5,), resumptionToken="two")
    assert run(begun).state is SourceState.FRESH
    assert library(begun) == once(*titles((1, 2, 3, 4, 5)))
    assert [request.query.get("resumptionToken") for request in server.requests()] == ["two"]


def test_expired_resumption_token_begins_the_list_anew(begun: Services, server: Loopback) -> None:
    server.answer("/list", status=503, query={"resumptionToken": "two"})
    answer_with(server, (3, 4), "two")
    run(begun)
    server.forget()
    expired = oai_answer([], MORNING).replace("noRecordsMatch", "badResumptionToken")
    server.answer("/list", body=expired, query={"resumptionToken": "two"})
    answer_with(server, (5,), resumptionToken="three")
    answer_with(server, (3, 4), "three")
    outcome = run(begun)
    assert outcome.state is SourceState.FRESH
    assert "The resumption token had expired" in outcome.reason
    assert library(begun) == once(*titles((1, 2, 3, 4, 5)))


def test_page_that_comes_twice_doubles_nothing(begun: Services, server: Loopback) -> None:
    answer_with(server, (3, 4), "three", resumptionToken="two")
    answer_with(server, (5,), resumptionToken="three")
    answer_with(server, (3, 4), "two")
    assert run(begun).state is SourceState.FRESH
    assert library(begun) == once(*titles((1, 2, 3, 4, 5)))


def test_token_that_leads_to_itself_ends(begun: Services, server: Loopback) -> None:
    answer_with(server, (3, 4), "two")
    outcome = run(begun)
    assert outcome.state is SourceState.FAILED
    assert "same resumption token twice" in outcome.reason
    assert len(server.requests()) == 2
    after_a_good_harvest_of(begun, server, (1, 2, 3, 4))


def after_a_good_harvest_of(services: Services, server: Loopback, numbers: Sequence[int]) -> None:
    server.forget()
    answer_with(server, numbers)
    run(services)
    assert library(services) == once(*titles(numbers))


def note(number: int) -> dict[str, object]:
    content = {"title": {"value": f"Weaving {number}"}, "abstract": {"value": f"{number} looms."}}
    return {"id": f"note{number}", "forum": f"note{number}", "content": content}


def notes(server: Loopback, numbers: Sequence[int], declared: int, offset: int) -> None:
    told = {"notes": [note(number) for number in numbers], "count": declared}
    server.answer("/list", body=json.dumps(told), query={"offset": str(offset)})


def test_missing_page_is_told_and_made_up_for(services: Services, server: Loopback) -> None:
    add(services, server, "openreview", venue="Loom.cc/2026")
    notes(server, (1, 2), 4, 0)
    notes(server, (), 4, 2)
    outcome = run(services)
    assert (outcome.state, shown(services)) == (SourceState.STALLED, SourceState.STALLED)
    assert "declared 4 records and gave 2" in outcome.reason
    server.forget()
    notes(server, (1, 2, 3, 4), 4, 0)
    assert run(services).state is SourceState.FRESH
    assert library(services) == once(*(f"Weaving {number}" for number in (1, 2, 3, 4)))


def test_page_that_hides_another_by_coming_twice_is_told(
    services: Services, server: Loopback
) -> None:
    add(services, server, "openreview", venue="Loom.cc/2026")
    notes(server, (1, 2), 4, 0)
    notes(server, (1, 2), 4, 2)
    outcome = run(services)
    assert outcome.state is SourceState.STALLED
    assert "declared 4 records and gave 2 (and 2 of them twice)" in outcome.reason
    assert library(services) == once("Weaving 1", "Weaving 2")
    server.forget()
    notes(server, (1, 2), 4, 0)
    notes(server, (3, 4), 4, 2)
    assert run(services).state is SourceState.FRESH
    assert library(services) == once(*(f"Weaving {number}" for number in (1, 2, 3, 4)))


def feed(day: date, numbers: Sequence[int]) -> str:
    """arXiv's announcements of a day."""
    items = "".join(
        f"<item><title>Weaving {number}</title><guid>oai:arXiv.org:2608.{number:05d}v1</guid>"
        f"<description>arXiv:2608.{number:05d}v1 Announce Type: new Abstract: {number} looms."
        "</description>"
        f"<category>cs.LG</category><pubDate>{day:%a, %d %b %Y} 00:00:00 -0400</pubDate></item>"
        for number in numbers
    )
    return (
        '<rss version="2.0"><channel><title>cs.LG</title>'
        f"<pubDate>{day:%a, %d %b %Y} 00:00:00 -0400</pubDate>{items}</channel></rss>"
    )


def test_stale_batch_under_a_fresh_date_is_stalled_and_dates_stay_true(
    services: Services, server: Loopback, moving: Clock
) -> None:
    path = "/list/cs.LG"
    wednesday, thursday = date(2026, 8, 19), date(2026, 8, 20)
    moving.now = datetime(2026, 8, 19, 6, 0, tzinfo=UTC)
    add(services, server, "arxiv-announcements", categories="cs.LG")
    server.answer(path, body=feed(wednesday, (1, 2)))
    assert run(services).state is SourceState.FRESH
    server.forget()
    moving.move(days=1)
    server.answer(path, body=feed(thursday, (1, 2)))
    outcome = run(services)
    assert (outcome.state, shown(services)) == (SourceState.STALLED, SourceState.STALLED)
    assert "that of 2026-08-20 was expected" in outcome.reason
    server.forget()
    server.answer(path, body=feed(thursday, (3,)))
    moving.move(minutes=15)
    assert run(services).state is SourceState.FRESH
    days = {paper.title: paper.announced_on for paper, _ in services.store.every_paper()}
    assert days == {"Weaving 1": wednesday, "Weaving 2": wednesday, "Weaving 3": thursday}


def test_record_that_cannot_be_used_costs_no_other(begun: Services, server: Loopback) -> None:
    records = [oai_record(3, DAY), oai_record(4, DAY).replace("2608.00004", "nonsense")]
    server.answer("/list", body=oai_answer(records, MORNING))
    outcome = run(begun)
    assert (outcome.state, outcome.counts.rejected) == (SourceState.FRESH, 1)
    assert library(begun) == once(*titles((1, 2, 3)))
    after_a_good_harvest_of(begun, server, (1, 2, 3, 4))


@pytest.mark.parametrize("days", [400, -400])
def test_clock_set_wrong_takes_in_nothing_and_harms_nothing_later(
    begun: Services, server: Loopback, moving: Clock, days: int
) -> None:
    told = oai_answer([oai_record(number, DAY) for number in NEW], MORNING)
    server.answer("/list", body=told, headers={"Date": f"{MORNING:%a, %d %b %Y %H:%M:%S} GMT"})
    moving.move(days=days)
    outcome = run(begun)
    assert outcome.state is SourceState.FAILED
    assert "Set the clock" in outcome.reason
    assert library(begun) == once(*titles(OLD))
    moving.now = MORNING
    if days > 0:
        state = shown(begun)
        assert state is SourceState.STALLED
    assert intake.harvest_due(begun) == 1
    assert shown(begun) is SourceState.FRESH
    assert library(begun) == once(*titles(NEW))
