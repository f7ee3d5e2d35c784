"""What a reader follows, and saved searches; the news of it is on the notifications page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from broadsheet.delivery.access import SIGNED_IN, account_of, services_of
from broadsheet.delivery.addresses import local_path
from broadsheet.delivery.lists.ways import FRONT_FEEDS
from broadsheet.delivery.private_addresses import own_feeds
from broadsheet.doings import FeedKind, FollowKind
from broadsheet.errors import InputError
from broadsheet.follow_news import path_of

router = APIRouter(include_in_schema=False, dependencies=[SIGNED_IN])
Text = Annotated[str, Form(max_length=2_000)]
_HEADINGS = {
    FollowKind.SEARCH: "Saved searches",
    FollowKind.CATEGORY: "Categories",
    FollowKind.AUTHOR: "Authors",
    FollowKind.PERSON: "People",
}


@router.get("/following")
def following(request: Request) -> Response:
    """Everything the reader follows, with forms to follow more."""
    return _page(request)


@router.post("/following")
def follow(
    request: Request,
    kind: Text = "",
    subject: Text = "",
    label: Text = "",
    next: Text = "",  # noqa: A002 - the name that forms give it
) -> Response:
    """Follow something, and go back to where the reader was."""
    actor, rules = account_of(request), services_of(request).community.follows
    try:
        rules.follow(actor, _kind(kind), subject, label)
    except InputError as error:
        return _page(request, error=error, typed=(kind, subject))
    return _back(request, next, is_following=True)


@router.post("/following/leave")
def leave(request: Request, kind: Text = "", subject: Text = "", next: Text = "") -> Response:  # noqa: A002
    """Follow something no longer."""
    services_of(request).community.follows.leave(account_of(request), _kind(kind), subject)
    return _back(request, next, is_following=False)


def _kind(name: str) -> FollowKind:
    try:
        return FollowKind(name)
    except ValueError:
        kinds = ", ".join(kind.value for kind in FollowKind)
        raise InputError(f"Choose what to follow: {kinds}.", "kind") from None


def _back(request: Request, path: str, *, is_following: bool) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"is_following": is_following})
    return RedirectResponse(local_path(path) or "/following", HTTPStatus.SEE_OTHER)


def _page(
    request: Request, error: InputError | None = None, typed: tuple[str, str] = ("", "")
) -> Response:
    followed = services_of(request).community.follows.of(account_of(request))
    groups = [
        (kind, heading, [(f, path_of(f.kind, f.subject)) for f in followed if f.kind is kind])
        for kind, heading in _HEADINGS.items()
    ]
    feeds = own_feeds(services_of(request), account_of(request))
    news = next((each for each in feeds if each.feed.kind is FeedKind.NEWS), None)
    searches = {each.feed.subject: each for each in feeds if each.feed.kind is FeedKind.SEARCH}
    rendered: Response = request.app.state.pages.render(
        request,
        "people/following.html",
        news_feed=news,
        search_feeds=searches,
        feeds=(*(news.links if news else ()), *(each.links[0] for each in searches.values()))
        or FRONT_FEEDS,
        status=422 if error else 200,
        groups=groups,
        error=error,
        typed=typed,
    )
    return rendered
