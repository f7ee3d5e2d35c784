"""Editors' picks: the archive for everybody, and the forms of editors."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.community.picks import DAYS_PER_PAGE
from broadsheet.delivery.access import EDITORS, OPEN_TO_ALL, account_of, paper_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.periods import parse_day
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.visitors import visitor_of
from broadsheet.delivery.web.cards import authors_in_short
from broadsheet.errors import InputError
from broadsheet.people import Role

if TYPE_CHECKING:
    from broadsheet.domain import Paper

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]


@router.get("/picks", dependencies=[OPEN_TO_ALL])
def archive(request: Request, before: Annotated[date | None, Query()] = None) -> Response:
    """The editors' picks by day, newest first."""
    services = services_of(request)
    days = services.community.picks.days(before)
    numbers = [one.paper_id for _, picks in days for one in picks]
    more = f"/picks?before={days[-1][0].isoformat()}" if len(days) == DAYS_PER_PAGE else ""
    account = visitor_of(request).account
    rendered: Response = request.app.state.pages.render(
        request,
        "people/picks.html",
        days=days,
        papers={paper.paper_id: paper for paper in services.store.papers(numbers)},
        more=more,
        is_editor=account is not None and account.may(Role.EDITOR),
        title_text=title_text,
        authors_in_short=authors_in_short,
    )
    return rendered


@router.post("/papers/{key:path}/pick", dependencies=[EDITORS])
def pick(request: Request, key: str, note: Text = "", day: Text = "") -> Response:
    """Pick a paper for a front page, or change the note of a pick."""
    paper = paper_of(request, key)
    try:
        services_of(request).community.picks.pick(account_of(request), paper, note, _day(day))
    except InputError as error:
        return _form(request, paper, note, day, error)
    return _to(f"{paper_path(paper.key)}#pick")


@router.post("/papers/{key:path}/unpick", dependencies=[EDITORS])
def unpick(request: Request, key: str, back: Text = "") -> Response:
    """Take a pick back."""
    paper = paper_of(request, key)
    services_of(request).community.picks.unpick(account_of(request), paper)
    return _to("/picks" if back == "picks" else paper_path(paper.key))


@router.post("/papers/{key:path}/move-pick", dependencies=[EDITORS])
def move(request: Request, key: str, place: Annotated[int, Form(ge=0, le=1_000)] = 1) -> Response:
    """Put a pick at another place among those of its day."""
    paper = paper_of(request, key)
    moved = services_of(request).community.picks.move(account_of(request), paper, place)
    return _to(f"/picks#day-{moved.picked_on.isoformat()}")


def _day(text: str) -> date | None:
    try:
        return parse_day(text.strip()) if text.strip() else None
    except ValueError as error:
        raise InputError(str(error), "day") from error


def _form(request: Request, paper: Paper, note: str, day: str, error: InputError) -> Response:
    rendered: Response = request.app.state.pages.render(
        request,
        "people/pick.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        note=note,
        day=day,
        error=str(error),
        field=error.field,
    )
    return rendered


def _to(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
