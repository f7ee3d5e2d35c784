"""The addresses of feeds: /feeds/ and a listing's name and format, as in /feeds/day.atom."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from broadsheet.delivery.access import OPEN_TO_ALL, services_of
from broadsheet.delivery.feeds.building import Told, feed_reply, split_ending
from broadsheet.delivery.feeds.people_lists import told_of_collection
from broadsheet.delivery.lists.parameters import AskedChoice, AskedSieve
from broadsheet.delivery.lists.places import place_of

PREFIX = "/feeds"
ENTRIES = 50
router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])


@router.get(PREFIX + "/{called:path}")
def feed(
    request: Request,
    called: str,
    choice: AskedChoice,
    sieve: AskedSieve,
    limit: Annotated[int, Query(ge=1, le=100)] = ENTRIES,
) -> Response:
    """One page of a listing as a feed."""
    name, ending = split_ending(called)
    told = told_of_collection(request, name, _lasting_name(request))
    if told is None:
        ask = services_of(request).ranking.page
        told = Told(place_of(name, choice), ask, _lasting_name(request))
    return feed_reply(request, ending, told, sieve, limit)


def _lasting_name(request: Request) -> str:
    """What stays the same on every page of a feed, in every format and under every host."""
    chosen = [
        pair for pair in request.query_params.multi_items() if pair[0] not in {"cursor", "limit"}
    ]
    return f"{request.url.path.rpartition('.')[0]}?{urlencode(sorted(chosen))}"
