"""The private feeds of an account: all of them on one page, and their making and taking back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import SIGNED_IN, account_of, services_of
from broadsheet.delivery.addresses import local_path
from broadsheet.delivery.private_addresses import make_feed, own_feeds
from broadsheet.doings import FeedKind
from broadsheet.errors import InputError

router = APIRouter(include_in_schema=False, dependencies=[SIGNED_IN])
Text = Annotated[str, Form(max_length=2_000)]
_DONE = {"end": "The feed's address leads nowhere any more.", "make": "The feed has a new address."}


@router.get("/settings/feeds")
def feeds_page(request: Request, done: str = "") -> Response:
    """All private feeds of the account, with the pages of their lists."""
    account = account_of(request)
    page: Response = request.app.state.pages.render(
        request,
        "people/settings_feeds.html",
        part="feeds",
        account=account,
        said=_DONE.get(done, ""),
        own=own_feeds(services_of(request), account),
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@router.post("/settings/feeds")
def change_feed(
    request: Request,
    kind: Text = "",
    subject: Text = "",
    act: Text = "make",
    next: Text = "",  # noqa: A002 - the name that forms give it
) -> Response:
    """Make a feed, give it a new address, or take it back; then the page it was asked for on."""
    actor, services = account_of(request), services_of(request)
    if act == "end":
        services.community.private_feeds.remove(actor, _kind(kind), subject)
    else:
        make_feed(services, actor, _kind(kind), subject)
    where = local_path(next) or f"/settings/feeds?done={'end' if act == 'end' else 'make'}"
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def _kind(name: str) -> FeedKind:
    try:
        return FeedKind(name)
    except ValueError:
        kinds = ", ".join(FeedKind)
        raise InputError(f"Choose which list is to be a feed: {kinds}.", "kind") from None
