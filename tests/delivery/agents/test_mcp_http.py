"""The address /mcp as plain HTTP: what is refused, and how."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28"}


def ask(method: str, **params: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": {**params, "_meta": META}}


def send(client: TestClient, body: dict[str, Any], **headers: str) -> Any:
    method = body["method"]
    name = {"Mcp-Name": body["params"]["name"]} if "name" in body["params"] else {}
    return client.post(
        "/mcp", json=body, headers={**HEADERS, "Mcp-Method": method, **name, **headers}
    )


def test_the_request_of_the_specification_is_answered(client: TestClient) -> None:
    body = ask("tools/call", name="search_papers", arguments={"query": "glaciers"})
    reply = send(client, body)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.headers["cache-control"] == "no-store"
    assert "mcp-session-id" not in reply.headers
    result = reply.json()["result"]
    assert result["resultType"] == "complete"
    assert result["isError"] is False
    assert result["structuredContent"]["papers"]
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "broadsheet"


def test_discovery_names_the_tools_and_how_long_it_holds(client: TestClient) -> None:
    result = send(client, ask("server/discover")).json()["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert "tools" in result["capabilities"]
    assert (result["ttlMs"], result["cacheScope"]) == (3_600_000, "public")


def test_an_older_client_shakes_hands_first(client: TestClient) -> None:
    params = {"protocolVersion": "2025-06-18", "capabilities": {},
              "clientInfo": {"name": "old", "version": "1"}}  # fmt: skip
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    reply = client.post("/mcp", json=body, headers={"Accept": HEADERS["Accept"]})
    assert reply.json()["result"]["protocolVersion"] == "2025-06-18"
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    older = {"Accept": HEADERS["Accept"], "MCP-Protocol-Version": "2025-06-18"}
    assert client.post("/mcp", json=note, headers=older).status_code == 202


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_stream_and_no_session(client: TestClient, method: str) -> None:
    reply = client.request(method, "/mcp")
    assert reply.status_code == 405
    assert "POST" in reply.headers["allow"]
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403), ("null", 403), ("http://testserver", 403),
        ("http://localhost.evil.example", 403), ("http://127.0.0.1.evil.example:80", 403),
        ("http://localhost:5173", 200), ("http://127.0.0.1", 200), ("http://[::1]:6274", 200),
    ],
)  # fmt: skip
def test_pages_of_other_sites_are_refused(client: TestClient, origin: str, status: int) -> None:
    reply = send(client, ask("tools/list"), Origin=origin)
    assert reply.status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b"\xff\xfe", 400),
        (b'{"jsonrpc":"2.0"}', 400), (b"[" * 3000, 400),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 400),
        (b"x" * 300_000, 413),
    ],
)  # fmt: skip
def test_malformed_requests_are_refused_as_the_protocol_says(
    client: TestClient, body: bytes, status: int
) -> None:
    headers = {**HEADERS, "Content-Type": "application/json", "Mcp-Method": "tools/list"}
    reply = client.post("/mcp", content=body, headers=headers)
    assert reply.status_code == status


def test_a_header_that_differs_from_the_body_is_refused(client: TestClient) -> None:
    body = ask("tools/call", name="read_paper", arguments={"id": "2608.00100"})
    reply = send(client, body, **{"Mcp-Name": "search_papers"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, -32020)


def test_an_unknown_version_is_answered_with_those_we_know(client: TestClient) -> None:
    body = ask("tools/list")
    body["params"]["_meta"] = {**META, "io.modelcontextprotocol/protocolVersion": "2030-01-01"}
    reply = send(client, body, **{"MCP-Protocol-Version": "2030-01-01"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, -32022)
    assert "2026-07-28" in reply.json()["error"]["data"]["supported"]


def test_an_unknown_method_and_an_unknown_tool_are_errors_of_the_protocol(
    client: TestClient,
) -> None:
    unknown = send(client, ask("papers/list"))
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, -32601)
    tool = send(client, ask("tools/call", name="nothing", arguments={}))
    assert tool.json()["error"]["code"] == -32602


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""],
)
def test_other_kinds_of_body_are_refused(client: TestClient, kind: str) -> None:
    reply = client.post("/mcp", content=b"{}", headers={"Content-Type": kind})
    assert reply.status_code in {400, 415}
