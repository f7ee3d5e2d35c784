"""Feeds of what people keep for themselves: by an address that nobody can guess, and take back."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import editions
import feedparser
import libraries
import pytest
from feed_rules import check_atom, check_json_feed, check_rss
from starlette.testclient import TestClient

from apps import app_around
from broadsheet.delivery.private_addresses import make_feed
from broadsheet.doings import FeedKind, FollowKind, Shelf
from broadsheet.errors import NotFound
from broadsheet.follow_news import tell_followers
from broadsheet.people import Account, Role
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.schema import metadata
from people_factories import person, signed_in

ORIGIN = "http://testserver"
QUERY = "glaciers"


@dataclass
class Clock:
    now: datetime = editions.NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Shelfy:
    """A library with Alice and Bob, and a program that is nobody."""

    services: Services
    clock: Clock
    alice: Account
    bob: Account
    program: TestClient

    def path(self, kind: FeedKind, subject: str = "") -> str:
        """A feed of Bob's, without its ending."""
        return make_feed(self.services, self.bob, kind, subject).path.removesuffix(".atom")

    def items(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.program.get(path).json()["items"]
        return found

    def save(self, *keys: str) -> None:
        for key in keys:
            self.services.community.library.put(self.bob, key, Shelf.SAVED)
            self.clock.now += timedelta(minutes=2)

    def collect(self, *keys: str, name: str = "Mine") -> str:
        """The number of a private collection of Bob's with papers put in one after the other."""
        lists = self.services.community.collections
        made = lists.create(self.bob, name)
        for key in keys:
            lists.add(self.bob, made.slug, {self.services.store.paper(key).paper_id: f"On {key}."})
            self.clock.now += timedelta(minutes=2)
        return str(made.collection_id)

    def follow(self, kind: FollowKind, subject: str) -> None:
        self.services.community.follows.follow(self.bob, kind, subject)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, Clock]]:
    folder = tmp_path_factory.mktemp("private")
    libraries.open_library(folder, editions.library()).store.close()
    clock = Clock()
    services = open_services(Settings(data=folder, _env_file=None), clock)
    yield services, clock
    services.store.close()


@pytest.fixture
def mine(kept: tuple[Services, Clock]) -> Shelfy:
    services, clock = kept
    clock.now = editions.NOW
    with services.store._database.write() as connection:
        for table in metadata.sorted_tables:
            if "account_id" in table.c or table.name == "collection_paper":
                connection.execute(table.delete())
    alice, bob = person(services, "alice", Role.OWNER), person(services, "bob")
    return Shelfy(services, clock, alice, bob, TestClient(app_around(services)))


def every_kind(mine: Shelfy) -> dict[FeedKind, str]:
    mine.save("2608.00100", "2608.00101")
    mine.follow(FollowKind.SEARCH, QUERY)
    mine.follow(FollowKind.CATEGORY, "cs.RO")
    number = mine.collect("2608.00102", "2608.00103")
    return {
        FeedKind.SAVED: mine.path(FeedKind.SAVED),
        FeedKind.SEARCH: mine.path(FeedKind.SEARCH, QUERY),
        FeedKind.COLLECTION: mine.path(FeedKind.COLLECTION, number),
        FeedKind.NEWS: mine.path(FeedKind.NEWS),
    }


def test_every_kind_keeps_the_rules_of_every_format_for_one_reader_only(mine: Shelfy) -> None:
    for path in every_kind(mine).values():
        replies = {end: mine.program.get(f"{path}.{end}") for end in ("atom", "rss", "json")}
        assert check_atom(replies["atom"].content, f"{ORIGIN}{path}.atom")
        assert check_rss(replies["rss"].content, f"{ORIGIN}{path}.rss")
        assert check_json_feed(replies["json"].json(), f"{ORIGIN}{path}.json")
        assert not feedparser.parse(replies["atom"].content).bozo
        for reply in replies.values():
            assert reply.headers["cache-control"] == "private, no-cache"
            assert reply.headers["x-robots-tag"].startswith("noindex")
            assert reply.headers["referrer-policy"] == "no-referrer"
            assert "set-cookie" not in reply.headers


def test_what_was_put_there_last_stands_first_and_says_since_when(mine: Shelfy) -> None:
    mine.save("2608.00105", "2608.00101")
    saved = mine.items(mine.path(FeedKind.SAVED) + ".json")
    assert [item["id"][-10:] for item in saved] == ["2608.00101", "2608.00105"]
    assert saved[1]["date_published"] == "2026-08-21T18:30:00Z"
    number = mine.collect("2608.00107", "2608.00106")
    collected = mine.items(mine.path(FeedKind.COLLECTION, number) + ".json")
    assert [item["id"][-10:] for item in collected] == ["2608.00106", "2608.00107"]
    assert collected[0]["_broadsheet"]["reasons"] == ["On 2608.00106."]


def test_a_saved_search_goes_on_with_its_newest_papers(mine: Shelfy) -> None:
    mine.follow(FollowKind.SEARCH, QUERY)
    own = mine.items(mine.path(FeedKind.SEARCH, QUERY) + ".json")
    public = mine.items(f"/feeds/search.json?q={QUERY}&sort=date")
    assert own == public != []


def test_news_of_what_is_followed_begin_with_the_week_and_go_on(mine: Shelfy) -> None:
    mine.follow(FollowKind.CATEGORY, "cs.RO")
    path = mine.path(FeedKind.NEWS) + ".json"
    first = {item["id"] for item in mine.items(path)}
    assert first
    assert all("cs.RO" in item["tags"] for item in mine.items(path))
    number = 9000 + len(list(mine.services.store.papers(range(1, 500))))
    fresh = editions.record(
        f"2608.{number:05}", "A Robot That Waits", "It waits.", categories=("cs.RO",)
    )
    mine.services.store.ingest([fresh], now=mine.clock())
    sync_index(mine.services)
    mine.clock.now += timedelta(minutes=5)
    tell_followers(mine.services)
    items = mine.items(path)
    assert items[0]["title"] == "A Robot That Waits"
    assert {item["id"] for item in items[1:]} == first


def test_filters_and_paging_work_as_on_other_feeds(mine: Shelfy) -> None:
    mine.save(*(f"2608.{number:05}" for number in range(100, 108)))
    path = mine.path(FeedKind.SAVED)
    every = [item["id"] for item in mine.items(f"{path}.json")]
    found: list[str] = []
    address = f"{path}.json?limit=3"
    while address:
        page = mine.program.get(address).json()
        found += [item["id"] for item in page["items"]]
        address = page.get("next_url", "")
    assert found == every
    voted = mine.items(f"{path}.json?min_votes=100")
    assert {item["_broadsheet"]["votes"] >= 100 for item in voted} == {True}
    assert len(voted) < len(every)
    titles = [item["title"] for item in mine.items(f"{path}.json?include=glaciers,bandits")]
    assert len(titles) == 2
    without = mine.items(f"{path}.json?exclude=glaciers&limit=2")
    assert len(without) == 2


def test_ids_stay_when_the_address_is_renewed(mine: Shelfy) -> None:
    mine.save("2608.00100")
    former, renewed = mine.path(FeedKind.SAVED), mine.path(FeedKind.SAVED)
    assert mine.program.get(f"{former}.atom").status_code == 410
    first = feedparser.parse(mine.program.get(f"{renewed}.atom").content)
    again = feedparser.parse(mine.program.get(f"{mine.path(FeedKind.SAVED)}.atom").content)
    assert former != renewed
    assert first.feed.id == again.feed.id
    assert first.entries[0].id == again.entries[0].id == "https://arxiv.org/abs/2608.00100"


def test_asking_again_costs_nothing_while_nothing_changed(mine: Shelfy) -> None:
    mine.save("2608.00100")
    path = mine.path(FeedKind.SAVED) + ".atom"
    whole = mine.program.get(path)
    for name, header in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        again = mine.program.get(path, headers={name: whole.headers[header]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == "private, no-cache"
        assert again.headers["x-robots-tag"].startswith("noindex")
    mine.save("2608.00101")
    again = mine.program.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 200


def test_an_address_that_was_never_made_is_not_found(mine: Shelfy) -> None:
    mine.save("2608.00100")
    path = mine.path(FeedKind.SAVED)
    token = path.rpartition("/")[2]
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "B" * 59, "x", token.lower()):
        assert mine.program.get(f"/feeds/private/{wrong}.atom").status_code == 404
    assert mine.program.get(f"{path}.xml").status_code == 404


def test_a_feed_ends_with_what_it_stands_for(mine: Shelfy) -> None:
    paths = every_kind(mine)
    community = mine.services.community
    community.follows.leave(mine.bob, FollowKind.SEARCH, QUERY)
    community.collections.delete(mine.bob, "mine")
    community.private_feeds.remove(mine.bob, FeedKind.SAVED)
    statuses = {kind: mine.program.get(f"{path}.atom").status_code for kind, path in paths.items()}
    gone = dict.fromkeys((FeedKind.SEARCH, FeedKind.COLLECTION, FeedKind.SAVED), 410)
    assert statuses == {**gone, FeedKind.NEWS: 200}


def test_feeds_of_a_suspended_account_close_and_those_of_a_deleted_one_are_gone(
    mine: Shelfy,
) -> None:
    paths = every_kind(mine)
    mine.services.community.accounts.suspend(mine.alice, "bob", "Sold ice.")
    assert {mine.program.get(f"{path}.atom").status_code for path in paths.values()} == {404}
    mine.services.community.accounts.unsuspend(mine.alice, "bob")
    assert {mine.program.get(f"{path}.rss").status_code for path in paths.values()} == {200}
    mine.services.community.leaving.remove(mine.bob, with_comments=False)
    assert {mine.program.get(f"{path}.atom").status_code for path in paths.values()} == {410}


def test_nobody_makes_feeds_of_others_lists(mine: Shelfy) -> None:
    number = mine.collect("2608.00100")
    for subject in (number, "99999", "9" * 40, "x"):
        with pytest.raises(NotFound):
            make_feed(mine.services, mine.alice, FeedKind.COLLECTION, subject)
    with pytest.raises(NotFound, match="not saved"):
        mine.path(FeedKind.SEARCH, "never saved")


def test_members_read_their_feeds_where_only_members_may_read(mine: Shelfy, tmp_path: Path) -> None:
    import dataclasses

    mine.save("2608.00100")
    path = mine.path(FeedKind.SAVED) + ".atom"
    settings = mine.services.settings.model_copy(update={"reading": "members"})
    closed = TestClient(app_around(dataclasses.replace(mine.services, settings=settings)))
    assert closed.get(path).status_code == 200
    assert closed.get("/feeds/day.atom").status_code == 401


def test_no_log_and_no_list_for_robots_holds_an_address(
    mine: Shelfy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [path.rpartition("/")[2] for path in every_kind(mine).values()]
    for token in tokens:
        mine.program.get(f"/feeds/private/{token}.atom")
        mine.program.get(f"/feeds/private/{token}.atom?limit=many")
    public = "".join(mine.program.get(path).text for path in ("/robots.txt", "/sitemap.xml"))
    client_lines = [each for each in caplog.records if each.name.startswith("httpx")]
    own = [each.getMessage() for each in caplog.records if each not in client_lines]
    with mine.services.store._database.read() as connection:
        from broadsheet.store.webhook_schema import private_feed

        rows = repr(connection.execute(private_feed.select()).all())
    for token in tokens:
        assert token not in "".join(own) + public + rows


ALTERNATE = re.compile(r'<link rel="alternate" type="([^"]+)" title="([^"]+)" href="([^"]+)">')


def test_the_pages_of_the_lists_name_their_feeds_to_their_owner(mine: Shelfy) -> None:
    paths = every_kind(mine)
    bob = signed_in(app_around(mine.services), mine.bob)
    pages = {
        FeedKind.SAVED: "/library",
        FeedKind.COLLECTION: "/people/bob/collections/mine",
        FeedKind.NEWS: "/following",
        FeedKind.SEARCH: "/following",
    }
    for kind, page in pages.items():
        found = {href for _, _, href in ALTERNATE.findall(bob.get(page).text)}
        assert f"{paths[kind]}.atom" in found
        assert f"{ORIGIN}{paths[kind]}.atom" in bob.get("/settings/feeds").text


def test_a_feed_is_made_renewed_and_taken_back_on_the_page(mine: Shelfy) -> None:
    mine.save("2608.00100")
    bob = signed_in(app_around(mine.services), mine.bob)
    form = {"kind": "saved", "act": "make", "next": "/library"}
    assert bob.post("/settings/feeds", data=form).headers["location"] == "/library"
    [first] = re.findall(r"/feeds/private/[\w-]+\.atom", bob.get("/library").text.split("<main")[1])
    assert mine.program.get(first).status_code == 200
    bob.post("/settings/feeds", data=form)
    [second] = re.findall(
        r"/feeds/private/[\w-]+\.atom", bob.get("/library").text.split("<main")[1]
    )
    assert (mine.program.get(first).status_code, mine.program.get(second).status_code) == (410, 200)
    bob.post("/settings/feeds", data={**form, "act": "end", "next": "https://evil.example/"})
    assert mine.program.get(second).status_code == 410
    assert "/feeds/private/" not in bob.get("/library").text


def test_programs_make_and_end_feeds_by_the_api(mine: Shelfy) -> None:
    from people_factories import program_of

    mine.save("2608.00100")
    program = program_of(app_around(mine.services), mine.bob)
    made = program.post("/api/v1/me/feeds", json={"kind": "saved"})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert mine.program.get(made.json()["urls"]["rss"]).status_code == 200
    assert [each["kind"] for each in program.get("/api/v1/me/feeds").json()] == ["saved"]
    assert program.delete("/api/v1/me/feeds?kind=saved").status_code == 204
    assert mine.program.get(made.json()["urls"]["json"]).status_code == 410
    reader = program_of(app_around(mine.services), mine.bob, can_write=False)
    assert reader.post("/api/v1/me/feeds", json={"kind": "saved"}).status_code == 403
