"""When a digest is due: wall-clock times of a reader's time zone as instants, across changes.

A time that the clocks skip is taken as late as it would have been (02:30 becomes 03:30); a time
that comes twice is taken once, the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from broadsheet.mail import Preferences

LONGEST_CATCH_UP = timedelta(days=62)
_LOOK_AHEAD_DAYS = 800
_DAYS_OF_MONTH = 31
_DAYS_OF_WEEK = 7


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The names of time zones that a reader may choose, sorted."""
    areas = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/",
             "Europe/", "Indian/", "Pacific/")  # fmt: skip
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(areas)))


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name; raises ValueError with a sentence where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"“{name[:40]}” is no time zone. Write one as Europe/Berlin or UTC."
        raise ValueError(message) from error


def next_due(preferences: Preferences, after: datetime) -> datetime:
    """The first instant strictly later than `after` at which a digest is due."""
    zone = zone_of(preferences.time_zone)
    first = max(after.astimezone(zone).date(), preferences.away_until or date.min)
    for day in _due_days(preferences, first):
        due = _instant(preferences, day, zone)
        if due > after:
            return due
    message = "These days never come. Choose at least one weekday, or a day of the month."
    raise ValueError(message)


def _due_days(preferences: Preferences, first: date) -> Iterator[date]:
    for days in range(_LOOK_AHEAD_DAYS):
        day = first + timedelta(days=days)
        if preferences.month_day is not None:
            if day.day == preferences.month_day:
                yield day
        elif day.isoweekday() in preferences.weekdays:
            yield day


def _instant(preferences: Preferences, day: date, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, time(preferences.hour, preferences.minute), tzinfo=zone)
    return wall.astimezone(UTC)


def edition_of(preferences: Preferences, due_at: datetime) -> date:
    """The edition that is due at an instant: the reader's own calendar day then."""
    return due_at.astimezone(zone_of(preferences.time_zone)).date()


def period_days(preferences: Preferences) -> int:
    """How many days lie between two digests at most, 1 to 31."""
    if preferences.month_day is not None:
        return _DAYS_OF_MONTH
    days = sorted(preferences.weekdays)
    following = [*days[1:], days[0] + _DAYS_OF_WEEK]
    return max(later - earlier for earlier, later in zip(days, following, strict=True))
