"""The JSON API: shapes, paging, errors, and agreement with the pages."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient


def keys(client: TestClient, path: str) -> list[str]:
    return [paper["id"] for paper in client.get(path).json()["papers"]]


@pytest.mark.parametrize(
    ("page", "api"),
    [
        ("/papers", "/papers"),
        ("/papers/date/2026-08-20", "/papers?date=2026-08-20"),
        ("/papers/week/2026-W34", "/papers?week=2026-W34"),
        ("/papers/month/2026-08", "/papers?month=2026-08"),
        ("/papers/month/2026-08?sort=date", "/papers?month=2026-08&sort=date"),
        ("/papers/trending?window=month", "/papers?window=month"),
        ("/papers/trending?window=month", "/trending?window=month"),
        ("/papers?q=attention&sort=date", "/search?q=attention&sort=date"),
        ("/papers?cat=cs.LG", "/papers?cat=cs.LG"),
    ],
)
def test_page_and_api_show_the_same_papers_in_the_same_order(
    client: TestClient, page: str, api: str
) -> None:
    shown = re.findall(r'class="headline"[^>]*><a href="/papers/([^"]+)"', client.get(page).text)
    assert shown
    assert keys(client, "/api/v1" + api) == shown


def test_a_paper_has_the_promised_members(client: TestClient) -> None:
    paper = client.get("/api/v1/papers/2608.00100").json()
    assert paper["id"] == paper["arxiv_id"] == "2608.00100"
    assert paper["votes"] == 130
    assert paper["published_at"] == "2026-08-20T09:00:00Z"
    assert paper["listed_on"] == "2026-08-21"
    assert paper["categories"] == ["cs.CL", "cs.LG"]
    assert {link["kind"] for link in paper["links"]} >= {"abstract", "pdf", "code"}
    assert paper["bibtex"].startswith("@misc{")
    assert paper["url"] == "http://testserver/papers/2608.00100"
    assert paper["sources"] == ["hf_daily"]


def test_original_and_readable_title_stand_side_by_side(client: TestClient) -> None:
    paper = client.get("/api/v1/papers/2607.90007").json()
    assert "$\\alpha$" in paper["title"]
    assert "α" in paper["title_text"]


def test_unsafe_links_are_left_out(client: TestClient) -> None:
    links = client.get("/api/v1/papers/2607.90001").json()["links"]
    assert all(link["url"].startswith("https://") for link in links)


def test_paging_by_cursor_meets_every_paper_once(client: TestClient) -> None:
    address, seen = "/api/v1/papers?month=2026-08&limit=7", []
    while address:
        reply = client.get(address)
        seen += [paper["id"] for paper in reply.json()["papers"]]
        following = re.fullmatch(r'<([^>]+)>; rel="next"', reply.headers.get("link", ""))
        assert bool(following) == bool(reply.json()["next_cursor"])
        address = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 48


def test_search_gives_reasons_and_scores(client: TestClient) -> None:
    first = client.get("/api/v1/search?q=glaciers").json()["papers"][0]
    assert "Glaciers" in first["title"]
    assert isinstance(first["score"], float)
    assert first["reasons"][0]["text"]


def test_similar_papers_leave_the_paper_itself_out(client: TestClient) -> None:
    found = keys(client, "/api/v1/papers/2608.00100/similar?limit=5")
    assert 1 <= len(found) <= 5
    assert "2608.00100" not in found


def test_similar_works_for_a_key_with_slashes(client: TestClient) -> None:
    assert client.get("/api/v1/papers/cs/0112017/similar").status_code == 200


def test_another_name_redirects_within_the_api(client: TestClient) -> None:
    reply = client.get("/api/v1/papers/2608.00100v2")
    assert (reply.status_code, reply.headers["location"]) == (301, "/api/v1/papers/2608.00100")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/papers/2608.99999", 404),
        ("/api/v1/papers/2608.99999/similar", 404),
        ("/api/v1/nowhere", 404),
        ("/api/nowhere", 404),
        ("/api/v1/papers?limit=0", 422),
        ("/api/v1/papers?limit=101", 422),
        ("/api/v1/papers?limit=many", 422),
        ("/api/v1/papers?date=2026-02-30", 422),
        ("/api/v1/papers?week=2026-W60", 422),
        ("/api/v1/papers?month=August", 422),
        ("/api/v1/papers?date=2026-08-20&window=day", 422),
        ("/api/v1/trending?window=century", 422),
        ("/api/v1/search", 422),
        ("/api/v1/search?q=ice&sort=colour", 422),
        ("/api/v1/search?q=%22ice", 400),
        ("/api/v1/search?q=ice&cursor=%00broken", 400),
    ],
)
def test_errors_are_problem_json(client: TestClient, path: str, status: int) -> None:
    reply = client.get(path)
    problem = reply.json()
    assert reply.status_code == problem["status"] == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["instance"] == path.partition("?")[0]


def test_a_query_error_says_where(client: TestClient) -> None:
    problem = client.get("/api/v1/search", params={"q": 'deep "attention'}).json()
    assert problem["position"] >= len("deep ")


def test_a_validation_problem_names_the_parameter(client: TestClient) -> None:
    problem = client.get("/api/v1/papers?limit=0").json()
    assert problem["errors"][0]["parameter"] == "limit"


def test_writing_is_refused_with_a_problem(client: TestClient) -> None:
    reply = client.post("/api/v1/papers")
    assert reply.status_code == 405
    assert reply.headers["content-type"] == "application/problem+json"


def test_unknown_parameters_are_ignored(client: TestClient) -> None:
    assert keys(client, "/api/v1/papers?colour=red") == keys(client, "/api/v1/papers")


def test_other_sites_may_read_the_api_but_not_the_pages(client: TestClient) -> None:
    origin = {"Origin": "https://example.org"}
    assert (
        client.get("/api/v1/papers", headers=origin).headers["access-control-allow-origin"] == "*"
    )
    assert "access-control-allow-origin" not in client.get("/papers", headers=origin).headers


def test_a_preflight_request_is_answered(client: TestClient) -> None:
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "If-None-Match",
    }
    assert client.options("/api/v1/papers", headers=asked).status_code == 200


def test_status_counts_papers_and_sources(client: TestClient) -> None:
    status = client.get("/api/v1/status").json()
    assert status["papers"] == 58
    assert {source["source"] for source in status["sources"]} == {"hf_daily", "corpus"}
    assert status["newest_on"] == "2026-08-21"


def test_health_is_short_and_never_kept(client: TestClient) -> None:
    reply = client.get("/health")
    assert reply.json()["status"] == "ok"
    assert reply.json()["papers"] == 58
    assert reply.headers["cache-control"] == "no-store"


def test_every_member_and_parameter_is_described(client: TestClient) -> None:
    description = client.get("/api/v1/openapi.json").json()
    for name, shape in description["components"]["schemas"].items():
        if name.endswith("Shape"):
            lacking = [
                key
                for key, of in shape["properties"].items()
                if not of.keys() & {"description", "$ref"}
            ]
            assert not lacking, name
    operations = [of for path in description["paths"].values() for of in path.values()]
    for operation in operations:
        assert all(p.get("description") for p in operation.get("parameters", []))


def test_api_page_lists_every_endpoint(client: TestClient) -> None:
    page = client.get("/api").text
    for path in client.get("/api/v1/openapi.json").json()["paths"]:
        assert f"/api/v1{path}</code>" in page
