"""ETag and Last-Modified of lists: 304 exactly while nothing has changed (RFC 9110, 13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import editions
import pytest
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings


@dataclass
class Clock:
    now: datetime = editions.NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Site:
    """A library that a test may change, and whoever asks it."""

    services: Services
    client: TestClient
    clock: Clock

    def add(self, first: int) -> None:
        self.services.store.ingest(
            editions.edition(editions.TODAY, 1, first=first), now=self.clock()
        )
        sync_index(self.services)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = Clock()
    services = open_services(Settings(data=tmp_path), clock)
    services.store.ingest(editions.edition(editions.TODAY, 5, first=100), now=clock())
    sync_index(services)
    with TestClient(create_app(services)) as client:
        yield Site(services, client, clock)


LISTS = [
    "/feeds/day.atom",
    "/feeds/day.rss",
    "/feeds/day.json",
    "/cite/day.bib",
    "/cite/day.csl.json",
]


@pytest.mark.parametrize("path", LISTS)
def test_a_known_tag_is_answered_304_without_a_body(client: TestClient, path: str) -> None:
    whole = client.get(path)
    again = client.get(path, headers={"If-None-Match": f'"other", {whole.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == whole.headers["etag"]
    assert again.headers["last-modified"] == whole.headers["last-modified"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_has_the_same_validators(client: TestClient) -> None:
    whole, head = client.get("/feeds/day.atom"), client.head("/feeds/day.atom")
    assert head.content == b""
    assert head.headers["etag"] == whole.headers["etag"]


def test_one_tag_stands_for_both_encodings(client: TestClient) -> None:
    plain = client.get("/feeds/day.atom", headers={"Accept-Encoding": "identity"})
    small = client.get("/feeds/day.atom", headers={"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert plain.headers["etag"] == small.headers["etag"]
    assert plain.headers["etag"].startswith('W/"')


def test_last_modified_alone_answers_304(client: TestClient) -> None:
    modified = client.get("/feeds/day.atom").headers["last-modified"]
    assert parsedate_to_datetime(modified) == editions.NOW
    since = {"If-Modified-Since": modified}
    assert client.get("/feeds/day.atom", headers=since).status_code == 304


def test_a_tag_counts_more_than_a_date(client: TestClient) -> None:
    modified = client.get("/feeds/day.atom").headers["last-modified"]
    both = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert client.get("/feeds/day.atom", headers=both).status_code == 200


@pytest.mark.parametrize("date", ["yesterday", "", "Fri, 99 Foo 2026 00:00:00 GMT", "2026-08-21"])
def test_a_date_that_is_none_is_ignored(client: TestClient, date: str) -> None:
    reply = client.get("/feeds/day.atom", headers={"If-Modified-Since": date})
    assert reply.status_code == 200


def test_a_new_paper_changes_tag_and_date_even_within_one_second(site: Site) -> None:
    before = site.client.get("/feeds/day.atom")
    site.add(900)
    for condition in (
        {"If-None-Match": before.headers["etag"]},
        {"If-Modified-Since": before.headers["last-modified"]},
    ):
        after = site.client.get("/feeds/day.atom", headers=condition)
        assert after.status_code == 200
        assert "2608.00900" in after.text
    later = parsedate_to_datetime(after.headers["last-modified"])
    assert later > parsedate_to_datetime(before.headers["last-modified"])


def test_a_change_elsewhere_leaves_a_list_unchanged(site: Site) -> None:
    path = "/feeds/author/Diego Marchetti.atom?limit=1"
    before = site.client.get(path)
    assert "Diego Marchetti" in before.text
    site.services.store.ingest(
        [editions.record("2601.00001", "An Old Paper of Others", "Text.",
                         listed_on=editions.TODAY - timedelta(days=200), authors=("No One",))],
        now=site.clock(),
    )  # fmt: skip
    sync_index(site.services)
    site.clock.now += timedelta(hours=2)
    after = site.client.get(path, headers={"If-Modified-Since": before.headers["last-modified"]})
    assert after.status_code == 304
    assert after.headers["last-modified"] == before.headers["last-modified"]


def test_the_day_moves_on_without_an_import(site: Site) -> None:
    before = site.client.get("/feeds/trending.json?window=day")
    site.clock.now += timedelta(minutes=2)
    again = site.client.get(
        "/feeds/trending.json?window=day", headers={"If-None-Match": before.headers["etag"]}
    )
    assert again.status_code == 304  # looked at anew, found the same


def test_lists_of_two_hosts_do_not_answer_for_each_other(client: TestClient) -> None:
    one = client.get("/feeds/day.atom", headers={"Host": "one.example"})
    two = client.get(
        "/feeds/day.atom", headers={"Host": "two.example", "If-None-Match": one.headers["etag"]}
    )
    assert two.status_code == 200
    assert "two.example" in two.text


def test_a_future_date_is_answered_304_as_for_any_later_one(client: TestClient) -> None:
    client.get("/feeds/day.atom")
    future = format_datetime(datetime(2027, 1, 1, tzinfo=UTC), usegmt=True)
    reply = client.get("/feeds/day.atom", headers={"If-Modified-Since": future})
    assert reply.status_code == 304


def test_feeds_set_no_cookie(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/feeds/day.atom").headers
