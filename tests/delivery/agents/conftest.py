"""The application on a port, for the official client of the protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from agent import Agent
from anyio.from_thread import start_blocking_portal
from mcp.client.client import Client

from broadsheet.delivery.app import create_app
from broadsheet.services import Services
from serving import serving


@pytest.fixture(scope="module")
def site(edition_services: Services) -> Iterator[str]:
    with serving(create_app(edition_services)) as address:
        yield address


@pytest.fixture(scope="module")
def agent(site: str) -> Iterator[Agent]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(f"{site}/mcp")) as client,
    ):
        yield Agent(portal, client)
