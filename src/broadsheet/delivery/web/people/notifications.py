"""News of one account: replies, mentions, claims, decisions, new papers for what it follows."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from broadsheet.community.notifications import PAGE
from broadsheet.delivery.access import HAS_ACCOUNT, account_of, services_of
from broadsheet.delivery.addresses import with_query
from broadsheet.delivery.web.people.thread import ago

router = APIRouter(include_in_schema=False, dependencies=[HAS_ACCOUNT])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
_KINDS = {
    "reply": "Reply",
    "mention": "Mention",
    "claim": "Claim",
    "decision": "Decision",
    "follow": "New",
    "webhook": "Webhook",
}


@router.get("/notifications")
def notifications_page(
    request: Request, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> Response:
    """News of the account, newest first."""
    services, account = services_of(request), account_of(request)
    news = services.community.notifications.of(account, before=before)
    now = services.clock()
    older = news[-1].notification_id if len(news) == PAGE else None
    rendered: Response = request.app.state.pages.render(
        request,
        "people/notifications.html",
        news=news,
        kinds=_KINDS,
        older_path=with_query("/notifications", before=older) if older else "",
        ago=lambda at: ago(at, now),
    )
    return rendered


@router.get("/notifications/{number}")
def open_one(request: Request, number: Number) -> Response:
    """Where a piece of news leads; it counts as read from now on."""
    found = services_of(request).community.notifications.open(account_of(request), number)
    is_here = found.path.startswith("/") and not found.path.startswith("//")
    return RedirectResponse(found.path if is_here else "/notifications", HTTPStatus.SEE_OTHER)


@router.post("/notifications/read")
def read_all(request: Request) -> Response:
    """Mark all news as read."""
    services_of(request).community.notifications.mark_all_read(account_of(request))
    return _done(request)


@router.post("/notifications/{number}/read")
def read_one(request: Request, number: Number) -> Response:
    """Mark one piece of news as read."""
    services_of(request).community.notifications.open(account_of(request), number)
    return _done(request)


def _done(request: Request) -> Response:
    unread = services_of(request).community.notifications.unread(account_of(request))
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"unread": unread})
    return RedirectResponse("/notifications", HTTPStatus.SEE_OTHER)
