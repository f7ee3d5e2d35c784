"""The page of sources and the foot of every page: each state with its sentence, and no secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from apps import app_around
from broadsheet import intake
from broadsheet.domain import SourceState
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

NOW = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
Standing = Callable[..., None]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(Settings(data=tmp_path / "data", worker=False), lambda: NOW)
    yield opened
    opened.store.close()


@pytest.fixture
def standing(services: Services) -> Standing:
    """Adds a source that was asked an hour ago, and what came of it."""

    def add(
        name: str, state: SourceState, reason: str, kind: str = "huggingface", **changes: object
    ) -> None:
        options = {"url": "https://ada:hush7@lists.example.org/feed?key=hush7"}
        intake.add_source(services, kind, options, name)
        services.store.claim_source(name, "x", now=NOW, until=NOW + HOUR / 4)
        told = {"checked_at": NOW - HOUR, "due_at": NOW + HOUR, "news_at": None, "batch_on": None}
        services.store.finish_source(
            name, "x", outcome=state, reason=reason, failures=0, **{**told, **changes}
        )

    return add


def page(services: Services, path: str = "/sources") -> str:
    with TestClient(app_around(services)) as client:
        reply = client.get(path)
    assert reply.status_code == 200
    return unescape(re.sub(r"\s+", " ", reply.text))


def entries(text: str) -> list[tuple[str, str]]:
    """The name and the state of each source on the page."""
    return re.findall(r'<h2>(\S+) <span class="badge">(\w+)</span>', text)


def five(standing: Standing, services: Services) -> None:
    standing("a", SourceState.QUIET, "Asked, and there was truly nothing new.")
    standing("b", SourceState.FRESH, "12 new, 3 updated.", news_at=NOW - HOUR)
    standing("c", SourceState.STALLED, "The source declared 9 records and gave 2.")
    standing("d", SourceState.FAILED, "lists.example.org answered HTTP 500.")
    intake.add_source(services, "crossref", {}, "e")


def test_all_five_states_are_shown_troubled_ones_first(
    services: Services, standing: Standing
) -> None:
    five(standing, services)
    assert entries(page(services)) == [
        ("d", "failed"), ("c", "stalled"), ("b", "fresh"), ("a", "quiet"), ("e", "waiting")
    ]  # fmt: skip


def test_each_source_tells_why_and_when(services: Services, standing: Standing) -> None:
    standing(
        "a", SourceState.FAILED, "lists.example.org answered HTTP 500.", news_at=NOW - HOUR * 9
    )
    text = page(services)
    assert "lists.example.org answered HTTP 500." in text
    plain = re.sub(r"<[^>]+>", "", text).replace("\xa0", " ")
    assert (
        "Asked 2026-08-20 11:00 UTC; last news 2026-08-20 03:00 UTC; next asked 2026-08-20 13:00 UTC."
        in plain
    )


def test_overdue_source_is_stalled_and_says_since_when(
    services: Services, standing: Standing
) -> None:
    standing("a", SourceState.FRESH, "1 new, 0 updated.", due_at=NOW - HOUR * 2)
    text = page(services)
    assert entries(text) == [("a", "stalled")]
    assert "nobody asked" in text
    assert "due since <time" in text


def test_paused_source_has_no_next_time(services: Services) -> None:
    intake.add_source(services, "crossref", {}, "e", is_paused=True)
    text = page(services)
    assert entries(text) == [("e", "waiting")]
    assert "Never asked." in text


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ((SourceState.FAILED,), "1 of 1 source is in trouble"),
        ((SourceState.FAILED, SourceState.QUIET), "1 of 2 sources is in trouble"),
        ((SourceState.FAILED, SourceState.STALLED), "2 of 2 sources are in trouble"),
        ((SourceState.QUIET,), "No source is in trouble."),
    ],
)
def test_page_says_first_whether_papers_may_be_missing(
    services: Services, standing: Standing, states: tuple[SourceState, ...], sentence: str
) -> None:
    for number, state in enumerate(states):
        standing(f"s{number}", state, "Because.")
    assert sentence in page(services)


def test_every_page_sums_the_states_up_at_its_foot(services: Services, standing: Standing) -> None:
    five(standing, services)
    assert "1 failed, 1 stalled, 1 fresh, 1 quiet, 1 waiting" in page(services, "/about")


def test_secrets_of_an_address_are_on_no_page(services: Services, standing: Standing) -> None:
    five(standing, services)
    for path in ("/sources", "/about", "/"):
        assert "hush7" not in page(services, path)


def test_library_without_sources_says_how_one_is_added(services: Services) -> None:
    text = page(services)
    assert entries(text) == []
    assert "broadsheet sources add arxiv-oai" in text


def test_source_of_an_unknown_kind_is_shown(services: Services) -> None:
    services.store.add_source("elder", "telepathy", {}, due_at=NOW)
    text = page(services)
    assert entries(text) == [("elder", "waiting")]
    assert "telepathy" in text


def test_reason_of_a_source_is_text_and_no_mark_up(services: Services, standing: Standing) -> None:
    standing("a", SourceState.FAILED, "It said <b>no</b>.")
    with TestClient(app_around(services)) as client:
        assert "It said &lt;b&gt;no&lt;/b&gt;." in client.get("/sources").text
