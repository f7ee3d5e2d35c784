"""Puts a page of papers into a feed and writes it: what the feeds of all kinds of lists share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.delivery.access import origin_of
from broadsheet.delivery.feeds import atom, json_feed, rss
from broadsheet.delivery.feeds.entries import Entry, Feed, entry, feed_id, newest
from broadsheet.delivery.lists.replying import Made, address, answer
from broadsheet.delivery.lists.sieve import Sieve, sifted
from broadsheet.delivery.xml_writing import plain
from broadsheet.errors import NotFound

if TYPE_CHECKING:
    from fastapi import Request, Response

    from broadsheet.delivery.lists.places import Place
    from broadsheet.domain import Hit, Listing, Page

FORMATS = {
    "atom": (atom.MEDIA_TYPE, atom.atom),
    "rss": (rss.MEDIA_TYPE, rss.rss),
    "json": (json_feed.MEDIA_TYPE, json_feed.json_feed),
}
"""Media type and writer by the ending of an address."""


_PRIVATE = {
    "Cache-Control": "private, no-cache",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a feed tells of: a place, who answers for its papers, and the feed's lasting name.

    `put_at` says, for lists that people make, when a paper was put there; `subtitle` begins the
    feed's description; `is_private` keeps the feed from shared caches and search engines.
    """

    place: Place
    ask: Callable[[Listing], Page]
    lasting_name: str
    put_at: Mapping[int, datetime] = field(default_factory=dict)
    subtitle: str = "New papers, gathered and ordered by Broadsheet."
    is_private: bool = False


def split_ending(called: str) -> tuple[str, str]:
    """Name and format of an address such as `day.atom`. Raises NotFound."""
    name, dot, ending = called.rpartition(".")
    if not dot or ending not in FORMATS:
        message = "There are feeds in three formats: end the address in .atom, .rss or .json."
        raise NotFound(message)
    return name, ending


def feed_reply(request: Request, ending: str, told: Told, sieve: Sieve, limit: int) -> Response:
    """One page of a list as a feed, or 304 where the asker has it."""
    media_type, write = FORMATS[ending]

    def make() -> Made:
        return write(_feed(request, told, sieve, limit)), {}

    reply = answer(request, media_type, make)
    if told.is_private:
        reply.headers.update(_PRIVATE)
    return reply


def _feed(request: Request, told: Told, sieve: Sieve, limit: int) -> Feed:
    origin = origin_of(request)
    page = sifted(told.ask, told.place.listing, sieve, limit)
    entries = tuple(_entry(hit, origin, told.put_at) for hit in page.hits)
    return Feed(
        id=feed_id(told.lasting_name),
        title=plain(f"{told.place.title} · Broadsheet"),
        subtitle=_subtitle(told.subtitle, sieve),
        site=origin + "/",
        home_url=origin + told.place.page,
        self_url=address(request, request.query_params.get("cursor")),
        first_url=address(request),
        next_url=address(request, page.next_cursor) if page.next_cursor else "",
        updated_at=newest(entries),
        entries=entries,
    )


def _entry(hit: Hit, origin: str, put_at: Mapping[int, datetime]) -> Entry:
    """An entry; what somebody put into a list was published there when they did."""
    made = entry(hit, origin)
    at = put_at.get(hit.paper.paper_id)
    if at is None:
        return made
    at = at.replace(microsecond=0)
    return replace(made, published_at=at, updated_at=max(at, made.updated_at))


def _subtitle(beginning: str, sieve: Sieve) -> str:
    """What the feed is, and which papers it leaves out."""
    kept = [
        beginning,
        f"Only with at least {sieve.min_votes:,} votes." if sieve.min_votes else "",
        f"Only with: {_named(sieve.include)}." if sieve.include else "",
        f"Without: {_named(sieve.exclude)}." if sieve.exclude else "",
    ]
    return " ".join(filter(None, kept))


def _named(phrases: tuple[str, ...]) -> str:
    return ", ".join(f"“{phrase.strip()}”" for phrase in phrases)
