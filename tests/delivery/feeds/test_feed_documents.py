"""Feeds in three formats for every kind of listing, read by feedparser and held against the rules."""

from __future__ import annotations

import re

import feedparser
import pytest
from feed_rules import ATOM, DC, check_atom, check_json_feed, check_rss
from starlette.testclient import TestClient

ORIGIN = "http://testserver"
PLACES = [
    "day", "day/2026-08-21", "day/2026-07-30", "week", "week/2026-W34", "month", "month/2026-08",
    "trending", "trending?window=all", "search?q=attention", "search?q=attention&sort=votes",
    "category/cs.LG", "category/cs", "author/Wei%20Zhang", "day/2020-01-01",
    "month?cat=cs.CL&sort=date", "month?min_votes=50&exclude=glaciers", "day?limit=3",
]  # fmt: skip


def address(place: str, ending: str) -> str:
    name, mark, query = place.partition("?")
    return f"/feeds/{name}.{ending}{mark}{query}"


@pytest.mark.parametrize("place", PLACES)
def test_atom_keeps_the_rules(client: TestClient, place: str) -> None:
    path = address(place, "atom")
    reply = client.get(path)
    assert reply.headers["content-type"] == "application/atom+xml"
    check_atom(reply.content, ORIGIN + path)


@pytest.mark.parametrize("place", PLACES)
def test_rss_keeps_the_rules(client: TestClient, place: str) -> None:
    path = address(place, "rss")
    reply = client.get(path)
    assert reply.headers["content-type"] == "application/rss+xml"
    check_rss(reply.content, ORIGIN + path)


@pytest.mark.parametrize("place", PLACES)
def test_json_feed_keeps_the_rules(client: TestClient, place: str) -> None:
    path = address(place, "json")
    reply = client.get(path)
    assert reply.headers["content-type"] == "application/feed+json"
    check_json_feed(reply.json(), ORIGIN + path)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("ending", "version"), [("atom", "atom10"), ("rss", "rss20")])
def test_feedparser_reads_it_without_a_complaint(
    client: TestClient, place: str, ending: str, version: str
) -> None:
    reply = client.get(address(place, ending))
    found = feedparser.parse(reply.content, response_headers=dict(reply.headers))
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == version
    assert found.feed.title.endswith("· Broadsheet")
    assert bool(found.entries) == (place != "day/2020-01-01")


@pytest.mark.parametrize(
    ("place", "page"),
    [
        ("day", "/papers"),
        ("day/2026-08-20", "/papers/date/2026-08-20"),
        ("month/2026-08?cat=cs.LG", "/papers/month/2026-08?cat=cs.LG"),
        ("trending?window=month", "/papers/trending?window=month"),
        ("search?q=attention&sort=date", "/papers?q=attention&sort=date"),
        ("category/cs.CL", "/papers?q=cat%3Acs.CL&sort=date"),
        ("author/Sunita%20Rao", "/papers?q=author%3A%22Sunita+Rao%22&sort=date"),
    ],
)
def test_every_format_has_the_papers_of_the_page_in_its_order(
    client: TestClient, place: str, page: str
) -> None:
    shown = re.findall(r'class="headline"[^>]*><a href="/papers/([^"]+)"', client.get(page).text)
    assert shown
    limited = place + ("&" if "?" in place else "?") + "limit=25"
    atom = feedparser.parse(client.get(address(limited, "atom")).content)
    rss = feedparser.parse(client.get(address(limited, "rss")).content)
    items = client.get(address(limited, "json")).json()["items"]
    paths = [f"{ORIGIN}/papers/{key}" for key in shown]
    assert [entry.link for entry in atom.entries] == paths
    assert [entry.link for entry in rss.entries] == paths
    assert [item["url"] for item in items] == paths
    assert client.get(client.get(address(place, "json")).json()["home_page_url"]).status_code == 200


def test_ids_are_the_same_in_every_format_list_and_under_every_host(client: TestClient) -> None:
    day = feedparser.parse(client.get("/feeds/day.atom?limit=5").content)
    rss = feedparser.parse(client.get("/feeds/day.rss?limit=5").content)
    items = client.get("/feeds/day.json?limit=5").json()["items"]
    elsewhere = client.get("/feeds/month.atom?limit=100", headers={"Host": "papers.example.org"})
    ids = [entry.id for entry in day.entries]
    assert ids[0] == "https://arxiv.org/abs/2608.00100"
    assert ids == [entry.id for entry in rss.entries] == [item["id"] for item in items]
    assert set(ids) <= {entry.id for entry in feedparser.parse(elsewhere.content).entries}


def test_papers_without_arxiv_id_have_lasting_ids_too(client: TestClient) -> None:
    items = client.get("/feeds/day/2026-07-30.json").json()["items"]
    by_title = {item["title"]: item["id"] for item in items}
    assert by_title["A Paper with a Journal's Name"] == "https://doi.org/10.5555/journal(2026)/12"
    assert by_title["A Paper from the Old Days"] == "https://arxiv.org/abs/cs/0112017"


def test_the_id_of_a_feed_is_that_of_all_its_pages_formats_and_hosts(client: TestClient) -> None:
    def feed_id(path: str, host: str = "a.example") -> str:
        return str(feedparser.parse(client.get(path, headers={"Host": host}).content).feed.id)

    first = feed_id("/feeds/month.atom?limit=7&cat=cs.LG")
    cursor = (
        client.get("/feeds/month.json?limit=7&cat=cs.LG").json()["next_url"].split("cursor=")[1]
    )
    assert feed_id(f"/feeds/month.atom?cat=cs.LG&limit=7&cursor={cursor}", "b.example") == first
    assert feed_id("/feeds/month.atom?cat=cs.CL") != first


def test_dates_are_the_listing_day_and_the_newest_change(client: TestClient) -> None:
    item = client.get("/feeds/day.json?limit=1").json()["items"][0]
    assert item["date_published"] == item["date_modified"] == "2026-08-21T00:00:00Z"


def test_an_entry_has_authors_categories_text_and_links(client: TestClient) -> None:
    entry = check_atom(
        client.get("/feeds/day.atom?limit=1").content, f"{ORIGIN}/feeds/day.atom?limit=1"
    )[0]
    names = [author.findtext(f"{ATOM}name") for author in entry.findall(f"{ATOM}author")]
    assert names[0] == "Ines Calloway"
    assert [each.get("term") for each in entry.findall(f"{ATOM}category")] == ["cs.CL", "cs.LG"]
    content = entry.findtext(f"{ATOM}content") or ""
    assert "attention rise and fall" in content
    assert '<a href="https://github.com/example/paper-100">Code</a>' in content
    via = [link.get("href") for link in entry.findall(f"{ATOM}link") if link.get("rel") == "via"]
    assert via == ["https://arxiv.org/abs/2608.00100"]


def test_votes_stand_in_json_only_so_that_a_vote_makes_no_entry_new(client: TestClient) -> None:
    item = client.get("/feeds/day.json?limit=1").json()["items"][0]
    assert item["_broadsheet"]["votes"] == 130
    assert "130" not in client.get("/feeds/day.atom?limit=1").text.split("This is study")[0]


def test_three_hundred_authors_are_cut_with_a_word(client: TestClient) -> None:
    items = check_rss(client.get("/feeds/day/2026-07-30.rss").content,
                      f"{ORIGIN}/feeds/day/2026-07-30.rss")  # fmt: skip
    crowd = next(item for item in items if item.findtext("title") == "With Three Hundred Authors")
    names = [each.text for each in crowd.findall(f"{DC}creator")]
    assert len(names) == 101
    assert names[-1] == "and 200 more"


def test_hostile_texts_stay_texts(client: TestClient) -> None:
    for ending in ("atom", "rss"):
        found = feedparser.parse(
            client.get(f"/feeds/day/2026-07-30.{ending}").content, sanitize_html=False
        )
        evil = next(entry for entry in found.entries if "Bold" in entry.title)
        html = evil.content[0].value if ending == "atom" else evil.summary
        assert "<script" not in html
        assert "javascript:alert(7)" not in html
    items = client.get("/feeds/day/2026-07-30.json").json()["items"]
    assert all("<script" not in item["content_html"] for item in items)


def test_a_very_long_abstract_does_not_make_a_very_long_feed(client: TestClient) -> None:
    items = client.get("/feeds/day/2026-07-30.json").json()["items"]
    assert max(len(item["content_html"]) for item in items) < 6_000


def test_an_empty_library_has_valid_feeds(empty_client: TestClient) -> None:
    for place in ("day", "trending", "category/cs.LG", "search?q=x"):
        path = address(place, "atom")
        assert check_atom(empty_client.get(path).content, ORIGIN + path) == []


def test_feeds_follow_the_public_address_of_the_request(client: TestClient) -> None:
    found = client.get("/feeds/day.json?limit=1", headers={"Host": "papers.example.org"}).json()
    assert found["home_page_url"] == "http://papers.example.org/papers"
