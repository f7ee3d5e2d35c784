"""The desk of moderators: reports, hidden comments, and what waits at other desks."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.community.comments import LONGEST_REASON
from broadsheet.delivery.access import MODERATORS, account_of, paper_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.comment_html import comment_html
from broadsheet.delivery.errors import problem_of
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.web.people.thread import ago
from broadsheet.errors import BroadsheetError, Conflict, InputError

if TYPE_CHECKING:
    from broadsheet.community.moderation import Moderation

router = APIRouter(include_in_schema=False, dependencies=[MODERATORS])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form()]
_PLACES = ("/moderation", "/log")


@router.get("/moderation")
def desk(request: Request) -> Response:
    """Reports that are open, comments hidden lately, and what waits elsewhere."""
    return _desk(request)


@router.get("/comments/{number}/hide")
def hide_page(request: Request, number: Number) -> Response:
    """A form that asks why a comment is to be hidden."""
    return _hide_form(request, number)


@router.post("/comments/{number}/hide")
def hide(request: Request, number: Number, reason: Text = "", back: Text = "") -> Response:
    """Hide a comment and show where it stood, or the desk."""
    try:
        hidden = _moderation(request).hide(account_of(request), number, reason)
    except InputError as error:
        return _hide_form(request, number, reason, error)
    return _back(request, hidden.comment_id, back)


@router.post("/comments/{number}/unhide")
def unhide(request: Request, number: Number, back: Text = "") -> Response:
    """Undo the hiding of a comment."""
    shown = _moderation(request).show_again(account_of(request), number)
    return _back(request, shown.comment_id, back)


@router.post("/moderation/comments/{number}/keep")
def keep(request: Request, number: Number) -> Response:
    """Close the reports of a comment and leave it where it is."""
    _moderation(request).keep(account_of(request), number)
    return _back(request, number, "/moderation")


@router.post("/moderation/comments/{number}/reopen")
def reopen(request: Request, number: Number, back: Text = "/moderation") -> Response:
    """Open the reports of a comment again."""
    _moderation(request).reopen(account_of(request), number)
    return _back(request, number, back or "/moderation")


def _desk(request: Request) -> Response:
    services, account = services_of(request), account_of(request)
    community, now = services.community, services.clock()
    reported = community.moderation.reported(account)
    hidden = community.moderation.hidden(account)
    waiting, number_waiting = community.accounts.listed(account, state="waiting")
    papers = {one.signed.comment.paper_id for one in reported}
    papers |= {signed.comment.paper_id for signed in hidden}
    titles = {
        paper.paper_id: title_text(paper.title) or "Untitled"
        for paper in services.store.papers(list(papers))
    }
    rendered: Response = request.app.state.pages.render(
        request,
        "people/moderation.html",
        reported=reported,
        open_reports=community.moderation.open_reports(),
        hidden=hidden,
        waiting=waiting,
        number_waiting=number_waiting,
        submissions=community.submissions.count_pending(),
        claims=community.claims.count_pending(),
        titles=titles,
        longest=LONGEST_REASON,
        html=lambda signed: comment_html(signed.comment.body),
        ago=lambda at: ago(at, now),
    )
    return rendered


def _hide_form(
    request: Request, number: int, reason: str = "", error: BroadsheetError | None = None
) -> Response:
    services = services_of(request)
    signed = services.community.comments.find(number, account_of(request))
    if signed.comment.is_stub:
        raise Conflict("This comment has been removed already.")
    paper, now = paper_of(request, signed.paper_key), services.clock()
    problem = problem_of(error) if error else None
    rendered: Response = request.app.state.pages.render(
        request,
        "people/comment_hide.html",
        status=problem.status if problem else 200,
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        signed=signed,
        html=comment_html(signed.comment.body),
        reason=reason,
        error=problem.detail if problem else "",
        longest=LONGEST_REASON,
        ago=lambda at: ago(at, now),
    )
    return rendered


def _moderation(request: Request) -> Moderation:
    return services_of(request).community.moderation


def _back(request: Request, number: int, back: str) -> Response:
    if back in _PLACES:
        return RedirectResponse(back, HTTPStatus.SEE_OTHER)
    signed = services_of(request).community.comments.find(number, account_of(request))
    address = f"{paper_path(signed.paper_key)}#comment-{number}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
