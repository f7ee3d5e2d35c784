"""Headers, caching, compression and weight of every reply."""

from __future__ import annotations

import gzip
import re
import time

import pytest
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.errors import IndexUnavailable, PermissionDenied, StorageError
from broadsheet.services import Services

EVERY_KIND = [
    "/", "/papers", "/papers/2608.00100", "/papers/2608.00100.bib", "/papers/2608.00100v2",
    "/nowhere", "/papers?q=%22", "/papers?at=x", "/about", "/search-help", "/api", "/health",
    "/robots.txt", "/static/none.css", "/api/v1/papers", "/api/v1/nowhere", "/api/v1/papers?limit=0",
    "/api/v1/openapi.json",
]  # fmt: skip


@pytest.mark.parametrize("path", EVERY_KIND)
def test_every_reply_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "referrer-policy" in headers
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", ["/papers", "/papers/2608.00100", "/health", "/api/v1/papers"])
def test_head_answers_as_get_without_a_body(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == whole.headers["content-length"]


@pytest.mark.parametrize("path", ["/papers", "/papers/2608.00100", "/api/v1/search?q=ice"])
def test_a_known_etag_is_answered_304(client: TestClient, path: str) -> None:
    tag = client.get(path).headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', tag)
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_different_papers_have_different_etags(client: TestClient) -> None:
    tags = {client.get(f"/papers/2608.00{number}").headers["etag"] for number in (100, 101, 102)}
    assert len(tags) == 3


def test_compression_is_used_only_when_asked_for(client: TestClient) -> None:
    plain = client.get("/papers", headers={"Accept-Encoding": "identity"})
    small = client.get("/papers", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert small.content == plain.content
    assert plain.headers["vary"] == small.headers["vary"] == "Accept-Encoding"
    assert gzip.compress(b"x", mtime=0) == gzip.compress(b"x", mtime=0)


@pytest.mark.parametrize("path", ["/papers", "/papers/trending?window=all", "/papers?q=study"])
def test_a_page_of_25_papers_weighs_less_than_100_kb(client: TestClient, path: str) -> None:
    identity = {"Accept-Encoding": "identity"}
    page = client.get(path, headers=identity)
    assert len(re.findall(r"<article\b[^>]*\bclass=\"card\"", page.text)) == 25
    addresses = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert len(addresses) == 4
    files = [client.get(address, headers=identity).content for address in addresses]
    assert len(page.content) + sum(map(len, files)) < 100_000


def test_static_files_may_be_kept_for_a_year(client: TestClient) -> None:
    address = re.search(
        r'href="(/static/broadsheet\.[0-9a-f]{12}\.css)"', client.get("/papers").text
    )
    assert address is not None
    reply = client.get(address[1])
    assert "immutable" in reply.headers["cache-control"]
    assert reply.headers["content-type"].startswith("text/css")


def test_pages_hold_no_inline_script_or_style(client: TestClient) -> None:
    for path in ("/papers", "/papers/2607.90007", "/nowhere", "/api"):
        page = client.get(path).text
        assert "style=" not in page
        assert "<style" not in page
        assert re.findall(
            r'<script(?! type="application/ld\+json")[^>]*>([^<]*)</script>', page
        ) == [""]


def test_nothing_is_loaded_from_elsewhere(client: TestClient) -> None:
    page = client.get("/papers").text
    assert not re.findall(r'<(?:script|link rel="(?:stylesheet|icon)")[^>]+https?:', page)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageError("The disk is full. Make room."), 503),
        (IndexUnavailable("The index is being built."), 503),
        (PermissionDenied("Only owners may."), 403),
        (RuntimeError("secret detail"), 500),
    ],
)
@pytest.mark.parametrize("path", ["/about", "/api/v1/status", "/health"])
def test_errors_are_translated_for_both_surfaces(
    edition_services: Services, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int,
    path: str,
) -> None:  # fmt: skip
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(type(edition_services.store), "count", fail)
    client = TestClient(create_app(edition_services), raise_server_exceptions=False)
    reply = client.get(path)
    assert reply.status_code == status
    assert "secret detail" not in reply.text
    assert "content-security-policy" in reply.headers
    kind = "text/html" if path == "/about" else "application/problem+json"
    assert reply.headers["content-type"].startswith(kind)


def test_daily_page_is_rendered_within_a_twentieth_of_a_second(client: TestClient) -> None:
    client.get("/papers")
    times = []
    for _ in range(10):
        before = time.perf_counter()
        client.get("/papers")
        times.append(time.perf_counter() - before)
    assert min(times) < 0.05
