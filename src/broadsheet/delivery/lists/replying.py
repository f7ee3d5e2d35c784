"""Answers for a list: 304 where the asker has it already, else the list made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from fastapi import Response

from broadsheet.delivery.access import origin_of
from broadsheet.delivery.addresses import quoted_path
from broadsheet.delivery.lists.memory import Answered, Memory

if TYPE_CHECKING:
    from fastapi import Request

Made = tuple[bytes, Mapping[str, str]]


def address(request: Request, cursor: str | None = None) -> str:
    """The absolute address of the list that was asked for, at its first page or at a cursor."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    parameters = [*kept, ("cursor", cursor)] if cursor else kept
    path = origin_of(request) + quoted_path(request.url.path)
    return f"{path}?{urlencode(parameters)}" if parameters else path


def answer(request: Request, media_type: str, make: Callable[[], Made]) -> Response:
    """The bytes and headers that `make` gives, or 304 without making them where nothing changed.

    Headers must follow from the bytes: they are sent with the bytes alone.
    """
    memory = cast("Memory", request.app.state.lists)
    asked = f"{origin_of(request)}{request.url.path}?{request.url.query}"
    state = memory.state()
    known = memory.recall(asked, state)
    if known and known.is_known_to(request.headers):
        return _unchanged(known)
    body, headers = make()
    answered = memory.keep(asked, state, body)
    if answered.is_known_to(request.headers):
        return _unchanged(answered)
    return Response(body, media_type=media_type, headers={**headers, **answered.headers})


def _unchanged(answered: Answered) -> Response:
    return Response(status_code=304, headers={**answered.headers, "Vary": "Accept-Encoding"})
