"""Trending: the published formula, its windows and its reasons."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from shelves import Shelf, record

from broadsheet.domain import Hit, Listing, ListingKind, Window
from broadsheet.ranking.trending import COMMENT_WORTH, FLOOR, HALF_LIFE_DAYS, first_day

TODAY = date(2026, 8, 20)


def trending(shelf: Shelf, window: Window = Window.WEEK) -> tuple[Hit, ...]:
    return shelf.ranking.page(Listing(ListingKind.TRENDING, window=window)).hits


def aged(number: int, days: int, votes: int, comments: int = 0) -> object:
    return record(
        number,
        f"Paper {number} on {'abcdefghij'[number % 10] * 9}",
        f"Text number {number}.",
        listed_on=TODAY - timedelta(days=days),
        votes=votes,
        comments=comments,
    )


def test_score_follows_the_published_formula(empty: Shelf) -> None:
    empty.put([aged(1, 0, 0), aged(2, 3, 20, 4)], is_indexed=False)  # type: ignore[list-item]
    scores = {hit.paper.arxiv_id: hit.score for hit in trending(empty)}
    decay = 2 ** (-3 / HALF_LIFE_DAYS[Window.WEEK])
    assert scores["2608.00001"] == pytest.approx(FLOOR)
    assert scores["2608.00002"] == pytest.approx((FLOOR + 20 + 4 * COMMENT_WORTH) * decay)


def test_paper_of_today_with_few_votes_stands_above_last_weeks_favourite(empty: Shelf) -> None:
    empty.put([aged(1, 0, 2), aged(2, 6, 45, 2)], is_indexed=False)  # type: ignore[list-item]
    assert [hit.paper.arxiv_id for hit in trending(empty)] == ["2608.00001", "2608.00002"]


def test_of_one_day_the_paper_with_more_votes_stands_first(empty: Shelf) -> None:
    empty.put([aged(1, 0, 3), aged(2, 0, 4)], is_indexed=False)  # type: ignore[list-item]
    assert trending(empty)[0].paper.votes == 4


def test_all_time_knows_no_decay(empty: Shelf) -> None:
    empty.put([aged(1, 0, 10), aged(2, 4000, 11)], is_indexed=False)  # type: ignore[list-item]
    hits = trending(empty, Window.ALL)
    assert [hit.score for hit in hits] == [FLOOR + 11, FLOOR + 10]


@pytest.mark.parametrize(
    ("window", "ages"),
    [(Window.DAY, [0]), (Window.WEEK, [0, 6]), (Window.MONTH, [0, 6, 29]),
     (Window.ALL, [0, 6, 7, 29, 30])],
)  # fmt: skip
def test_window_bounds_the_age(empty: Shelf, window: Window, ages: list[int]) -> None:
    records = [aged(number, age, 1) for number, age in enumerate([0, 6, 7, 29, 30])]
    empty.put(records, is_indexed=False)  # type: ignore[arg-type]
    found = sorted((TODAY - hit.paper.listed_on).days for hit in trending(empty, window))
    if window is Window.MONTH:
        ages = [0, 6, 7, 29]
    assert found == ages


def test_library_that_ended_long_ago_still_has_a_trending_page(empty: Shelf) -> None:
    empty.put([aged(1, 500, 1), aged(2, 501, 1)], is_indexed=False)  # type: ignore[list-item]
    page = empty.ranking.page(Listing(ListingKind.TRENDING))
    assert page.hits[0].score == pytest.approx(FLOOR + 1)
    assert page.end == TODAY - timedelta(days=500)


def test_papers_announced_for_tomorrow_wait_until_tomorrow(empty: Shelf) -> None:
    empty.put([aged(1, -2, 9), aged(2, -1, 1)], is_indexed=False)  # type: ignore[list-item]
    assert [hit.paper.votes for hit in trending(empty)] == [1]


def test_reasons_name_votes_comments_and_newness(empty: Shelf) -> None:
    empty.put([aged(1, 0, 7, 1), aged(2, 2, 1)], is_indexed=False)  # type: ignore[list-item]
    first, second = trending(empty)
    assert {reason.signal for reason in first.reasons} == {"votes", "comments", "newness"}
    assert sum(reason.value for reason in first.reasons) == pytest.approx(first.score or 0)
    assert any("50% after 2 days" in reason.text for reason in second.reasons)


def test_empty_library_trends_nothing(empty: Shelf) -> None:
    assert trending(empty) == ()


def test_week_ends_with_its_anchor() -> None:
    assert first_day(date(2026, 8, 20), Window.WEEK) == date(2026, 8, 14)
    assert first_day(date(2026, 8, 20), Window.ALL) is None
