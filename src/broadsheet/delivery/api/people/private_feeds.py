"""Private feeds of the account that asks: their addresses, made, renewed and taken back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from broadsheet.delivery.access import SIGNED_IN, account_of, origin_of, services_of
from broadsheet.delivery.private_addresses import OwnFeed, make_feed, own_feeds
from broadsheet.doings import FeedKind

router = APIRouter(tags=["feeds"])
Kind = Annotated[FeedKind, Query(description="What kind of list it is.")]
Subject = Annotated[
    str,
    Query(max_length=2_000, description="A saved query, or the number of a collection."),
]
_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in; send a personal token."},
    403: {"description": "The token may only read, or the account may not act."},
}


class FeedShape(BaseModel):
    """A private feed; whoever has an address of it can read the list."""

    kind: FeedKind = Field(description="search, collection, saved or news.")
    subject: str = Field(description="The saved query, or the number of the collection.")
    title: str = Field(description="What the list is called.")
    made_at: datetime = Field(description="When this address was made.")
    urls: dict[str, str] = Field(description="Its addresses: atom, rss and json.")


class FeedInput(BaseModel):
    """Which list is to be a feed."""

    model_config = ConfigDict(extra="forbid")

    kind: FeedKind = Field(description="search, collection, saved or news.")
    subject: str = Field(
        "", max_length=2_000, description="A saved query, or the number of a collection."
    )


@router.get("/me/feeds", summary="My private feeds", dependencies=[SIGNED_IN], responses=_REFUSALS)
def feeds(request: Request, response: Response) -> list[FeedShape]:
    """All private feeds of the account, by kind."""
    response.headers["Cache-Control"] = "no-store"
    found = own_feeds(services_of(request), account_of(request))
    return [_shape(request, each) for each in found]


@router.post(
    "/me/feeds",
    summary="Make or renew a private feed",
    status_code=201,
    dependencies=[SIGNED_IN],
    responses={**_REFUSALS, 409: {"description": "There are too many feeds."}},
)
def make(request: Request, wanted: FeedInput, response: Response) -> FeedShape:
    """A new address for a list of one's own; a former one leads nowhere any more."""
    response.headers["Cache-Control"] = "no-store"
    made = make_feed(services_of(request), account_of(request), wanted.kind, wanted.subject)
    return _shape(request, made)


@router.delete(
    "/me/feeds",
    summary="Take a private feed back",
    status_code=204,
    dependencies=[SIGNED_IN],
    responses=_REFUSALS,
)
def remove(request: Request, kind: Kind, subject: Subject = "") -> Response:
    """Its address answers 410 from then on; a list without a feed changes nothing."""
    services_of(request).community.private_feeds.remove(account_of(request), kind, subject)
    return Response(status_code=204)


def _shape(request: Request, own: OwnFeed) -> FeedShape:
    origin = origin_of(request)
    return FeedShape(
        kind=own.feed.kind,
        subject=own.feed.subject,
        title=own.title,
        made_at=own.feed.made_at,
        urls={link.path.rpartition(".")[2]: origin + link.path for link in own.links},
    )
