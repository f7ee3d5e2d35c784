"""Private feeds: /feeds/private/TOKEN.atom, for programs that cannot sign in.

The token is all that opens a feed, so replies are for one reader only, and nothing here writes an
address to a log.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from broadsheet.delivery.access import ALWAYS_OPEN, services_of
from broadsheet.delivery.feeds.building import feed_reply, split_ending
from broadsheet.delivery.feeds.people_lists import chosen_filters, told_of_feed
from broadsheet.delivery.feeds.routes import ENTRIES, PREFIX
from broadsheet.delivery.lists.parameters import AskedSieve
from broadsheet.delivery.parameters import Cursor

router = APIRouter(include_in_schema=False, dependencies=[ALWAYS_OPEN])


@router.get(PREFIX + "/private/{token}.{ending}")
def private_feed(
    request: Request,
    token: Annotated[str, Path(max_length=200)],
    ending: str,
    sieve: AskedSieve,
    *,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = ENTRIES,
) -> Response:
    """One page of a list that belongs to somebody, by the token of its address."""
    services = services_of(request)
    _, ending = split_ending(f"feed.{ending}")
    feed, account = services.community.private_feeds.open(token)
    told = told_of_feed(services, feed, account, cursor, chosen_filters(request))
    return feed_reply(request, ending, told, sieve, limit)
