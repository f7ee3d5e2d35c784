"""Every route says who may use it; a route that does not stops the application."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI

from broadsheet.delivery.access import OPEN_TO_ALL, SIGNED_IN, marked_routes


def app_with(router: APIRouter) -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    return app


def test_route_without_a_mark_is_refused() -> None:
    router = APIRouter()
    router.add_api_route("/looms", lambda: "", methods=["POST"])
    with pytest.raises(TypeError, match="/looms has 0 marks"):
        list(marked_routes(app_with(router)))


def test_route_with_two_marks_is_refused() -> None:
    router = APIRouter(dependencies=[OPEN_TO_ALL])
    router.add_api_route("/looms", lambda: "", dependencies=[SIGNED_IN])
    with pytest.raises(TypeError, match="/looms has 2 marks"):
        list(marked_routes(app_with(router)))


def test_route_with_one_mark_is_listed_with_it() -> None:
    router = APIRouter()
    router.add_api_route("/looms", lambda: "", dependencies=[SIGNED_IN])
    [(route, mark)] = marked_routes(app_with(router))
    assert (route.path, mark) == ("/looms", SIGNED_IN.dependency)
