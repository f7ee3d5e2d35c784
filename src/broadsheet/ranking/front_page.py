"""A day's front page: editors' picks first, then the community's order. And who brought a paper.

Weeks, months, categories and every chosen order leave the picks where the order puts them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date

from broadsheet.doings import Pick
from broadsheet.domain import Hit, Listing, ListingKind, Page, Paper, Reason
from broadsheet.store.store import Store

SUBMITTED = "submission"
"""The source of records that people's submissions leave."""


def is_front_page(listing: Listing) -> bool:
    """Whether a listing is a day as the editors laid it out: whole, in its own order."""
    is_one_day = listing.kind is ListingKind.DAY and listing.start == (listing.end or listing.start)
    return is_one_day and listing.sort is None and listing.category is None


def front_page(
    store: Store,
    listing: Listing,
    day: date,
    offset: int,
    standing: Callable[[Paper, Listing], tuple[Reason, ...]],
) -> Page:
    """One page of a day's front page; `standing` says why a paper stands where it does by votes."""
    found = store.people.picks.front_page(day, limit=listing.limit, offset=offset)
    picked = {one.paper_id: one for one in found.picks}
    hits = tuple(
        _hit(paper, picked.get(paper.paper_id), len(found.picks), standing(paper, listing))
        for paper in found.papers
    )
    return Page(listing, hits, found.total, picks=len(found.picks))


def _hit(paper: Paper, pick: Pick | None, number: int, reasons: tuple[Reason, ...]) -> Hit:
    if pick is None:
        return Hit(paper, None, reasons)
    place = f", number {pick.position} of {number}" if number > 1 else ""
    said = f" The editor's note: {pick.note}" if pick.note else ""
    text = f"Editors' pick for {pick.picked_on.isoformat()}{place}.{said}"
    reason = Reason("pick", float(number - pick.position + 1), text)
    return Hit(paper, None, (reason, *reasons), pick=pick.note)


def picks_of(store: Store, listing: Listing, day: date) -> int:
    """How many picks the front page of a listing's day has; 0 where it is no day's, or filtered."""
    if listing.kind is not ListingKind.DAY or listing.category is not None:
        return 0
    return len(store.people.picks.of_day(day))


def with_bringers(store: Store, page: Page) -> Page:
    """The page with the names of those who submitted its papers; asks only if somebody did."""
    submitted = [hit.paper.paper_id for hit in page.hits if SUBMITTED in hit.paper.sources]
    if not submitted:
        return page
    people = store.people.submissions.bringers(submitted)
    hits = tuple(
        dataclasses.replace(hit, brought_by=people.get(hit.paper.paper_id)) for hit in page.hits
    )
    return dataclasses.replace(page, hits=hits)
