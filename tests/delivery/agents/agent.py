"""A connected client of the Model Context Protocol for tests that do not wait themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anyio.from_thread import BlockingPortal
from mcp.client.client import Client


@dataclass
class Agent:
    """A connected client of the protocol, asked from a test that does not wait."""

    portal: BlockingPortal
    client: Client

    def call(self, tool: str, **arguments: object) -> Any:
        return self.portal.call(self.client.call_tool, tool, arguments)
