"""Connected clients of the Model Context Protocol for tests that do not wait themselves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx2
from anyio.from_thread import BlockingPortal
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

MODES = {"auto": "2026-07-28", "legacy": "2025-11-25"}
Doing = Callable[[Client], Awaitable[Any]]


@dataclass
class Agent:
    """A connected client of the protocol, asked from a test that does not wait."""

    portal: BlockingPortal
    client: Client

    def call(self, tool: str, **arguments: object) -> Any:
        return self.portal.call(self.client.call_tool, tool, arguments)


def answered(agent: Agent, tool: str, **arguments: object) -> dict[str, Any]:
    result = agent.call(tool, **arguments)
    assert not result.is_error, result.structured_content
    assert json.loads(result.content[0].text) == result.structured_content
    found: dict[str, Any] = result.structured_content
    return found


def refused(agent: Agent, tool: str, **arguments: object) -> dict[str, Any]:
    result = agent.call(tool, **arguments)
    assert result.is_error
    assert json.loads(result.content[0].text) == result.structured_content
    error: dict[str, Any] = result.structured_content["error"]
    assert set(error) <= {"status", "title", "detail", "position"}
    return error


def do(server: Any, doing: Doing, mode: str = "auto") -> Any:
    """What an agent gets that connects, does something, and leaves."""

    async def session() -> Any:
        async with Client(server, mode=mode) as client:
            return await doing(client)

    return anyio.run(session)


@asynccontextmanager
async def over_http(
    site: str, headers: dict[str, str], mode: str = "auto"
) -> AsyncIterator[Client]:
    """A client that sends headers of its own, such as a token."""
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(f"{site}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client
