"""Days, weeks, months and similar papers as pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from shelves import BAKERY, Shelf, record

from broadsheet.domain import Listing, ListingKind, Page, Sort
from broadsheet.errors import NotFound
from broadsheet.ranking.listings import period_around


def numbers(page: Page) -> list[int]:
    return [int((hit.paper.arxiv_id or "0")[-1]) for hit in page.hits]


def test_day_without_a_date_is_the_newest_that_has_papers(bakery: Shelf) -> None:
    page = bakery.ranking.page(Listing(ListingKind.DAY))
    assert (page.start, page.end) == (date(2026, 8, 20), date(2026, 8, 20))
    assert numbers(page) == [1, 5]


def test_week_runs_from_monday_to_sunday(bakery: Shelf) -> None:
    page = bakery.ranking.page(Listing(ListingKind.WEEK, date(2026, 8, 20)))
    assert (page.start, page.end) == (date(2026, 8, 20), date(2026, 8, 23))
    newest = bakery.ranking.page(Listing(ListingKind.WEEK))
    assert (newest.start, newest.end) == (date(2026, 8, 17), date(2026, 8, 23))
    assert numbers(newest) == [2, 1, 5]


def test_month_by_date_stands_newest_first(bakery: Shelf) -> None:
    page = bakery.ranking.page(Listing(ListingKind.MONTH, sort=Sort.DATE))
    assert (page.start, page.end) == (date(2026, 8, 1), date(2026, 8, 31))
    assert numbers(page) == [5, 1, 2, 3]


def test_neighbouring_days_are_those_with_papers(bakery: Shelf) -> None:
    page = bakery.ranking.page(Listing(ListingKind.DAY, date(2026, 8, 12)))
    assert (page.previous_on, page.next_on) == (date(2026, 7, 2), date(2026, 8, 19))


def test_category_may_be_a_whole_archive(bakery: Shelf) -> None:
    page = bakery.ranking.page(Listing(ListingKind.MONTH, category="cs"))
    assert set(numbers(page)) == {1, 2, 5}


def test_empty_library_has_an_empty_page(empty: Shelf) -> None:
    for kind in (ListingKind.DAY, ListingKind.WEEK, ListingKind.MONTH):
        assert empty.ranking.page(Listing(kind)).total == 0


def test_second_page_stays_on_the_day_of_the_first(empty: Shelf) -> None:
    empty.put(BAKERY, is_indexed=False)
    first = empty.ranking.page(Listing(ListingKind.DAY, limit=1))
    newer = record(8, "Rye of the next day", "New.", listed_on=date(2026, 8, 21))
    empty.put([newer], is_indexed=False)
    second = empty.ranking.page(Listing(ListingKind.DAY, limit=1, cursor=first.next_cursor))
    assert (numbers(first), numbers(second)) == ([1], [5])


@pytest.mark.parametrize("limit", [-5, 0, 1000])
def test_limit_is_kept_between_1_and_100(bakery: Shelf, limit: int) -> None:
    page = bakery.ranking.page(Listing(ListingKind.MONTH, limit=limit))
    assert page.listing.limit in {1, 100}


def test_similar_papers_leave_out_the_paper_itself(bakery: Shelf) -> None:
    page = bakery.ranking.page(Listing(ListingKind.SIMILAR, seed="2608.00001"))
    assert 1 not in numbers(page)
    assert page.hits


def test_similar_papers_are_the_closest_first(bakery: Shelf) -> None:
    page = bakery.ranking.page(Listing(ListingKind.SIMILAR, seed="2608.00003"))
    assert numbers(page)[0] in {1, 2}
    assert "meaning" in {reason.signal for reason in page.hits[0].reasons}


def test_similar_papers_leave_out_the_other_version_of_the_same_work(empty: Shelf) -> None:
    title = "Learning to knead long doughs"
    conference = record(6, title, "A robot kneads dough in a bowl, and learns from its mistakes.")
    journal = replace(
        conference,
        source="corpus",
        record_id="10.5555/knead",
        arxiv_id=None,
        doi="10.5555/knead",
        abstract="Extended tables of forty doughs, with proofs on elasticity and new recipes.",
    )
    empty.put([*BAKERY, conference, journal])
    assert len(empty.store.related(empty.store.paper("2608.00006").paper_id)) == 1
    page = empty.ranking.page(Listing(ListingKind.SIMILAR, seed="2608.00006"))
    assert "10.5555/knead" not in {hit.paper.key for hit in page.hits}
    assert page.hits


def test_similar_to_an_unknown_paper_is_not_found(bakery: Shelf) -> None:
    with pytest.raises(NotFound):
        bakery.ranking.page(Listing(ListingKind.SIMILAR, seed="2601.99999"))


def test_similar_without_index_is_a_note(empty: Shelf) -> None:
    empty.put(BAKERY, is_indexed=False)
    page = empty.ranking.page(Listing(ListingKind.SIMILAR, seed="2608.00001"))
    assert page.hits == ()
    assert "no search index" in page.notes[0]


def test_similar_to_a_paper_not_yet_searchable_is_a_note(empty: Shelf) -> None:
    empty.put(BAKERY)
    empty.put([record(6, "Late rye", "A late loaf.")], is_indexed=False)
    page = empty.ranking.page(Listing(ListingKind.SIMILAR, seed="2608.00006"))
    assert "not searchable yet" in page.notes[0]


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        (ListingKind.DAY, date(2026, 2, 28), date(2026, 2, 28)),
        (ListingKind.WEEK, date(2026, 2, 23), date(2026, 3, 1)),
        (ListingKind.MONTH, date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_period_around_a_day(kind: ListingKind, start: date, end: date) -> None:
    assert period_around(kind, date(2026, 2, 28)) == (start, end)


def test_period_at_the_end_of_time_ends_there() -> None:
    start, end = period_around(ListingKind.WEEK, date.max)
    assert end == date.max
    assert end - start < timedelta(days=7)
