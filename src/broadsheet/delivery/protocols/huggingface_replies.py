"""Answers in the form of the Hugging Face API: JSON, `{"error": sentence}`, and its rate limits.

Every status is one that its clients know: what cannot be used is 400 there, never 422.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response

from broadsheet.delivery.errors import Problem
from broadsheet.delivery.protocols.routes import answering
from broadsheet.delivery.visitors import client_address, known_visitor

_BAD_INPUT = 422
_TOO_MANY = 429
_OF_PEOPLE = (401, 403)
_HOW = "Programs send a personal token, made in the settings: Authorization: Bearer bsk_…"


def json_reply(value: object, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def _error(request: Request, problem: Problem) -> Response:
    status = 400 if problem.status == _BAD_INPUT else problem.status
    reply = json_reply({"error": _sentence(request, problem)}, status)
    reply.headers.update({**problem.headers, "Cache-Control": "no-store"})
    allowance = getattr(request.state, "allowance", None)
    if status != _TOO_MANY and allowance is not None:
        reply.headers.update(allowance.headers)
    elif status == _TOO_MANY and "RateLimit" not in problem.headers:
        # The limits of people who act are others than the address's, and differ from act to act.
        seconds = problem.headers.get("Retry-After", "1")
        reply.headers["RateLimit"] = f'"changes";r=0;t={seconds}'
    return reply


def _sentence(request: Request, problem: Problem) -> str:
    """What happened; to who sent no token of ours, also how a program says who it is."""
    is_change = request.method not in {"GET", "HEAD"}
    if problem.status in _OF_PEOPLE and is_change and not known_visitor(request).is_by_token:
        return f"{problem.detail} {_HOW}"
    return problem.detail


class HuggingFaceRoute(answering(_error)):  # type: ignore[misc]
    """Counts each request against the address's allowance and says what is left of it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the count around it."""
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            allowance = request.app.state.api_rates.take(client_address(request))
            if allowance is None:
                reply: Response = await original(request)
                return reply
            request.state.allowance = allowance
            if allowance.is_over:
                sentence = f"Too many requests. Try again in {allowance.seconds} seconds."
                over = Problem(_TOO_MANY, "Too often", sentence, headers=allowance.headers)
                return _error(request, over)
            reply = await original(request)
            if reply.status_code != _TOO_MANY:
                reply.headers.update(allowance.headers)
            return reply

        return handle
