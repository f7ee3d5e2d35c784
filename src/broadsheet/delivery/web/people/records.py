"""The records behind a paper, and for moderators the splitting of a wrong merge."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import MODERATORS, account_of, paper_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.web.cards import source_name
from broadsheet.errors import BroadsheetError, Conflict, InputError

_DIGITS = 6

router = APIRouter(include_in_schema=False, dependencies=[MODERATORS])


@router.get("/papers/{key:path}/records")
def records_page(request: Request, key: str) -> Response:
    """What each source says, with a form that makes some of it another paper."""
    return _page(request, key)


@router.post("/papers/{key:path}/split")
def split(
    request: Request, key: str, record: Annotated[list[str] | None, Form()] = None
) -> Response:
    """Make the chosen records a paper of their own, and show it."""
    services, paper = services_of(request), paper_of(request, key)
    places = [int(place) for place in record or () if place.isdecimal() and len(place) < _DIGITS]
    names = [(known.source, known.record_id) for known in services.store.records(paper.paper_id)]
    chosen = [names[place] for place in places if place < len(names)]
    try:
        made = services.community.records.split(account_of(request), paper, chosen)
    except InputError as error:
        return _page(request, key, error)
    return RedirectResponse(f"{paper_path(made)}/records", HTTPStatus.SEE_OTHER)


@router.post("/papers/{key:path}/rejoin")
def rejoin(request: Request, key: str) -> Response:
    """Undo the split that made this paper, and show the paper it belongs to."""
    paper = paper_of(request, key)
    try:
        joined = services_of(request).community.records.rejoin(account_of(request), paper)
    except Conflict as error:
        return _page(request, key, error)
    return RedirectResponse(f"{paper_path(joined)}/records", HTTPStatus.SEE_OTHER)


def _page(request: Request, key: str, error: BroadsheetError | None = None) -> Response:
    paper = paper_of(request, key)
    known = services_of(request).store.records(paper.paper_id)
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 422
    rendered: Response = request.app.state.pages.render(
        request,
        "people/records.html",
        status=status,
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        records=[(source_name(record.source), record) for record in known],
        error=str(error or ""),
        title_text=title_text,
    )
    return rendered
