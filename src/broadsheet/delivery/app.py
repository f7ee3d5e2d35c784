"""The web application: pages, API and static files around one Services object."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from fastapi import FastAPI

from broadsheet.delivery import discovery, errors, representations
from broadsheet.delivery.access import marked_routes
from broadsheet.delivery.api.routes import create_api
from broadsheet.delivery.citations import routes as citations
from broadsheet.delivery.feeds import private as private_feeds
from broadsheet.delivery.feeds import routes as feeds
from broadsheet.delivery.lists.memory import Memory
from broadsheet.delivery.mcp import routes as mcp
from broadsheet.delivery.middleware import Replies, SecurityHeaders
from broadsheet.delivery.protocols import (
    arxiv_query,
    huggingface,
    huggingface_writing,
    oai_pmh,
)
from broadsheet.delivery.protocols.rate_windows import RateWindows
from broadsheet.delivery.web import listings, mail, paper, people, plain, similar
from broadsheet.delivery.web.pages import Pages
from broadsheet.delivery.web.source_states import SourceSummary

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from broadsheet.services import Services
    from broadsheet.store.store import Store

CategoryCounts = list[tuple[str, int]]
FOR_PROGRAMS = (
    private_feeds.router, feeds.router, citations.router, mcp.router, discovery.router,
    representations.router,
)  # fmt: skip
LARGEST_BODY = 4 << 20
"""Bytes of what may be sent; the largest form is a person's library of references."""


def create_app(services: Services) -> FastAPI:
    """The application; it opens and closes nothing, the services are the caller's."""
    app = _application()
    attach(app, services)
    return app


def attach(app: FastAPI, services: Services) -> None:
    """Let an application answer from these services, and from no others, from now on."""
    app.state.services = app.state.api.state.services = services
    app.state.pages = Pages(services.clock, SourceSummary(services))
    app.state.categories = _remembered_categories(services.store)
    app.state.lists = Memory(services)
    app.state.api_rates = RateWindows(services.settings.api_requests, services.clock)


def _application() -> FastAPI:
    """All routes and what surrounds them; it answers nothing before services are attached."""
    app = FastAPI(
        title="Broadsheet",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        max_body_size=LARGEST_BODY,
    )
    app.state.api = create_api()
    app.mount("/api/v1", app.state.api)
    for router in FOR_PROGRAMS:  # first: an unchanged feed is answered in the time of a few routes
        app.include_router(router)
    for protocol in (huggingface, huggingface_writing, arxiv_query, oai_pmh):
        app.include_router(protocol.router)
    for router in (
        *people.ROUTERS, *mail.ROUTERS, plain.router, listings.router, similar.router, paper.router,
    ):  # fmt: skip
        app.include_router(router)
    for part in (app, app.state.api):
        deque(marked_routes(part), maxlen=0)  # raises for a route that does not say who may use it
    errors.install(app)
    app.add_middleware(Replies)
    app.add_middleware(SecurityHeaders)
    return app


def _remembered_categories(
    store: Store,
) -> Callable[[date | None, date | None], CategoryCounts]:
    """Category counts of a period; counted once for every state of the library."""

    @lru_cache(maxsize=256)
    def count(_revision: int, start: date | None, end: date | None) -> CategoryCounts:
        return store.categories(start, end, limit=30)

    return lambda start, end: count(store.revision(), start, end)
