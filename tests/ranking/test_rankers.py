"""The contract that every ranker keeps, whatever it ranks by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shelves import Shelf

from broadsheet.domain import Listing, ListingKind, Page, Sort, Window

LISTINGS = {
    "day": Listing(ListingKind.DAY),
    "week": Listing(ListingKind.WEEK),
    "month by date": Listing(ListingKind.MONTH, sort=Sort.DATE),
    "trending": Listing(ListingKind.TRENDING, window=Window.ALL),
    "search": Listing(ListingKind.SEARCH, query="neural bread ovens"),
    "search by date": Listing(ListingKind.SEARCH, query="ovens", sort=Sort.DATE),
    "search by votes": Listing(ListingKind.SEARCH, query="ovens", sort=Sort.VOTES),
    "filter": Listing(ListingKind.SEARCH, query="cat:cs.LG"),
    "similar": Listing(ListingKind.SIMILAR, seed="2608.00001"),
}


@pytest.fixture(params=LISTINGS, name="listing")
def _listing(request: pytest.FixtureRequest) -> Listing:
    return LISTINGS[request.param]


def ids(page: Page) -> list[int]:
    return [hit.paper.paper_id for hit in page.hits]


def test_no_paper_comes_twice(bakery: Shelf, listing: Listing) -> None:
    found = ids(bakery.ranking.page(listing))
    assert found
    assert len(found) == len(set(found))


def test_scores_never_rise(bakery: Shelf, listing: Listing) -> None:
    hits = bakery.ranking.page(listing).hits
    scores = [hit.score for hit in hits if hit.score is not None]
    assert len(scores) in {0, len(hits)}
    assert (np.diff(scores) <= 0).all()


def test_same_question_has_the_same_answer(bakery: Shelf, listing: Listing) -> None:
    assert bakery.ranking.page(listing) == bakery.ranking.page(listing)


def test_limit_is_kept_and_pages_join_without_gap(bakery: Shelf, listing: Listing) -> None:
    whole = bakery.ranking.page(listing)
    joined: list[int] = []
    page = bakery.ranking.page(replace(listing, limit=1))
    while True:
        assert len(page.hits) <= 1
        joined += ids(page)
        if page.next_cursor is None:
            break
        page = bakery.ranking.page(replace(listing, limit=1, cursor=page.next_cursor))
    assert joined == ids(whole)
    assert whole.total == len(joined)


def test_every_place_has_a_reason(bakery: Shelf, listing: Listing) -> None:
    for hit in bakery.ranking.page(listing).hits:
        assert hit.reasons
        assert all(reason.text.endswith(".") for reason in hit.reasons)


@pytest.mark.parametrize("name", sorted(set(LISTINGS) - {"similar"}))
def test_category_narrows_every_listing_but_similar_papers(bakery: Shelf, name: str) -> None:
    listing = LISTINGS[name]
    for hit in bakery.ranking.page(replace(listing, category="cs.LG")).hits:
        assert "cs.LG" in hit.paper.categories
