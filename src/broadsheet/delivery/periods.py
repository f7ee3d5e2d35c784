"""Days, ISO weeks and months as addresses write them, and the words a reader sees for them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from broadsheet.domain import ListingKind

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week or month: `kind` says which; `start` and `end` are inclusive."""

    kind: ListingKind
    start: date
    end: date

    @property
    def name(self) -> str:
        """The period as addresses write it: 2026-08-21, 2026-W34 or 2026-08."""
        if self.kind is ListingKind.WEEK:
            year, week, _ = self.start.isocalendar()
            return f"{year:04d}-W{week:02d}"
        length = len("2026-08-21") if self.kind is ListingKind.DAY else len("2026-08")
        return self.start.isoformat()[:length]

    @property
    def path(self) -> str:
        """The address of the period's page."""
        folder = "date" if self.kind is ListingKind.DAY else self.kind.value
        return f"/papers/{folder}/{self.name}"

    @property
    def title(self) -> str:
        """The period in words: `Friday, 21 August 2026`, `17 to 23 August 2026`, `August 2026`."""
        if self.kind is ListingKind.DAY:
            return day_in_words(self.start)
        if self.kind is ListingKind.MONTH:
            return f"{self.start:%B} {self.start.year}"
        return f"{_short_start(self.start, self.end)} to {plain_day(self.end)}"


def _short_start(start: date, end: date) -> str:
    if start.year != end.year:
        return plain_day(start)
    return str(start.day) if start.month == end.month else f"{start.day} {start:%B}"


def day_in_words(day: date) -> str:
    """`Friday, 21 August 2026`."""
    return f"{day:%A}, {plain_day(day)}"


def plain_day(day: date) -> str:
    """`21 August 2026`."""
    return f"{day.day} {day:%B} {day.year}"


def parse_day(text: str) -> date:
    """The day written as 2026-08-21; raises ValueError with a sentence for anything else."""
    found = _DAY.fullmatch(text.strip())
    try:
        return date(*map(int, found.groups())) if found else _refuse_day(text)
    except ValueError:
        return _refuse_day(text)


def _refuse_day(text: str) -> date:
    message = f"“{text[:40]}” is not a day. Write days as 2026-08-21."
    raise ValueError(message)


def parse_period(kind: ListingKind, text: str) -> Period:
    """The period that an address names; raises ValueError with a sentence when it names none."""
    if kind is ListingKind.DAY:
        day = parse_day(text)
        return Period(kind, day, day)
    return _parse_week(text) if kind is ListingKind.WEEK else _parse_month(text)


def _parse_week(text: str) -> Period:
    found = _WEEK.fullmatch(text.strip())
    try:
        if found:
            start = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return Period(ListingKind.WEEK, start, start + timedelta(days=6))
    except (ValueError, OverflowError):
        pass  # a week 54 or a year 0 is as wrong as a text of another form
    message = f"“{text[:40]}” is not a week. Write ISO weeks as 2026-W34."
    raise ValueError(message)


def _parse_month(text: str) -> Period:
    found = _MONTH.fullmatch(text.strip())
    try:
        if found:
            return period_around(ListingKind.MONTH, date(int(found[1]), int(found[2]), 1))
    except ValueError:
        pass  # a month 13 is as wrong as a text of another form
    message = f"“{text[:40]}” is not a month. Write months as 2026-08."
    raise ValueError(message)


def period_around(kind: ListingKind, day: date) -> Period:
    """The day, ISO week or month in which a day lies."""
    if kind is ListingKind.WEEK:
        start = day - timedelta(days=min(day.weekday(), (day - date.min).days))
        return Period(kind, start, start + timedelta(days=min(6, (date.max - start).days)))
    if kind is ListingKind.MONTH:
        last = calendar.monthrange(day.year, day.month)[1]
        return Period(kind, day.replace(day=1), day.replace(day=last))
    return Period(ListingKind.DAY, day, day)
