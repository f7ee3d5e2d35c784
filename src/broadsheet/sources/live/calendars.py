"""When sources publish: every few hours, or on arXiv's announcement calendar.

arXiv announces at 20:00 US-Eastern from Sunday to Thursday, except on holidays; the feeds follow
at midnight. Facts from arXiv's help pages on availability, for 2026; later years are computed by
the same rules, and a day too many or too few shows as a source that waits or is quiet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
_ANNOUNCED_AT = time(20, 0)
_EVENINGS = frozenset((6, 0, 1, 2, 3))  # Sunday to Thursday, as Monday is 0
_FIXED_HOLIDAYS = frozenset(((1, 1), (6, 19), (12, 25), (12, 29), (12, 31)))
_PUBLISHED_HOLIDAYS = {
    2026: frozenset(
        date(2026, month, day)
        for month, day in (
            (1, 1), (1, 19), (6, 19), (7, 3), (9, 7), (11, 26), (12, 25), (12, 29), (12, 31)
        )
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Every:
    """A source without a calendar, asked every so many hours."""

    hours: float

    def next_due(self, after: datetime) -> datetime:
        """So many hours later."""
        return after + timedelta(hours=self.hours)

    def expected_on(self, now: datetime) -> date | None:  # noqa: ARG002
        """Nothing: no batch is promised for any day."""
        return None


@dataclass(frozen=True, slots=True)
class ArxivCalendar:
    """arXiv's announcements; `delay_minutes` is how long after 20:00 a service has them."""

    delay_minutes: int

    def next_due(self, after: datetime) -> datetime:
        """The next announcement after an instant, in UTC, the service's delay included."""
        # Counted back by the delay, or a long one would hide announcements that are on their way.
        evening = self._evening(after)
        while not (is_announcement_day(evening) and self._out_at(evening) > after):
            evening += timedelta(days=1)
        return self._out_at(evening)

    def expected_on(self, now: datetime) -> date | None:
        """The announcement day whose papers must be out by now."""
        evening = self._evening(now)
        while not (is_announcement_day(evening) and self._out_at(evening) <= now):
            evening -= timedelta(days=1)
        return announcement_day(evening)

    def _evening(self, instant: datetime) -> date:
        """The day whose announcement, were there one, a service would bring about an instant."""
        return (instant - timedelta(minutes=self.delay_minutes)).astimezone(EASTERN).date()

    def _out_at(self, evening: date) -> datetime:
        announced = datetime.combine(evening, _ANNOUNCED_AT, EASTERN)
        # In UTC, or the delay would be an hour off in the nights when clocks change.
        return announced.astimezone(UTC) + timedelta(minutes=self.delay_minutes)


def is_announcement_day(evening: date) -> bool:
    """Whether arXiv announces papers in the evening of a day, US-Eastern."""
    return evening.weekday() in _EVENINGS and not is_holiday(evening)


def announcement_day(evening: date) -> date:
    """The day that an evening's announcement is dated: the next one, as feeds and lists have it."""
    return evening + timedelta(days=1)


def is_holiday(day: date) -> bool:
    """Whether arXiv rests: the published list where known, else the rules behind it."""
    if day.year in _PUBLISHED_HOLIDAYS:
        return day in _PUBLISHED_HOLIDAYS[day.year]
    return (day.month, day.day) in _FIXED_HOLIDAYS or day in _moving_holidays(day.year)


def _moving_holidays(year: int) -> frozenset[date]:
    """Martin Luther King Day, Independence Day as observed, Labor Day, Thanksgiving."""
    independence = date(year, 7, 4)
    observed = independence + timedelta(days={5: -1, 6: 1}.get(independence.weekday(), 0))
    return frozenset((_nth(year, 1, 0, 3), observed, _nth(year, 9, 0, 1), _nth(year, 11, 3, 4)))


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
