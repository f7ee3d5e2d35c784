"""An instance that only members may read keeps its papers from programs as from people."""

from __future__ import annotations

from collections.abc import Iterator

import editions
import pytest
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.pipeline import sync_index
from broadsheet.services import open_services
from broadsheet.settings import Settings

CLOSED = [
    "/feeds/day.atom", "/feeds/search.json?q=tidal", "/cite/day.bib", "/papers/2608.00100.bib",
    "/papers/2608.00100.ris", "/papers/2608.00100.csl.json", "/papers/2608.00100.md",
    "/papers/2608.00100.png", "/unapi?id=2608.00100", "/suggest?q=tidal", "/sitemap.xml",
    "/sitemap-0.xml",
]  # fmt: skip


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Asks, without an account, a library that only members may read."""
    settings = Settings(data=tmp_path_factory.mktemp("members"), reading="members")
    services = open_services(settings, lambda: editions.NOW)
    services.store.ingest(editions.edition(editions.TODAY, 3, first=100), now=editions.NOW)
    sync_index(services)
    with TestClient(create_app(services), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("path", CLOSED)
def test_what_shows_papers_asks_for_a_sign_in(members: TestClient, path: str) -> None:
    reply = members.get(path)
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert "Tidal" not in reply.text


def test_a_known_tag_opens_nothing(members: TestClient) -> None:
    assert members.get("/feeds/day.atom", headers={"If-None-Match": "*"}).status_code == 401


def test_tools_ask_for_a_sign_in(members: TestClient) -> None:
    assert members.post("/mcp", json={"jsonrpc": "2.0"}).status_code == 401


@pytest.mark.parametrize("path", ["/robots.txt", "/opensearch.xml", "/llms.txt"])
def test_what_shows_no_papers_stays_open(members: TestClient, path: str) -> None:
    assert members.get(path).status_code == 200
