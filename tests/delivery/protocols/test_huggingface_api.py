"""The official `huggingface_hub` client, as it is on PyPI, against our server."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import harbour
import pytest
from harbour_site import Hf, open_harbour, serving
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import PaperInfo
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.delivery.protocols.huggingface_people import comment_shape
from broadsheet.delivery.protocols.huggingface_shapes import daily_item, highlighted
from broadsheet.doings import Comment, SignedComment
from broadsheet.domain import Paper, Person

DAY = "2026-08-21"


@pytest.fixture(scope="session")
def api(harbour_site: str) -> HfApi:
    return HfApi(endpoint=harbour_site, token=False)


def ids(papers: Any) -> list[str]:
    return [paper.id for paper in papers]


def test_the_papers_of_a_day_come_by_votes(api: HfApi) -> None:
    assert ids(api.list_daily_papers(date=DAY)) == [
        "2608.10001", "2608.10002", "10.1101/2026.08.01.123456", "2608.10005", "2608.10003"]  # fmt: skip


def test_every_field_of_a_listed_paper_is_filled_that_is_known(api: HfApi) -> None:
    paper = next(iter(api.list_daily_papers(date=DAY)))
    assert paper.title == "Lanterns that Count Ships"
    assert paper.summary.startswith("We hang lanterns")
    assert paper.published_at == datetime(2026, 8, 19, 17, 8, 18, tzinfo=UTC)
    assert paper.submitted_at == datetime(2026, 8, 21, 3, 55, 12, 777000, tzinfo=UTC)
    assert (paper.upvotes, paper.comments, paper.source) == (41, 3, "arxiv")
    assert paper.discussion_id == "d41"
    assert (paper.submitted_by.username, paper.submitted_by.fullname) == ("ada", "Ada Lin")
    assert paper.submitted_by.avatar_url == "https://huggingface.co/avatars/ada.svg"
    assert paper.ai_summary == "Lanterns count ships by looking at the horizon."
    assert paper.ai_keywords == ["lanterns", "ship counting"]
    assert (paper.organization.name, paper.organization.fullname) == ("harbour", "Harbour Lab")
    assert paper.organization.avatar_url == "https://img.example.org/harbour.png"
    assert paper.project_page == "https://lanterns.example.org"
    assert paper.github_repo == "https://github.com/harbour/lanterns"
    assert paper.github_stars == 9
    first, second = paper.authors
    assert (first.name, first.user.username, first.status) == ("Ada Lin", "ada", "claimed_verified")
    assert (second.name, second.hidden, second.status_last_changed_at) == ("Bo Quill", True, None)


def test_a_paper_without_votes_has_none_rather_than_no_count(api: HfApi) -> None:
    found = {paper.id: paper.upvotes for paper in api.list_daily_papers(date=DAY)}
    assert found["2608.10003"] == 0


def test_paper_info_gives_linked_repositories_and_keeps_the_count_of_comments(api: HfApi) -> None:
    paper = api.paper_info("2608.10001")
    assert paper.submitted_at == datetime(2026, 8, 21, 3, 55, 12, 777000, tzinfo=UTC)
    assert paper.published_at == datetime(2026, 8, 19, 17, 8, 18, tzinfo=UTC)
    assert [model.id for model in paper.linked_models] == ["harbour/lantern-7b"]
    assert [data.id for data in paper.linked_datasets] == ["harbour/ships"]
    assert (paper.num_total_models, paper.linked_spaces, paper.comments) == (1, [], 3)
    assert [author.name for author in paper.authors] == ["Ada Lin", "Bo Quill"]


@pytest.mark.parametrize("key", ["10.1101/2026.08.01.123456", "hep-th/9901001", "2608.10001v2"])
def test_ids_with_slashes_and_versions_work(api: HfApi, key: str) -> None:
    assert api.paper_info(key).title
    assert api.read_paper(key).startswith("# ")


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"week": "2026-W34"}, 5),
        ({"month": "2026-07"}, 1),
        ({"date": "2026-08-20"}, 0),
        ({}, 7),
        ({"sort": "trending"}, 5),
        ({"date": DAY, "sort": "trending"}, 5),
        ({"date": DAY, "sort": "publishedAt"}, 5),
        ({"submitter": "ada"}, 1),
        ({"submitter": "ada", "month": "2026-07"}, 0),
        ({"submitter": "Ada Lin"}, 0),
    ],
)
def test_every_parameter_chooses(api: HfApi, period: dict[str, str], expected: int) -> None:
    assert len(list(api.list_daily_papers(**period))) == expected  # type: ignore[arg-type]


def test_pages_join_without_loss_or_repeat(api: HfApi) -> None:
    whole = ids(api.list_daily_papers(week="2026-W34"))
    pages = [ids(api.list_daily_papers(week="2026-W34", limit=2, p=page)) for page in range(4)]
    assert [key for page in pages for key in page] == whole
    assert pages[-1] == []


def test_search_finds_and_marks(api: HfApi, asking: TestClient) -> None:
    assert ids(api.list_papers(query="lanterns counting ships", limit=2))[0] == "2608.10001"
    item = asking.get("/api/papers/search?q=lanterns").json()[0]
    assert {"type": "highlight", "text": "Lanterns"} in item["highlightedTitle"]
    assert "".join(part["text"] for part in item["highlightedSummary"]) == item["summary"]


def test_search_without_a_query_gives_the_newest(api: HfApi) -> None:
    assert len(list(api.list_papers(limit=3))) == 3


def test_a_token_of_another_service_changes_nothing(harbour_site: str) -> None:
    api = HfApi(endpoint=harbour_site, token="hf_" + "x" * 34)
    assert len(list(api.list_daily_papers(date=DAY))) == 5


def test_a_token_means_nothing_where_only_members_read(tmp_path: Path) -> None:
    services = open_harbour(tmp_path, harbour.library(), reading="members")
    with TestClient(create_app(services)) as client:
        reply = client.get("/api/daily_papers", headers={"Authorization": "Bearer hf_x"})
    assert reply.status_code == 401
    assert reply.json().keys() == {"error"}


def test_comments_are_told_where_asked_for(asking: TestClient) -> None:
    assert asking.get("/api/papers/2608.10001?field=comments").json()["comments"] == []
    assert "comments" not in asking.get("/api/papers/2608.10001").json()


def test_a_comment_has_the_shape_that_clients_know() -> None:
    comment = Comment(7, 1, None, 3, "Bright lanterns!", 2, datetime(2026, 8, 21, tzinfo=UTC))
    shape = comment_shape(SignedComment(comment, "ada", "Ada Lin"))
    assert shape["createdAt"] == "2026-08-21T00:00:00.000Z"
    assert shape["author"]["fullname"] == "Ada Lin"
    assert shape["data"] == {
        "edited": False,
        "hidden": False,
        "latest": {"raw": "Bright lanterns!"},
    }


def test_a_person_of_ours_is_told_as_the_submitter() -> None:
    paper = Paper(
        1, "2608.1", "T", "A", ("Ada",), "2608.1", None, (), None, None, None, date(2026, 8, 21), (),
        None, None, None, is_withdrawn=False, votes=0, comments=0, keywords=(), links=(),
        sources=("submission",), is_sample=False, added_at=harbour.NOW, revision=1,
    )  # fmt: skip
    item = daily_item(paper, (), Person("bo", "Bo Quill"))
    told = PaperInfo(**item)
    assert (told.submitted_by.username, told.submitted_by.fullname) == ("bo", "Bo Quill")


def test_an_unknown_paper_is_not_found(api: HfApi) -> None:
    with pytest.raises(HfHubHTTPError) as caught:
        api.paper_info("2608.99999")
    assert caught.value.response.status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "date=2026-13-40", "date=today", "week=2026-W60", "month=2026-00", "limit=0", "limit=101",
        "limit=ten", "limit=1e3", "p=-1", "p=99999999999999999999", "sort=votes",
        "date=2026-08-21&week=2026-W34", "date=2026-08-21&date=2026-08-20", "limit=٣",
        "submitter=" + "x" * 30_000, "submitter=%00",
    ],
)  # fmt: skip
def test_a_bad_parameter_is_answered_with_400_and_a_sentence(
    asking: TestClient, query: str
) -> None:
    reply = asking.get(f"/api/daily_papers?{query}")
    assert reply.status_code == 400
    assert reply.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "path", ["/api/papers/%00", "/api/papers/" + "9" * 4000, "/api/arxiv/x/repos"]
)
def test_a_strange_id_is_not_found(asking: TestClient, path: str) -> None:
    reply = asking.get(path)
    assert (reply.status_code, list(reply.json())) == (404, ["error"])


def test_a_query_that_does_not_parse_is_a_bad_request(asking: TestClient) -> None:
    reply = asking.get("/api/papers/search?q=author:")
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_all_papers_are_paged_by_a_link(asking: TestClient) -> None:
    path, found = "/api/papers?limit=3", []
    while path:
        reply = asking.get(path)
        found += [paper["id"] for paper in reply.json()]
        path = reply.links.get("next", {}).get("url", "")
    assert len(found) == len(set(found)) == 7


def test_repositories_of_a_paper_and_the_question_of_the_command(asking: TestClient) -> None:
    found = asking.get("/api/arxiv/2608.10001/repos").json()
    assert [model["id"] for model in found["models"]] == ["harbour/lantern-7b"]
    assert asking.get("/api/agent-harnesses").json() == {"standardEnvVars": [], "harnesses": {}}


def test_the_rate_limit_is_said_and_kept(tmp_path: Path) -> None:
    services = open_harbour(tmp_path, harbour.library(), api_requests=2)
    with TestClient(create_app(services)) as client:
        replies = [client.get("/api/daily_papers") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[0].headers["RateLimit"] == '"api";r=1;t=300'
    assert replies[2].headers["RateLimit-Policy"] == '"fixed window";"api";q=2;w=300'
    assert replies[2].headers["Retry-After"] == "300"


def test_one_network_of_ipv6_has_one_allowance(tmp_path: Path) -> None:
    services = open_harbour(tmp_path, harbour.library(), api_requests=2)
    app = create_app(services)
    left = [
        TestClient(app, client=(address, 1)).get("/api/daily_papers").headers["RateLimit"]
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    ]
    assert left == [f'"api";r={number};t=300' for number in (1, 0, 1)]


def test_the_client_reads_the_rate_limit(tmp_path: Path) -> None:
    services = open_harbour(tmp_path, harbour.library(), api_requests=1)
    with serving(services) as address:
        api = HfApi(endpoint=address, token=False)
        list(api.list_daily_papers())
        with pytest.raises(HfHubHTTPError, match="300 seconds \\(0/1 requests remaining"):
            list(api.list_daily_papers())


def test_the_command_lists_searches_tells_and_reads(hf: Hf) -> None:
    listed = json.loads(hf("ls", "--date", DAY, "--format", "json").stdout)
    assert [paper["id"] for paper in listed][:2] == ["2608.10001", "2608.10002"]
    assert listed[0]["submitted_by_name"] == "Ada Lin"
    assert hf("search", "fog horns", "--limit", "1", "-q").stdout.split() == ["2608.10002"]
    told = json.loads(hf("info", "2608.10001").stdout)
    assert told["github_stars"] == 9
    assert hf("read", "10.1101/2026.08.01.123456").stdout.startswith("# Harbour Seals")


def test_the_command_says_what_is_wrong(hf: Hf) -> None:
    assert "not found" in hf("info", "2608.99999").stderr
    assert "Write days as 2026-08-21." in hf("ls", "--date", "2026-13-40").stderr


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=5), max_size=4))
def test_pieces_of_a_highlighted_text_join_to_the_text(text: str, terms: list[str]) -> None:
    assert "".join(piece["text"] for piece in highlighted(text, terms)) == text


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["date", "week", "month", "submitter", "sort", "p", "limit", "q", "x"]),
            st.text(max_size=20) | st.sampled_from(["2026-08-21", "trending", "1", "0"]),
        ),
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_parameters_crash_the_lists(
    asking: TestClient, parameters: list[tuple[str, str]]
) -> None:
    for path in ("/api/daily_papers", "/api/papers/search", "/api/papers"):
        reply = asking.get(path, params=parameters)
        assert reply.status_code in {200, 400}
        assert isinstance(reply.json(), list) or reply.json()["error"]
