"""Threads under papers: writing, previewing, answering, editing, deleting, voting, reporting."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from broadsheet.community.comments import LONGEST_BODY, LONGEST_REASON
from broadsheet.delivery.access import (
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.comment_html import comment_html
from broadsheet.delivery.errors import problem_of
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.visitors import client_address, visitor_of
from broadsheet.delivery.web.people.thread import ago
from broadsheet.errors import BroadsheetError, Conflict, InputError, NotFound, TooManyRequests

if TYPE_CHECKING:
    from broadsheet.community.comments import Comments
    from broadsheet.doings import SignedComment
    from broadsheet.domain import Paper

router = APIRouter(include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form()]
_REPEATABLE = (InputError, TooManyRequests, Conflict, NotFound)


@router.post("/papers/{key:path}/comments", dependencies=[SIGNED_IN])
def write(
    request: Request, key: str, body: Text = "", parent_id: Text = "", preview: Text = ""
) -> Response:
    """Write a comment or an answer and show it in its thread; or only show how it will look."""
    paper, account = paper_of(request, key), account_of(request)
    parent = _number(parent_id)
    if preview:
        return _form(request, paper, body, parent=parent, is_preview=True)
    try:
        written, _ = _comments(request).write(
            account, paper, body, parent_id=parent, address=client_address(request)
        )
    except _REPEATABLE as error:
        return _form(request, paper, body, parent=parent, error=error)
    return _to_comment(paper, written.comment_id)


@router.post("/comments/preview", dependencies=[SIGNED_IN])
def preview_alone(request: Request, body: Text = "") -> JSONResponse:
    """How a comment will look, for the live preview; nothing is kept."""
    text = body[:LONGEST_BODY]
    return JSONResponse({"html": str(comment_html(text, _comments(request).known_in(text)))})


@router.get("/comments/{number}", dependencies=[OPEN_TO_ALL])
def permalink(request: Request, number: Number) -> Response:
    """The address of a comment that never changes leads to its place in the thread."""
    signed = _comments(request).find(number, visitor_of(request).account)
    address = f"{paper_path(signed.paper_key)}#comment-{number}"
    return RedirectResponse(address, HTTPStatus.FOUND)


@router.get("/comments/{number}/answer", dependencies=[SIGNED_IN])
def answer_page(request: Request, number: Number) -> Response:
    """A form for an answer, below what it answers."""
    signed, paper = _found(request, number)
    return _form(request, paper, "", parent=signed.comment.comment_id)


@router.get("/comments/{number}/edit", dependencies=[SIGNED_IN])
def edit_page(request: Request, number: Number) -> Response:
    """The comment in a form, with a way to delete it."""
    signed, paper = _found(request, number)
    account = account_of(request)
    if signed.comment.account_id != account.account_id or signed.comment.is_stub:
        raise NotFound("You have no comment of this number that can be edited.")
    return _form(request, paper, signed.comment.body, edited=number)


@router.post("/comments/{number}/edit", dependencies=[SIGNED_IN])
def edit(request: Request, number: Number, body: Text = "", preview: Text = "") -> Response:
    """Keep the new words; the former ones stay to be seen."""
    _, paper = _found(request, number)
    if preview:
        return _form(request, paper, body, edited=number, is_preview=True)
    try:
        _comments(request).edit(account_of(request), paper, number, body)
    except _REPEATABLE as error:
        return _form(request, paper, body, edited=number, error=error)
    return _to_comment(paper, number)


@router.post("/comments/{number}/delete", dependencies=[SIGNED_IN])
def delete(request: Request, number: Number) -> Response:
    """Delete a comment; its thread offers to undo that."""
    _comments(request).delete(account_of(request), number)
    return _to_comment(_found(request, number)[1], number)


@router.post("/comments/{number}/restore", dependencies=[SIGNED_IN])
def restore(request: Request, number: Number) -> Response:
    """Bring a comment back that was just deleted."""
    _comments(request).restore(account_of(request), number)
    return _to_comment(_found(request, number)[1], number)


@router.post("/comments/{number}/vote", dependencies=[SIGNED_IN])
def vote(request: Request, number: Number, is_cast: Text = "1") -> Response:
    """Cast or withdraw a vote for a comment."""
    wants = is_cast == "1"
    changed = _comments(request).vote(account_of(request), number, is_cast=wants)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"votes": changed.votes, "is_cast": wants})
    return _to_comment(_found(request, number)[1], number)


@router.get("/comments/{number}/history", dependencies=[OPEN_TO_ALL])
def history(request: Request, number: Number) -> Response:
    """What a comment said before each edit."""
    signed, paper = _found(request, number)
    services = services_of(request)
    formers = services.community.comments.history(number, visitor_of(request).account)
    if not formers:
        raise NotFound("This comment has no former versions to see.")
    return _render(
        request,
        "people/comment_history.html",
        paper,
        signed=signed,
        html=comment_html(signed.comment.body),
        versions=[(comment_html(each.body), each.replaced_at) for each in formers],
    )


@router.get("/comments/{number}/report", dependencies=[SIGNED_IN])
def report_page(request: Request, number: Number) -> Response:
    """A form that asks what is wrong with a comment; or what became of the report."""
    return _report_form(request, number)


@router.post("/comments/{number}/report", dependencies=[SIGNED_IN])
def report(request: Request, number: Number, reason: Text = "") -> Response:
    """Tell the moderators."""
    try:
        _comments(request).report(account_of(request), number, reason)
    except _REPEATABLE as error:
        return _report_form(request, number, reason, error)
    return RedirectResponse(f"/comments/{number}/report", HTTPStatus.SEE_OTHER)


def _report_form(
    request: Request, number: int, reason: str = "", error: BroadsheetError | None = None
) -> Response:
    signed, paper = _found(request, number)
    account = account_of(request)
    return _render(
        request,
        "people/comment_report.html",
        paper,
        error=error,
        signed=signed,
        html=comment_html(signed.comment.body),
        reason=reason,
        longest=LONGEST_REASON,
        has_reported=_comments(request).has_reported(account, number),
    )


def _form(
    request: Request,
    paper: Paper,
    body: str,
    *,
    parent: int | None = None,
    edited: int = 0,
    error: BroadsheetError | None = None,
    is_preview: bool = False,
) -> Response:
    """The form of a comment on a page of its own, with what was typed."""
    comments = _comments(request)
    answered = comments.find(parent, account_of(request)) if parent else None
    shown = body[:LONGEST_BODY] if is_preview else ""
    return _render(
        request,
        "people/comment_form.html",
        paper,
        error=error,
        body=body,
        edited=edited,
        answered=answered,
        answered_html=comment_html(answered.comment.body) if answered else "",
        preview=comment_html(shown, comments.known_in(shown)) if shown.strip() else "",
        action=f"/comments/{edited}/edit" if edited else f"{paper_path(paper.key)}/comments",
        longest=LONGEST_BODY,
    )


def _render(
    request: Request,
    template: str,
    paper: Paper,
    *,
    error: BroadsheetError | None = None,
    **context: object,
) -> Response:
    problem = problem_of(error) if error else None
    now = services_of(request).clock()
    rendered: Response = request.app.state.pages.render(
        request,
        template,
        status=problem.status if problem else 200,
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        error=problem.detail if problem else "",
        ago=lambda at: ago(at, now),
        **context,
    )
    if problem:
        rendered.headers.update(problem.headers)
    return rendered


def _comments(request: Request) -> Comments:
    return services_of(request).community.comments


def _found(request: Request, number: int) -> tuple[SignedComment, Paper]:
    signed = _comments(request).find(number, visitor_of(request).account)
    return signed, paper_of(request, signed.paper_key)


def _number(text: str) -> int | None:
    """The number in a hidden field; a field that somebody changed is refused."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) < 2**31:
        raise NotFound("The comment that this answers does not exist.")
    return int(text[:12])


def _to_comment(paper: Paper, number: int) -> Response:
    address = f"{paper_path(paper.key)}#comment-{number}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
