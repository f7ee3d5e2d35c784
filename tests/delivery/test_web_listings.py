"""Day, week, month, trending and search pages as HTML."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from starlette.testclient import TestClient

HEADLINE = re.compile(r'<h2 class="headline"[^>]*><a href="/papers/([^"]+)">')
PERIODS = [
    "/papers",
    "/papers/date/2026-08-20",
    "/papers/week/2026-W34",
    "/papers/week",
    "/papers/month/2026-08",
    "/papers/month",
    "/papers/trending",
    "/papers/trending?window=all",
    "/papers?q=attention",
]


@pytest.mark.parametrize("path", PERIODS)
def test_listing_page_shows_papers(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 200
    assert HEADLINE.findall(reply.text)


def test_the_front_door_leads_to_the_latest_day(client: TestClient) -> None:
    reply = client.get("/")
    assert (reply.status_code, reply.headers["location"]) == (302, "/papers")


def test_latest_day_holds_twenty_five_papers_and_a_way_to_the_rest(client: TestClient) -> None:
    first = client.get("/papers").text
    address = re.search(r'class="pager-next" rel="next" href="([^"]+)"', first)
    assert address is not None
    second = client.get(address[1].replace("&amp;", "&")).text
    shown = HEADLINE.findall(first) + HEADLINE.findall(second)
    assert (len(HEADLINE.findall(first)), len(shown), len(set(shown))) == (25, 30, 30)
    assert "showing 26 to 30" in second
    assert ">First page</a>" in second


def test_a_page_of_another_list_is_refused_with_a_way_out(client: TestClient) -> None:
    address = re.search(
        r'class="pager-next" rel="next" href="[^"]*cursor=([^"&]+)', client.get("/papers").text
    )
    assert address is not None
    reply = client.get(f"/papers?sort=date&cursor={address[1]}")
    assert reply.status_code == 400
    assert "The latest papers" in reply.text


def test_page_of_a_day_leads_to_its_neighbours(client: TestClient) -> None:
    page = client.get("/papers/date/2026-08-19").text
    assert 'rel="prev" href="/papers/date/2026-08-17"' in page
    assert 'rel="next" href="/papers/date/2026-08-20"' in page


def test_page_of_a_week_leads_to_weeks(client: TestClient) -> None:
    assert 'rel="prev" href="/papers/week/2026-W33"' in client.get("/papers/week/2026-W34").text


def test_a_day_without_papers_says_so_and_links_the_nearest(client: TestClient) -> None:
    reply = client.get("/papers/date/2026-08-18")
    assert reply.status_code == 200
    assert "No papers were listed on Tuesday, 18 August 2026." in reply.text
    assert "/papers/date/2026-08-17" in reply.text
    assert "/papers/date/2026-08-19" in reply.text


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/papers/date/2030-01-01", "/papers"),
        ("/papers/week/2030-W01", "/papers/week"),
        ("/papers/month/2030-01?cat=cs.LG", "/papers/month?cat=cs.LG"),
    ],
)
def test_a_future_period_leads_to_the_newest(client: TestClient, path: str, target: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.headers["location"]) == (302, target)


@pytest.mark.parametrize(
    "path",
    [
        "/papers/date/2026-02-30",
        "/papers/date/yesterday",
        "/papers/week/2026-W54",
        "/papers/month/2026-13",
        "/papers/month/0000-01",
        "/nowhere",
    ],
)
def test_an_address_of_nothing_is_a_designed_404(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert '<a href="/papers">The latest papers</a>' in reply.text


@pytest.mark.parametrize("path", ["/papers/date/0001-01-01", "/papers/week/0001-W01"])
def test_the_first_days_of_the_calendar_are_pages(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/papers/trending?window=century",
        "/papers?q=ice&sort=colour",
        "/papers?q=ice&after=soon",
        "/papers?q=" + "x" * 1001,
        "/papers?at=minus",
    ],
)
def test_a_wrong_parameter_is_a_designed_400(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 400
    assert "A parameter cannot be used" in reply.text


def test_unknown_and_blank_parameters_are_ignored(client: TestClient) -> None:
    asked = "/papers?q=glaciers&cat=&after=&before=&sort=&utm_source=x"
    assert HEADLINE.findall(client.get(asked).text) == HEADLINE.findall(
        client.get("/papers?q=glaciers").text
    )


def test_a_broken_query_shows_the_message_and_a_caret_under_it(client: TestClient) -> None:
    reply = client.get("/papers", params={"q": 'deep "attention'})
    assert reply.status_code == 400
    caret = re.search(r"deep &#34;attention\n( *)<span class=\"caret-mark\">\^", reply.text)
    assert caret is not None
    assert len(caret[1]) >= len("deep ")
    assert 'value="deep &#34;attention"' in reply.text


def test_found_words_are_marked(client: TestClient) -> None:
    page = client.get("/papers?q=glaciers").text
    assert "Listening to <mark>Glaciers</mark>" in page


def test_a_search_says_why_its_papers_are_there(client: TestClient) -> None:
    cards = client.get("/papers?q=glaciers").text.split("<article")[1:]
    matching = [card for card in cards if "<mark>" in card]
    assert matching
    assert all('<details class="why"><summary>Why here</summary>' in card for card in matching)


def test_a_search_that_finds_nothing_offers_ways_on(client: TestClient) -> None:
    page = client.get("/papers", params={"q": 'title:"no such title at all"'}).text
    assert "Nothing found for" in page
    assert "/search-help" in page


def test_category_filter_keeps_only_that_category(client: TestClient) -> None:
    page = client.get("/papers?cat=cs.RO").text
    kickers = set(re.findall(r'class="kicker"><a href="[^"]+">([^<]+)<', page))
    assert kickers == {"cs.RO"}


def test_a_card_shows_what_is_known_of_the_paper(client: TestClient) -> None:
    page = client.get("/papers").text
    lead = page[page.index("<article") : page.index("</article>")]
    assert "Tidal Attention: Reading Long Documents in Waves" in lead
    assert "Ines Calloway, Tomasz Brandt, Yuki Ferreira, Amara Lindqvist and 2 more" in lead
    assert "130 votes" in lead
    assert ">Hugging Face Daily Papers<" in lead
    assert '<time datetime="2026-08-21">21 August 2026</time>' in lead
    assert ">PDF</a>" in lead
    assert ">Code</a>" in lead


def test_new_badge_lasts_two_days(client: TestClient) -> None:
    badge = '<span class="badge badge-new">New</span>'
    assert badge in client.get("/papers/date/2026-08-19").text
    assert badge not in client.get("/papers/date/2026-08-17").text


def test_the_current_section_is_marked(client: TestClient) -> None:
    page = client.get("/papers/week").text
    assert re.search(r'<a href="/papers/week/2026-W34" aria-current="page">Week</a>', page)


@pytest.mark.parametrize("path", [*PERIODS, "/papers/date/2026-08-01"])
def test_an_empty_library_shows_guidance(empty_client: TestClient, path: str) -> None:
    reply = empty_client.get(path)
    assert reply.status_code == 200
    assert "broadsheet import" in reply.text


@pytest.mark.parametrize("path", ["/about", "/search-help", "/api", "/health", "/api/v1/status"])
def test_plain_pages_work_on_an_empty_library(empty_client: TestClient, path: str) -> None:
    assert empty_client.get(path).status_code == 200


def test_headings_start_at_one_and_never_skip_a_level(client: TestClient) -> None:
    for path in ("/papers", "/papers/2608.00100", "/search-help", "/about", "/nowhere"):
        main = client.get(path).text.split("<main", 1)[1].split("</main>")[0]
        levels = [int(level) for level in re.findall(r"<h([1-6])", main)]
        assert levels[0] == 1, path
        steps = pairwise(levels)
        assert all(after - before <= 1 for before, after in steps), path
