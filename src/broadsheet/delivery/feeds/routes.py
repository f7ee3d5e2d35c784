"""The addresses of feeds: /feeds/ and a listing's name and format, as in /feeds/day.atom."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from broadsheet.delivery.access import OPEN_TO_ALL, origin_of, services_of
from broadsheet.delivery.collecting import collection_place
from broadsheet.delivery.feeds import atom, json_feed, rss
from broadsheet.delivery.feeds.entries import Feed, entry, feed_id, newest
from broadsheet.delivery.lists.parameters import AskedChoice, AskedSieve
from broadsheet.delivery.lists.places import Place, place_of
from broadsheet.delivery.lists.replying import Made, address, answer
from broadsheet.delivery.lists.sieve import Sieve, sifted
from broadsheet.delivery.xml_writing import plain
from broadsheet.errors import NotFound

PREFIX = "/feeds"
ENTRIES = 50
FORMATS = {
    "atom": (atom.MEDIA_TYPE, atom.atom),
    "rss": (rss.MEDIA_TYPE, rss.rss),
    "json": (json_feed.MEDIA_TYPE, json_feed.json_feed),
}
"""Media type and writer by the ending of an address."""
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
    name, dot, ending = called.rpartition(".")
    if not dot or ending not in FORMATS:
        message = "There are feeds in three formats: end the address in .atom, .rss or .json."
        raise NotFound(message)
    media_type, write = FORMATS[ending]
    place = collection_place(request, name) or place_of(name, choice)

    def make() -> Made:
        return write(_feed(request, place, sieve, limit)), {}

    return answer(request, media_type, make)


def _feed(request: Request, place: Place, sieve: Sieve, limit: int) -> Feed:
    origin = origin_of(request)
    page = sifted(services_of(request).ranking.page, place.listing, sieve, limit)
    entries = tuple(entry(hit, origin) for hit in page.hits)
    return Feed(
        id=feed_id(_lasting_name(request)),
        title=plain(f"{place.title} · Broadsheet"),
        subtitle=_subtitle(sieve),
        site=origin + "/",
        home_url=origin + place.page,
        self_url=address(request, request.query_params.get("cursor")),
        first_url=address(request),
        next_url=address(request, page.next_cursor) if page.next_cursor else "",
        updated_at=newest(entries),
        entries=entries,
    )


def _lasting_name(request: Request) -> str:
    """What stays the same on every page of a feed, in every format and under every host."""
    chosen = [
        pair for pair in request.query_params.multi_items() if pair[0] not in {"cursor", "limit"}
    ]
    return f"{request.url.path.rpartition('.')[0]}?{urlencode(sorted(chosen))}"


def _subtitle(sieve: Sieve) -> str:
    """What the feed is, and which papers it leaves out."""
    kept = [
        "New papers, gathered and ordered by Broadsheet.",
        f"Only with at least {sieve.min_votes:,} votes." if sieve.min_votes else "",
        f"Only with: {_named(sieve.include)}." if sieve.include else "",
        f"Without: {_named(sieve.exclude)}." if sieve.exclude else "",
    ]
    return " ".join(filter(None, kept))


def _named(phrases: tuple[str, ...]) -> str:
    return ", ".join(f"“{phrase.strip()}”" for phrase in phrases)
