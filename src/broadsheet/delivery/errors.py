"""The one place where errors become replies: a designed page, or problem JSON (RFC 9457).

Below this module nobody knows about status codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from broadsheet.delivery.middleware import SECURITY_HEADERS
from broadsheet.errors import (
    BroadsheetError,
    IndexUnavailable,
    NotFound,
    PermissionDenied,
    QueryError,
    StorageError,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

PROBLEM_TYPE = "application/problem+json"
_STATUS: dict[type[BroadsheetError], tuple[int, str]] = {
    NotFound: (404, "Not found"),
    QueryError: (400, "The query cannot be read"),
    PermissionDenied: (403, "Not allowed"),
    IndexUnavailable: (503, "The search index is not available"),
    StorageError: (503, "The library cannot be read"),
}
_HTTP_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address can be read (GET or HEAD), but not changed.",
}
_UNEXPECTED = (
    "Something went wrong on our side. The operator finds the details in the server's log."
)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a reply says it: `detail` is a sentence, `more` are further members."""

    status: int
    title: str
    detail: str
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def install(app: FastAPI) -> None:
    """Make an app answer every error through this module."""
    for kind in (BroadsheetError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


def problem_of(error: Exception) -> Problem:
    """The problem that an error is to the reader."""
    if isinstance(error, BroadsheetError):
        return _deliberate(error)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        sentence = _HTTP_SENTENCES.get(error.status_code, str(error.detail))
        title = HTTPStatus(error.status_code).phrase
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "GET, HEAD"  # the router does not know that HEAD is answered as GET
        return Problem(error.status_code, title, sentence, headers=headers)
    return Problem(500, "Internal error", _UNEXPECTED)


def _deliberate(error: BroadsheetError) -> Problem:
    for kind, (status, title) in _STATUS.items():
        if isinstance(error, kind):
            more = {"position": error.position} if isinstance(error, QueryError) else {}
            return Problem(status, title, str(error), more)
    return Problem(500, "Internal error", str(error))


def _invalid(error: RequestValidationError) -> Problem:
    errors = [
        {"parameter": str(part["loc"][-1]), "detail": part["msg"].removeprefix("Value error, ")}
        for part in error.errors()
    ]
    detail = " ".join(_sentence(part["parameter"], part["detail"]) for part in errors)
    return Problem(422, "A parameter cannot be used", detail, {"errors": errors})


def _sentence(parameter: str, detail: str) -> str:
    return f"{parameter}: {detail}" if detail.endswith(".") else f"{parameter}: {detail}."


async def _answer(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if request.url.path.startswith("/api/") or request.url.path == "/health":
        reply = _problem_json(request, problem)
    else:
        reply = _page(request, problem)
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store", **problem.headers}
    reply.headers.update(headers)  # the reply to a crash is made outside the middleware
    return reply


def _problem_json(request: Request, problem: Problem) -> Response:
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.url.path,
        **problem.more,
    }
    return JSONResponse(body, problem.status, media_type=PROBLEM_TYPE)


def _page(request: Request, problem: Problem) -> Response:
    status = 400 if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY else problem.status
    reply: Response = request.app.state.pages.render(
        request,
        "error.html",
        status=status,
        problem=problem,
        query=request.query_params.get("q", ""),
        position=problem.more.get("position"),
    )
    return reply
