"""Bad input to feeds and citations of lists: a problem that says what to do, never a failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from broadsheet.delivery.lists.places import Choice, place_of
from broadsheet.delivery.lists.sieve import phrases
from broadsheet.errors import NotFound, QueryError

LONG = "x" * 5000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/", 404), ("/feeds/day", 404), ("/feeds/day.xml", 404), ("/feeds/.atom", 404),
        ("/feeds/nothing.atom", 404), ("/feeds/day/2026-02-30.atom", 404),
        ("/feeds/week/2026-W60.rss", 404), ("/feeds/month/2026-13.json", 404),
        ("/feeds/day/0000-00-00.atom", 404), ("/feeds/trending/x.atom", 404),
        ("/feeds/category/.atom", 404), ("/feeds/category/%22%22.atom", 404),
        ("/feeds/author/.atom", 404), ("/feeds/author/%22%22%22.atom", 404),
        (f"/feeds/author/{LONG}.atom", 404), ("/feeds/author/%00x.atom", 404),
        ("/feeds/search.atom", 400), ("/feeds/search.atom?q=", 400),
        ("/feeds/search.atom?q=%22open", 400), ("/feeds/search.rss?q=colour:red", 400),
        (f"/feeds/search.atom?q={LONG}", 422),
        ("/feeds/day.atom?limit=0", 422), ("/feeds/day.atom?limit=101", 422),
        ("/feeds/day.atom?limit=many", 422), ("/feeds/day.atom?min_votes=-1", 422),
        ("/feeds/day.atom?min_votes=1e9", 422), ("/feeds/day.atom?min_votes=99999999999", 422),
        ("/feeds/day.atom?sort=colour", 422), ("/feeds/trending.atom?window=century", 422),
        ("/feeds/day.atom?cursor=nonsense", 400), ("/feeds/day.atom?cursor=9.9.aaaaaaaaaaaa", 400),
        ("/feeds/day.atom?include=%20,%20!", 422), (f"/feeds/day.atom?exclude={LONG}", 422),
        ("/feeds/day.atom?" + "&".join(["include=a"] * 60), 422),
        ("/feeds/day.atom?include=" + ",".join("abcdefghijklmnopqrstuvw"), 422),
        ("/feeds/search.atom?q=x&after=yesterday", 422),
        ("/cite/day", 404), ("/cite/day.pdf", 404), ("/cite/day.json", 404),
        ("/cite/day.bib?limit=501", 422), ("/cite/search.ris", 400),
        ("/unapi?id=2608.99999", 404), ("/unapi?id=%00", 404), (f"/unapi?id={LONG}", 422),
        ("/papers/2608.99999.ris", 404), ("/papers/2608.99999.csl.json", 404),
        ("/papers/2608.99999.md", 404), ("/papers/2608.99999.png", 404), ("/papers/%00.bib", 404),
        ("/sitemap-1.xml", 404), ("/sitemap--1.xml", 422), ("/sitemap-x.xml", 422),
        (f"/suggest?q={LONG}", 422),
    ],
)  # fmt: skip
def test_bad_input_is_a_problem_that_says_what_to_do(
    client: TestClient, path: str, status: int
) -> None:
    reply = client.get(path)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert problem["detail"].endswith(".")


def test_repeated_parameters_are_no_failure(client: TestClient) -> None:
    for path in ("/feeds/search.atom?q=a&q=b", "/feeds/day.atom?limit=3&limit=4",
                 "/cite/day.bib?cat=a&cat=b&min_votes=1&min_votes=2"):  # fmt: skip
        assert client.get(path).status_code == 200


def test_feeds_cannot_be_written_to(client: TestClient) -> None:
    assert client.post("/feeds/day.atom").status_code == 405


def refusal(ask: Callable[[], object]) -> str:
    """The sentence with which something is refused; empty where it is not."""
    try:
        ask()
    except (NotFound, QueryError, ValueError) as error:
        return str(error)
    return ""


@given(st.text(max_size=80), st.text(max_size=40))
def test_every_name_is_a_place_or_refused_with_a_sentence(name: str, query: str) -> None:
    told = refusal(lambda: place_of(name, Choice(query=query)))
    assert not told or told.endswith(".")


@given(st.sampled_from(["day", "week", "month", "trending", "search", "category", "author"]),
       st.text(max_size=40))  # fmt: skip
def test_every_part_of_a_name_is_a_place_or_refused_with_a_sentence(kind: str, rest: str) -> None:
    told = refusal(lambda: place_of(f"{kind}/{rest}", Choice(query="x")))
    assert not told or told.endswith(".")


@given(st.lists(st.text(max_size=120), max_size=25))
def test_every_filter_is_read_or_refused_with_a_sentence(values: list[str]) -> None:
    told = refusal(lambda: phrases(values))
    assert told.endswith(".") if told else all(phrase.strip() for phrase in phrases(values))
