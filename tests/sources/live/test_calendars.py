"""arXiv's announcement calendar, with days taken from its published schedule for 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.sources.live.calendars import (
    EASTERN,
    ArxivCalendar,
    Every,
    announcement_day,
    is_announcement_day,
    is_holiday,
)

AT_ONCE = ArxivCalendar(0)
OAI = ArxivCalendar(150)
FEEDS = ArxivCalendar(240)


def eastern(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=EASTERN)


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


# Sunday 16 to Saturday 22 August 2026.
@pytest.mark.parametrize(
    ("day", "announces"),
    [(16, True), (17, True), (18, True), (19, True), (20, True), (21, False), (22, False)],
)
def test_papers_are_announced_from_sunday_to_thursday(day: int, announces: bool) -> None:
    assert is_announcement_day(date(2026, 8, day)) is announces


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (eastern(2026, 8, 18, 14), eastern(2026, 8, 18, 20)),  # Tuesday's submissions
        (eastern(2026, 8, 18, 20), eastern(2026, 8, 19, 20)),  # strictly after
        (eastern(2026, 8, 20, 20, 1), eastern(2026, 8, 23, 20)),  # Thursday night to Sunday
        (eastern(2026, 8, 22, 12), eastern(2026, 8, 23, 20)),  # Saturday
        (eastern(2026, 11, 26, 12), eastern(2026, 11, 29, 20)),  # Thanksgiving to Sunday
        (eastern(2026, 12, 31, 12), eastern(2027, 1, 3, 20)),  # over two holidays and a weekend
    ],
)
def test_next_announcement(after: datetime, due: datetime) -> None:
    assert AT_ONCE.next_due(after) == due


def test_instants_come_out_in_utc() -> None:
    assert AT_ONCE.next_due(eastern(2026, 8, 18, 14)).tzinfo is UTC


def test_delay_is_added() -> None:
    assert OAI.next_due(utc(2026, 8, 18, 12)) == utc(2026, 8, 19, 2, 30)
    assert OAI.next_due(utc(2026, 1, 13, 12)) == utc(2026, 1, 14, 3, 30)


def test_within_the_delay_the_announcement_is_still_due() -> None:
    assert FEEDS.next_due(eastern(2026, 8, 18, 23, 59)) == eastern(2026, 8, 19, 0)


def test_feeds_of_friday_are_due_on_thursday_midnight() -> None:
    assert FEEDS.next_due(eastern(2026, 8, 20, 20, 30)) == eastern(2026, 8, 21, 0)


def test_delay_longer_than_a_day_hides_no_announcement() -> None:
    late = ArxivCalendar(48 * 60)
    assert late.next_due(eastern(2026, 8, 20, 19)) == eastern(2026, 8, 20, 20)
    assert late.expected_on(eastern(2026, 8, 20, 19)) == date(2026, 8, 18)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (eastern(2026, 8, 18, 19, 59), date(2026, 8, 18)),
        (eastern(2026, 8, 18, 20), date(2026, 8, 19)),
        (eastern(2026, 8, 20, 21), date(2026, 8, 21)),  # Thursday's is dated Friday
        (eastern(2026, 8, 22, 12), date(2026, 8, 21)),  # nothing new on Saturday
        (eastern(2026, 8, 23, 21), date(2026, 8, 24)),  # Sunday's is dated Monday
        (eastern(2026, 9, 7, 23), date(2026, 9, 7)),  # Labor Day: Sunday's is the newest
        (eastern(2026, 9, 8, 21), date(2026, 9, 9)),
        (eastern(2026, 11, 28, 12), date(2026, 11, 26)),  # after Thanksgiving
    ],
)
def test_expected_batch(now: datetime, expected: date) -> None:
    assert AT_ONCE.expected_on(now) == expected


def test_expected_batch_waits_for_the_delay() -> None:
    assert FEEDS.expected_on(eastern(2026, 8, 18, 23, 59)) == date(2026, 8, 18)
    assert FEEDS.expected_on(eastern(2026, 8, 19, 0)) == date(2026, 8, 19)


@pytest.mark.parametrize("day", [
    date(2026, 1, 1), date(2026, 1, 19), date(2026, 6, 19), date(2026, 7, 3), date(2026, 9, 7),
    date(2026, 11, 26), date(2026, 12, 25), date(2026, 12, 29), date(2026, 12, 31),
])  # fmt: skip
def test_published_holidays_of_2026(day: date) -> None:
    assert is_holiday(day)


def test_2026_has_no_other_holidays() -> None:
    days = (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
    assert sum(map(is_holiday, days)) == 9


@pytest.mark.parametrize(
    "day",
    [
        date(2023, 1, 16),
        date(2023, 7, 4),
        date(2023, 9, 4),
        date(2023, 11, 23),
        date(2025, 1, 20),
        date(2025, 11, 27),
    ],
)
def test_rules_give_the_moving_holidays_that_other_years_published(day: date) -> None:
    assert is_holiday(day)


@pytest.mark.parametrize(
    ("before", "after", "hour"),
    [
        # Clocks go forward on Sunday 8 March 2026 and back on Sunday 1 November 2026.
        (utc(2026, 3, 5, 12), utc(2026, 3, 6, 1), 1),
        (utc(2026, 3, 8, 12), utc(2026, 3, 9, 0), 0),
        (utc(2026, 10, 29, 12), utc(2026, 10, 30, 0), 0),
        (utc(2026, 11, 1, 12), utc(2026, 11, 2, 1), 1),
    ],
)
def test_announcements_stay_at_eight_in_the_evening_when_clocks_change(
    before: datetime, after: datetime, hour: int
) -> None:
    due = AT_ONCE.next_due(before)
    assert due == after
    assert due.hour == hour
    assert due.astimezone(EASTERN).hour == 20


def test_delay_over_a_change_of_clocks_is_in_real_hours() -> None:
    # Thursday 5 March 20:00 EST and 72 hours are Sunday 8 March 21:00 EDT.
    assert ArxivCalendar(72 * 60).next_due(utc(2026, 3, 8, 12)) == utc(2026, 3, 9, 1)


@pytest.mark.parametrize("year", [2040, 2100, 2999])
def test_far_years_have_five_evenings_a_week_but_for_holidays(year: int) -> None:
    start = utc(year, 1, 1, 0)
    due, found = start, 0
    while (due := AT_ONCE.next_due(due)).astimezone(EASTERN).year <= year:
        found += due.astimezone(EASTERN).year == year
    assert 250 <= found <= 261
    assert AT_ONCE.expected_on(start + timedelta(days=200)) is not None


def test_every_announcement_is_expected_once_it_is_out() -> None:
    due = utc(2026, 1, 1, 0)
    for _ in range(300):
        due = OAI.next_due(due)
        evening = (due - timedelta(minutes=150)).astimezone(EASTERN).date()
        assert OAI.expected_on(due) == announcement_day(evening)
        assert OAI.expected_on(due - timedelta(seconds=1)) < announcement_day(evening)


def test_source_without_calendar_is_due_after_its_hours_and_expects_nothing() -> None:
    now = utc(2026, 8, 18, 12)
    assert Every(6).next_due(now) == utc(2026, 8, 18, 18)
    assert Every(6).expected_on(now) is None
