"""What the search page and the API say beside the papers, and the page of similar papers."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

HEADLINE = re.compile(r'<h2 class="headline"[^>]*><a href="/papers/([^"]+)">')
FACETS = '<div class="facets">'


def link(page: str, label: str) -> str:
    """The address behind the first link whose text begins like this."""
    found = re.search(
        rf'<a (?:class="\S+" )?href="([^"]+)"[^>]*>(?:<span[^>]*>.</span> )?{re.escape(label)}',
        page,
    )
    assert found is not None, label
    return html.unescape(found[1])


def keys(page: str) -> list[str]:
    return HEADLINE.findall(page)


def test_a_facet_narrows_the_search_and_its_condition_can_be_taken_away(
    client: TestClient,
) -> None:
    page = client.get("/papers?q=water").text
    assert FACETS in page
    narrowed = client.get(link(page, "has code")).text
    assert "has:code" in narrowed
    assert 0 < len(keys(narrowed)) < len(keys(page))
    wide = client.get(link(narrowed, "has code")).text
    assert keys(wide) == keys(page)


def test_the_conditions_of_the_filter_form_can_be_taken_away_too(client: TestClient) -> None:
    page = client.get("/papers?q=water&cat=cs&after=2026-08-01").text
    assert link(page, "cs ").startswith("/papers?q=water&after=2026-08-01")
    assert link(page, "from 1 August 2026").startswith("/papers?q=water&cat=cs")


def test_a_corrected_search_says_so_and_goes_on_where_it_stands(client: TestClient) -> None:
    page = client.get("/papers?q=measuremnets").text
    assert "Nothing found for “measuremnets”" in page
    more = html.unescape(re.findall(r'rel="next" href="([^"]+)"', page)[-1])
    assert more.startswith("/papers?q=measurements&")
    assert keys(client.get(more).text)
    insisted = client.get(link(page, "Search for “measuremnets” all the same")).text
    assert not keys(insisted)


def test_what_was_typed_stays_text(client: TestClient) -> None:
    page = client.get("/papers?q=" + quote('<script>alert(1)</script> "measurements"')).text
    assert "<script>alert" not in page


def test_the_api_has_the_guidance(client: TestClient) -> None:
    reply = client.get("/api/v1/search?q=measuremnets&limit=2")
    guidance = reply.json()["guidance"]
    assert guidance["corrected_from"] == "measuremnets"
    assert [choice["text"] for choice in guidance["facets"]["source"]] == ["hf_daily"]
    following = re.match("<([^>]+)>", reply.headers["link"])
    assert following is not None
    assert len(client.get(following[1]).json()["papers"]) == 2
    assert client.get("/api/v1/papers").json()["guidance"] is None


def test_more_and_less_like_a_paper_by_links_alone(client: TestClient) -> None:
    page = client.get("/papers?q=glaciers").text
    similar = client.get(link(page, "More like this")).text
    seed = keys(page)[0]
    assert seed not in keys(similar)
    more = client.get(link(similar, "More like this")).text
    assert keys(similar)[0] not in keys(more)
    less = client.get(link(more, "Less like this")).text
    assert "Unlike" in less
    assert keys(more)[0] not in keys(less)
    assert link(less, "×") == f"/papers/similar?to={keys(similar)[0]}&unlike={keys(more)[0]}"


def test_a_paper_both_wanted_and_not_is_wanted(client: TestClient) -> None:
    page = client.get("/papers/similar?to=2608.00100&unlike=2608.00100").text
    assert "Unlike" not in page


def test_similar_papers_begin_with_a_field_for_a_paper(client: TestClient) -> None:
    page = client.get("/papers/similar")
    assert page.status_code == 200
    assert 'name="to"' in page.text


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/papers/similar?to=2608.99999", 404, "no paper “2608.99999”"),
        ("/papers/similar?" + "&".join(f"to=2608.{n:05d}" for n in range(300)), 400, "at most 50"),
        ("/papers/similar?to=%00%01", 404, "no paper"),
        ("/papers?q=source:nowhere", 200, "No paper here comes from “nowhere”"),
        ("/papers?q=%3F%3F%3F", 200, "no letter or digit"),
        ("/papers?q=" + "a" * 20_000, 400, "Shorten it"),
        ("/papers?q=" + '"a+b"+' * 150, 400, "60 phrases"),
        ("/api/v1/similar?unlike=2608.00100", 422, "to"),
        ("/api/v1/similar?to=", 422, "Name at least one paper"),
    ],
)
def test_bad_input_is_answered_in_words(
    client: TestClient, address: str, status: int, words: str
) -> None:
    reply = client.get(address)
    assert (reply.status_code, words in html.unescape(reply.text)) == (status, True)


def test_the_api_finds_papers_like_several(client: TestClient) -> None:
    reply = client.get("/api/v1/similar?to=2608.00100&to=2608.00101&unlike=2608.00102&limit=3")
    found = [paper["id"] for paper in reply.json()["papers"]]
    assert len(found) == 3
    assert not {"2608.00100", "2608.00101", "2608.00102"}.intersection(found)
    following = re.match("<([^>]+)>", reply.headers["link"])
    assert following is not None
    assert not set(found).intersection(p["id"] for p in client.get(following[1]).json()["papers"])
