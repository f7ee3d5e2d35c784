"""The one place where errors become replies: a designed page, or problem JSON (RFC 9457).

Below this module nobody knows about status codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from broadsheet.delivery.addresses import with_query
from broadsheet.delivery.middleware import SECURITY_HEADERS
from broadsheet.errors import (
    AlreadyHere,
    BroadsheetError,
    Conflict,
    Gone,
    IndexUnavailable,
    InputError,
    NotFound,
    PermissionDenied,
    ProviderError,
    QueryError,
    SignInRequired,
    StorageError,
    TooManyRequests,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

PROBLEM_TYPE = "application/problem+json"
_STATUS: dict[type[BroadsheetError], tuple[int, str]] = {
    Gone: (410, "Gone"),
    NotFound: (404, "Not found"),
    QueryError: (400, "The query cannot be read"),
    InputError: (422, "This cannot be used"),
    Conflict: (409, "Not possible now"),
    TooManyRequests: (429, "Too often"),
    ProviderError: (502, "The other service failed"),
    SignInRequired: (401, "Sign in first"),
    PermissionDenied: (403, "Not allowed"),
    IndexUnavailable: (503, "The search index is not available"),
    StorageError: (503, "The library cannot be read"),
}
_HTTP_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address cannot be used in this way.",
    413: "What was sent is too large.",
}
_PROGRAMS = (
    "/api/", "/health", "/feeds/", "/cite/", "/unapi", "/suggest", "/sitemap", "/mcp",
)  # fmt: skip
_FILES = (".bib", ".ris", ".csl.json", ".md", ".png")
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
        headers = {name.title(): value for name, value in (error.headers or {}).items()}
        if "GET" in headers.get("Allow", ""):
            headers["Allow"] += ", HEAD"  # the router does not know that HEAD is answered as GET
        return Problem(error.status_code, title, sentence, headers=headers)
    return Problem(500, "Internal error", _UNEXPECTED)


def _deliberate(error: BroadsheetError) -> Problem:
    for kind, (status, title) in _STATUS.items():
        if isinstance(error, kind):
            return Problem(status, title, str(error), _more(error), _headers(error))
    return Problem(500, "Internal error", str(error))


def _more(error: BroadsheetError) -> dict[str, Any]:
    if isinstance(error, QueryError):
        return {"position": error.position}
    if isinstance(error, InputError) and error.field:
        return {"field": error.field}
    if isinstance(error, AlreadyHere):
        return {"key": error.key}
    return {}


def _headers(error: BroadsheetError) -> dict[str, str]:
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, SignInRequired):
        return {"WWW-Authenticate": 'Bearer realm="Broadsheet"'}
    return {}


def _invalid(error: RequestValidationError) -> Problem:
    errors = [
        {"parameter": str(part["loc"][-1]), "detail": part["msg"].removeprefix("Value error, ")}
        for part in error.errors()
    ]
    detail = " ".join(_sentence(part["parameter"], part["detail"]) for part in errors)
    return Problem(422, "A parameter cannot be used", detail, {"errors": errors})


def _sentence(parameter: str, detail: str) -> str:
    return f"{parameter}: {detail}" if detail.endswith(".") else f"{parameter}: {detail}."


def _is_for_programs(path: str) -> bool:
    """Whether a program asks at this address; people get a page."""
    return path.startswith(_PROGRAMS) or (path.startswith("/papers/") and path.endswith(_FILES))


def _is_json_wanted(request: Request) -> bool:
    """Whether a script of our pages asks, which says so."""
    return request.headers.get("accept", "") == "application/json"


async def _answer(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if _is_for_programs(request.url.path) or _is_json_wanted(request):
        reply = _problem_json(request, problem)
    elif isinstance(error, SignInRequired) and "text/html" in request.headers.get("accept", ""):
        reply = _to_sign_in(request)
    else:
        reply = _page(request, problem)
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store", **problem.headers}
    reply.headers.update(headers)  # the reply to a crash is made outside the middleware
    return reply


def _to_sign_in(request: Request) -> Response:
    """Signing in leads back to the page; a change is not repeated, but its page is shown."""
    path = request.url.path if request.method in {"GET", "HEAD"} else _own_referrer(request)
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    address = with_query("/sign-in", next=path + query)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _own_referrer(request: Request) -> str:
    given = urlsplit(request.headers.get("referer", ""))
    is_own = given.netloc == request.headers.get("host", "")
    return given.path if is_own and given.path.startswith("/") else "/papers"


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
