"""Pages of a feed (RFC 5005) and filters over listings."""

from __future__ import annotations

import feedparser
import pytest
from starlette.testclient import TestClient


def walk(client: TestClient, path: str) -> list[str]:
    """The ids of all pages, following next."""
    found: list[str] = []
    while path:
        feed = feedparser.parse(client.get(path).content)
        found += [entry.id for entry in feed.entries]
        path = next((link.href for link in feed.feed.links if link.rel == "next"), "")
    return found


@pytest.mark.parametrize("ending", ["atom", "rss"])
@pytest.mark.parametrize(
    ("place", "count"),
    [("month/2026-08.{}?limit=7", 48), ("trending.{}?window=all&limit=20", 58),
     ("category/cs.LG.{}?limit=5", 0), ("search.{}?q=study&limit=9", 0)],
)  # fmt: skip
def test_pages_lead_through_every_paper_once(
    client: TestClient, place: str, count: int, ending: str
) -> None:
    ids = walk(client, f"/feeds/{place.format(ending)}")
    assert len(ids) == len(set(ids))
    assert len(ids) == count or (not count and len(ids) > 10)


def test_json_feeds_are_paged_by_next_url(client: TestClient) -> None:
    address, seen = "/feeds/month/2026-08.json?limit=10", []
    while address:
        page = client.get(address).json()
        seen += [item["id"] for item in page["items"]]
        address = page.get("next_url", "")
    assert len(seen) == len(set(seen)) == 48


def test_every_page_names_the_first(client: TestClient) -> None:
    first = feedparser.parse(client.get("/feeds/month.atom?limit=7").content)
    following = next(link.href for link in first.feed.links if link.rel == "next")
    second = feedparser.parse(client.get(following).content)
    named = [link.href for link in second.feed.links if link.rel == "first"]
    assert named == ["http://testserver/feeds/month.atom?limit=7"]


@pytest.mark.parametrize("limit", [2, 50])
def test_filtered_pages_lead_through_every_fitting_paper_once(
    client: TestClient, limit: int
) -> None:
    filtered = walk(client, f"/feeds/month/2026-08.atom?min_votes=20&limit={limit}")
    items = client.get("/feeds/month/2026-08.json?limit=100").json()["items"]
    assert filtered == [each["id"] for each in items if each["_broadsheet"]["votes"] >= 20]
    assert len(filtered) > 3


def titles(client: TestClient, query: str) -> list[str]:
    items = client.get(f"/feeds/month/2026-08.json?limit=100&{query}").json()["items"]
    return [item["title"] for item in items]


def test_include_takes_any_of_its_words(client: TestClient) -> None:
    found = titles(client, "include=glaciers&include=bandits")
    assert found
    assert all("Glaciers" in title or "Bandits" in title for title in found)
    assert found == titles(client, "include=glaciers,bandits")


def test_exclude_takes_every_word_out(client: TestClient) -> None:
    every, found = titles(client, ""), titles(client, "exclude=glaciers&exclude=weather model")
    assert set(every) - set(found) == {
        title for title in every if "Glaciers" in title or "Weather Model" in title
    }


def test_a_phrase_means_words_side_by_side(client: TestClient) -> None:
    assert titles(client, "include=language models as judges")
    assert not titles(client, "include=judges language models as")


def test_whole_words_are_meant_unless_a_star_follows(client: TestClient) -> None:
    assert not titles(client, "include=glacier")
    assert titles(client, "include=glacier*")


def test_accents_and_case_do_not_matter(client: TestClient) -> None:
    assert titles(client, "include=FROHLICH") == titles(client, "include=Fröhlich") != []


def test_words_of_scripts_without_blanks_are_found_inside(client: TestClient) -> None:
    items = client.get("/feeds/day/2026-07-30.json?include=注意力").json()["items"]
    assert [item["title"] for item in items] == ["面向长文本的潮汐注意力机制研究"]


def test_filters_and_search_work_together(client: TestClient) -> None:
    items = client.get("/feeds/search.json?q=study&exclude=glaciers&limit=100").json()["items"]
    assert items
    assert not any("Glaciers" in item["title"] for item in items)
