"""GitHub's `/repos/OWNER/REPO`, with answers written after its documentation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from known_papers import arxiv_paper, doi_paper, nameless_paper, with_code

from broadsheet.domain import Paper
from broadsheet.errors import SourceError
from broadsheet.sources.live import github
from broadsheet.sources.live.github import SOURCE, repository_of
from broadsheet.sources.live.harvesting import Batch, Fetch
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
PATH = "/repos/ada/loom"
ADDRESS = "https://github.com/ada/loom"


def repository(**changes: Any) -> bytes:
    fields = {"full_name": "ada/loom", "stargazers_count": 42, "archived": False, "forks": 7}
    return orjson.dumps({**fields, **changes})


def enriched(fetch: Fetch, server: Loopback, *papers: Paper, **options: str) -> list[Batch]:
    asked = SOURCE.completed({"url": server.url, **options})
    return list(github.enrich(fetch, asked, papers, NOW))


def test_stars_become_a_record_of_the_paper(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=repository())
    (batch,) = enriched(fetch, server, with_code(arxiv_paper(), ADDRESS))
    (record,) = batch.records
    assert (record.source, record.record_id) == ("github", "2608.00001")
    assert (record.title, record.abstract) == ("Looms of 2608.00001", "")
    assert record.extras == {
        "github": {
            "repository": "ada/loom",
            "stars": 42,
            "archived": False,
            "read_on": "2026-08-21",
        }
    }


def test_token_is_sent_as_a_header_only(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=repository())
    enriched(fetch, server, with_code(arxiv_paper(), ADDRESS), token="hush")  # noqa: S106
    (request,) = server.requests()
    assert request.headers["authorization"] == "Bearer hush"
    assert request.headers["accept"] == "application/vnd.github+json"
    assert request.query == {}


def test_no_token_is_sent_where_none_is_given(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=repository())
    enriched(fetch, server, with_code(arxiv_paper(), ADDRESS))
    assert "authorization" not in server.requests()[0].headers


@pytest.mark.parametrize("status", [404, 451])
def test_gone_repository_is_told(server: Loopback, fetch: Fetch, status: int) -> None:
    server.answer(PATH, status=status, body=b'{"message":"Not Found"}')
    (batch,) = enriched(fetch, server, with_code(arxiv_paper(), ADDRESS))
    assert batch.records[0].extras["github"] == {
        "repository": "ada/loom",
        "is_gone": True,
        "read_on": "2026-08-21",
    }


def test_moved_repository_answers_under_its_new_name(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, status=301, headers={"Location": "/repositories/7"})
    server.answer("/repositories/7", body=repository(full_name="ada/mill", archived=True))
    (batch,) = enriched(fetch, server, with_code(arxiv_paper(), ADDRESS))
    facts = batch.records[0].extras["github"]
    assert (facts["repository"], facts["archived"]) == ("ada/mill", True)


def test_repository_of_two_papers_is_asked_for_once(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=repository())
    papers = (
        with_code(arxiv_paper(), ADDRESS),
        with_code(doi_paper(), "https://github.com/Ada/Loom/tree/dev"),
    )
    (batch,) = enriched(fetch, server, *papers)
    assert len(batch.records) == 2
    assert len(server.requests()) == 1


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/ada/loom", "ada/loom"),
        ("http://www.GitHub.com/ada/loom.git", "ada/loom"),
        ("https://github.com/ada/loom/tree/dev/src", "ada/loom"),
        ("https://github.com/ada/loom.js?tab=readme#top", "ada/loom.js"),
        ("https://gitlab.com/ada/loom", None),
        ("https://github.com/ada", None),
        ("https://evil.example/github.com/ada/loom", None),
        ("https://github.com/ada/../loom", None),
        ("https://github.com/ada/lo%20om", None),
    ],
)
def test_repository_is_read_from_the_address(address: str, name: str | None) -> None:
    assert repository_of(with_code(arxiv_paper(), address)) == name


def test_papers_without_repository_are_not_asked_about(server: Loopback, fetch: Fetch) -> None:
    assert enriched(fetch, server, arxiv_paper(), with_code(nameless_paper(), ADDRESS)) == []
    assert server.requests() == []


def test_twenty_papers_make_a_batch(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=repository())
    papers = [with_code(arxiv_paper(f"2608.{number:05}"), ADDRESS) for number in range(1, 22)]
    assert [len(batch.records) for batch in enriched(fetch, server, *papers)] == [20, 1]


@pytest.mark.parametrize("stars", [None, "many", -1, True])
def test_answer_without_stars_is_set_aside(server: Loopback, fetch: Fetch, stars: object) -> None:
    server.answer(PATH, body=repository(stargazers_count=stars))
    server.answer("/repos/bo/mill", body=repository(full_name="bo/mill"))
    papers = (
        with_code(arxiv_paper(), ADDRESS), with_code(doi_paper(), "https://github.com/bo/mill"),
    )  # fmt: skip
    (batch,) = enriched(fetch, server, *papers)
    assert [record.record_id for record in batch.records] == ["10.1234/loom.1"]
    (reject,) = batch.rejects
    assert (reject.position, reject.reason) == ("ada/loom", "The answer names no number of stars.")


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", repository()[:-9], b"[]"])
def test_unreadable_answer_is_passing(server: Loopback, fetch: Fetch, body: bytes) -> None:
    server.answer(PATH, body=body)
    with pytest.raises(SourceError) as caught:
        enriched(fetch, server, with_code(arxiv_paper(), ADDRESS))
    assert not caught.value.permanent


def test_answer_that_breaks_off_is_passing(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=repository(), fault=CUT)
    with pytest.raises(SourceError) as caught:
        enriched(fetch, server, with_code(arxiv_paper(), ADDRESS))
    assert not caught.value.permanent


def test_used_up_allowance_asks_to_wait(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, status=403, body=b'{"message":"API rate limit exceeded"}')
    with pytest.raises(SourceError, match="slow down") as caught:
        enriched(fetch, server, with_code(arxiv_paper(), ADDRESS), token="hush")  # noqa: S106
    assert caught.value.retry_after == 300.0
    assert "hush" not in str(caught.value)
