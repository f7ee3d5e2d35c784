"""Which sources can be added: those that can work, under a name that can be typed."""

from __future__ import annotations

import pytest

from broadsheet import intake
from broadsheet.errors import ConfigurationError
from broadsheet.services import Services
from broadsheet.settings import Settings
from broadsheet.sources.live.registry import KINDS


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        ("telepathy", {}, "no kind of source “telepathy”. Known are: acl-anthology"),
        ("huggingface", {"colour": "red"}, "no option “colour”; it has: url, days"),
        (
            "huggingface",
            {"url": "ftp://example.org"},
            "needs the web address .* not “ftp://example",
        ),
        ("huggingface", {"url": "example.org/list"}, "needs the web address"),
        ("huggingface", {"url": "https://"}, "needs the web address"),
        ("huggingface", {"url": "https://example.org:99999/"}, "needs the web address"),
        ("huggingface", {"url": "https://example.org:0/"}, "needs the web address"),
        ("huggingface", {"url": "https://[bad"}, "needs the web address"),
        ("huggingface", {"url": ""}, r"needs the web address .*https://…\.$"),
        ("feed", {}, "needs the option “url”: --set url=… Address of the feed"),
        ("feed", {"url": ""}, "needs the option “url”"),
        ("openreview", {}, "needs the option “venue”: --set venue=… Id of the venue"),
    ],
)
def test_source_that_cannot_work_is_refused(
    services: Services, kind: str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        intake.add_source(services, kind, options)
    assert services.store.sources() == []


def test_refused_address_is_told_without_its_secrets(services: Services) -> None:
    address = "ftp://ada:hush@example.org/feed?key=hush"
    with pytest.raises(ConfigurationError) as caught:
        intake.add_source(services, "feed", {"url": address})
    assert "example.org/feed" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["daily", "cs.LG+stat", "a_b-c.1", "7", "x" * 80])
def test_name_that_can_be_typed_is_taken(services: Services, name: str) -> None:
    assert intake.add_source(services, "crossref", {}, name) == name
    assert [source.name for source in services.store.sources()] == [name]


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "daily\n", "x" * 81, "Zoë", "\x1b[31m", "a,b", "<b>", "٣"]
)
def test_name_that_cannot_be_typed_is_refused(services: Services, name: str) -> None:
    with pytest.raises(ConfigurationError, match="letters, digits, dots"):
        intake.add_source(services, "crossref", {}, name)
    assert services.store.sources() == []


def test_source_without_a_name_of_its_own_has_that_of_its_kind(services: Services) -> None:
    assert intake.add_source(services, "crossref", {}) == "crossref"


def test_name_that_is_taken_is_refused(services: Services) -> None:
    intake.add_source(services, "crossref", {})
    with pytest.raises(ConfigurationError, match="There is a source “crossref” already"):
        intake.add_source(services, "crossref", {"filter": "type:journal-article"})


def test_source_that_was_added_is_due_at_once(services: Services) -> None:
    intake.add_source(services, "crossref", {})
    due = services.store.next_due_source(services.clock())
    assert due is not None
    assert due.name == "crossref"


@pytest.mark.parametrize("kind", ["arxiv-oai", "arxiv-query", "arxiv-announcements"])
def test_pauses_of_arxiv_hold_for_its_own_hosts(services: Services, kind: str) -> None:
    intake.add_source(services, kind, {})
    fetch = intake.fetcher_of(services, services.store.source(kind))
    assert fetch.pause_seconds == 3.0
    assert fetch.hosts == frozenset(KINDS[kind].hosts)


def test_mirror_of_ones_own_is_asked_without_pauses(services: Services) -> None:
    intake.add_source(services, "arxiv-oai", {"url": "http://mirror.example.org:8080/oai"})
    fetch = intake.fetcher_of(services, services.store.source("arxiv-oai"))
    assert fetch.pause_seconds == 0.0
    assert "mirror.example.org:8080" in fetch.hosts


def test_contact_of_the_operator_goes_along(services: Services) -> None:
    intake.add_source(services, "crossref", {})
    assert isinstance(services.settings, Settings)
    fetch = intake.fetcher_of(services, services.store.source("crossref"))
    assert fetch.contact == services.settings.contact
