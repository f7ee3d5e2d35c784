"""The web application: pages, API and static files around one Services object."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from fastapi import FastAPI

from broadsheet.delivery import errors
from broadsheet.delivery.api.routes import create_api
from broadsheet.delivery.middleware import Replies, SecurityHeaders
from broadsheet.delivery.web import listings, paper, plain
from broadsheet.delivery.web.pages import Pages
from broadsheet.delivery.web.source_states import SourceSummary

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from broadsheet.services import Services
    from broadsheet.store.store import Store

CategoryCounts = list[tuple[str, int]]


def create_app(services: Services) -> FastAPI:
    """The application; it opens and closes nothing, the services are the caller's."""
    app = FastAPI(title="Broadsheet", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.pages = Pages(services.clock, SourceSummary(services))
    app.state.categories = _remembered_categories(services.store)
    app.state.api = create_api(services)
    app.mount("/api/v1", app.state.api)
    for router in (plain.router, listings.router, paper.router):
        app.include_router(router)
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
