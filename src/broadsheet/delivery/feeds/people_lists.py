"""Lists that people make, as feeds: collections, saved papers, saved searches, followed things.

Whatever order such a list has on its page, its feed has what was put there last first, or nobody
would see what is added at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from broadsheet.delivery.access import services_of
from broadsheet.delivery.addresses import collection_path
from broadsheet.delivery.collecting import collection_place
from broadsheet.delivery.feeds.building import Told
from broadsheet.delivery.lists.places import Choice, Place, place_of
from broadsheet.doings import FeedKind, FollowKind, Shelf
from broadsheet.domain import Hit, Listing, ListingKind, Page, Reason, Sort
from broadsheet.errors import Gone
from broadsheet.ranking.cursors import read_cursor, write_cursor
from broadsheet.ranking.listings import MOST_PER_PAGE

if TYPE_CHECKING:
    from fastapi import Request

    from broadsheet.doings import PrivateFeed
    from broadsheet.people import Account
    from broadsheet.services import Services

_OWN = "Kept by you in Broadsheet. Whoever has this address can read it."


@dataclass(frozen=True, slots=True)
class Put:
    """A paper in a list that somebody makes: since when, and the note on it there."""

    paper_id: int
    at: datetime
    note: str = ""


def told_of_collection(request: Request, name: str, lasting_name: str) -> Told | None:
    """The collection of an address `collection/OWNER/SLUG`; None for other addresses.

    Raises NotFound for one that the asker may not see.
    """
    place = collection_place(request, name)
    if place is None:
        return None
    services = services_of(request)
    papers = _collected(services, int(place.listing.seed))
    subtitle = "A collection of papers, those added last first."
    found = services.store.people.collections.by_id(int(place.listing.seed))
    told = _told(services, place, papers, lasting_name, subtitle)
    return replace(told, is_private=not found.is_public)


def told_of_feed(
    services: Services, feed: PrivateFeed, account: Account, cursor: str | None, chosen: str
) -> Told:
    """What a private feed tells of; `chosen` are the filters of its address.

    Raises Gone for a list that is no more.
    """
    name = f"private/{feed.account_id}/{feed.kind.value}/{feed.subject}?{chosen}"
    if feed.kind is FeedKind.SEARCH:
        return _search(services, feed, cursor, name)
    if feed.kind is FeedKind.COLLECTION:
        return _collection(services, feed, account, cursor, name)
    if feed.kind is FeedKind.SAVED:
        marks = services.store.people.marks.shelf(feed.account_id, Shelf.SAVED)
        papers = [Put(mark.paper_id, mark.saved_at) for mark in marks if mark.saved_at]
        place = Place(_listing(feed, cursor), "Saved papers", "/library")
        return _told(services, place, papers, name, _OWN)
    followed = services.store.people.private_feeds.followed(feed.account_id)
    place = Place(_listing(feed, cursor), "New in what you follow", "/following")
    return _told(services, place, [Put(*each) for each in followed], name, _OWN)


def title_of(services: Services, feed: PrivateFeed) -> tuple[str, str]:
    """What a private feed is called, and the path of the page on which its list stands."""
    if feed.kind is FeedKind.SEARCH:
        return f"Saved search: {_label(services, feed)}", "/following"
    if feed.kind is FeedKind.COLLECTION:
        found = services.store.people.collections.by_id(int(feed.subject))
        owner = services.store.people.accounts.by_id(found.account_id)
        return f"Collection: {found.name}", collection_path(owner.name, found.slug)
    if feed.kind is FeedKind.SAVED:
        return "Saved papers", "/library"
    return "New in what you follow", "/following"


def chosen_filters(request: Request) -> str:
    """The parameters of a request that make a feed another one."""
    kept = ("min_votes", "include", "exclude")
    return urlencode(sorted(
        pair for pair in request.query_params.multi_items() if pair[0] in kept
    ))  # fmt: skip


def _search(services: Services, feed: PrivateFeed, cursor: str | None, name: str) -> Told:
    found = place_of("search", Choice(feed.subject, sort=Sort.DATE, cursor=cursor))
    title = f"Saved search: {_label(services, feed)}"
    place = Place(found.listing, title, found.page)
    return Told(place, services.ranking.page, name, subtitle=_OWN, is_private=True)


def _collection(
    services: Services, feed: PrivateFeed, account: Account, cursor: str | None, name: str
) -> Told:
    found = services.store.people.collections.by_id(int(feed.subject))
    if found.account_id != feed.account_id:
        raise Gone("This collection is somebody else's now.")
    page = collection_path(account.name, found.slug)
    place = Place(_listing(feed, cursor), found.name, page)
    papers = _collected(services, found.collection_id)
    return _told(services, place, papers, name, found.description or _OWN)


def _label(services: Services, feed: PrivateFeed) -> str:
    follows = services.store.people.follows.of_account(feed.account_id)
    labels = {each.subject: each.label for each in follows if each.kind is FollowKind.SEARCH}
    return labels.get(feed.subject, feed.subject)


def _listing(feed: PrivateFeed, cursor: str | None) -> Listing:
    """A listing that only cursors look at: the papers are already known."""
    seed = f"{feed.kind.value} {feed.account_id} {feed.subject}"
    return Listing(ListingKind.COLLECTION, seed=seed, cursor=cursor)


def _collected(services: Services, collection_id: int) -> list[Put]:
    held = services.store.people.collections.papers(collection_id)
    held.sort(key=lambda each: (each.added_at, each.position), reverse=True)
    return [Put(each.paper_id, each.added_at, each.note) for each in held]


def _told(
    services: Services, place: Place, papers: Sequence[Put], name: str, subtitle: str
) -> Told:
    put_at = {each.paper_id: each.at for each in papers}
    return Told(place, _asking(services, papers), name, put_at, subtitle, is_private=True)


def _asking(services: Services, papers: Sequence[Put]) -> Callable[[Listing], Page]:
    """Answers a listing with these papers, page by page."""

    def ask(listing: Listing) -> Page:
        offset, _ = read_cursor(listing)
        limit = min(max(listing.limit, 1), MOST_PER_PAGE)
        notes = {each.paper_id: each.note for each in papers[offset : offset + limit]}
        found = {paper.paper_id: paper for paper in services.store.papers(list(notes))}
        hits = tuple(
            Hit(found[number], None, (Reason("note", 0.0, note),) if note else ())
            for number, note in notes.items()
            if number in found
        )
        following = offset + limit
        cursor = write_cursor(listing, following, None) if following < len(papers) else None
        return Page(listing, hits, len(papers), next_cursor=cursor)

    return ask
