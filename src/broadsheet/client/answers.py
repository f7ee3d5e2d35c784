"""Replies to shapes or errors: what the blocking and the waiting client have in common."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx2

from broadsheet import __version__
from broadsheet.client.asking import Ask
from broadsheet.client.decoding import decoded
from broadsheet.client.problems import ApiError, BadAnswer, Unreachable

T = TypeVar("T")
SECONDS = 30.0
_REFUSED = 400


def settings_of(base_url: str, token: str | None, timeout: float) -> dict[str, Any]:
    """What both kinds of HTTP client are made with."""
    headers = {"User-Agent": f"broadsheet-client/{__version__}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return {
        "base_url": base_url.rstrip("/"),
        "timeout": timeout,
        "headers": headers,
        "follow_redirects": True,
    }


def answer(ask: Ask[T], reply: httpx2.Response) -> T:
    """The answer to a question. Raises ApiError and BadAnswer."""
    try:
        return decoded(ask.shape, reply_json(reply))
    except ValueError as error:
        message = f"{reply.url} did not answer as Broadsheet does: {error}."
        raise BadAnswer(message) from error


def reply_json(reply: httpx2.Response) -> Any:
    """The JSON of a good reply; raises ApiError for a refusal and ValueError for no JSON."""
    check(reply)
    return reply.json()


def check(reply: httpx2.Response) -> None:
    """Raise ApiError with the server's own words for a reply that is a refusal."""
    if reply.status_code < _REFUSED:
        return
    try:
        problem = reply.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    problem.setdefault("title", reply.reason_phrase)
    waiting = reply.headers.get("retry-after", "")
    retry_after = float(waiting) if waiting.isdecimal() else None
    raise ApiError(reply.status_code, problem, retry_after=retry_after)


def unreachable(error: Exception, base_url: str) -> Unreachable:
    """The same trouble as a sentence."""
    return Unreachable(f"No answer from {base_url}: {str(error) or type(error).__name__}.")
