"""The query parameters that pages and API share, checked in one way.

Blank values count as absent, because a form without JavaScript sends every field it has.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BeforeValidator

from broadsheet.delivery.periods import parse_day, parse_period
from broadsheet.domain import ListingKind, Sort, Window

LONGEST_QUERY = 1_000


def _unless_blank(parse: Callable[[str], Any]) -> BeforeValidator:
    def validate(value: object) -> object:
        if not isinstance(value, str):
            return value
        return parse(value) if value.strip() else None

    return BeforeValidator(validate)


def _one_of(words: type[Sort | Window], *allowed: str) -> BeforeValidator:
    choices = allowed or tuple(word.value for word in words)

    def parse(text: str) -> Sort | Window:
        if text not in choices:
            message = f"“{text[:40]}” is unknown. Choose one of: {', '.join(choices)}."
            raise ValueError(message)
        return words(text)

    return _unless_blank(parse)


def _period(kind: ListingKind) -> BeforeValidator:
    return _unless_blank(lambda text: parse_period(kind, text).name)


def _text(longest: int) -> BeforeValidator:
    def parse(text: str) -> str:
        if len(text) > longest:
            message = f"This may have {longest} characters and has {len(text)}. Shorten it."
            raise ValueError(message)
        return text.replace("\x00", " ").strip()

    return _unless_blank(parse)


QueryText = Annotated[
    str | None,
    _text(LONGEST_QUERY),
    Query(description="A query in the search language; see /search-help."),
]
SearchSort = Annotated[
    Sort | None,
    _one_of(Sort, "relevance", "date", "votes"),
    Query(description="Order: relevance (default), date or votes."),
]
PeriodSort = Annotated[
    Sort | None,
    _one_of(Sort, "votes", "date"),
    Query(description="Order: votes (default) or date."),
]
WindowName = Annotated[
    Window | None,
    _one_of(Window),
    Query(description="How far back Trending looks: day, week (default), month or all."),
]
Category = Annotated[
    str | None,
    _text(60),
    Query(description="Only papers of this category (cs.LG) or of this archive (cs)."),
]
After = Annotated[
    date | None,
    _unless_blank(parse_day),
    Query(description="Only papers listed on this day or later, as 2026-08-21."),
]
Before = Annotated[
    date | None,
    _unless_blank(parse_day),
    Query(description="Only papers listed on this day or earlier, as 2026-08-21."),
]
Cursor = Annotated[
    str | None,
    _text(500),
    Query(description="Where the next page starts: `next_cursor` of this one."),
]
At = Annotated[int, Query(ge=0, le=10_000_000, description="Papers passed on earlier pages.")]
Verbatim = Annotated[
    bool,
    BeforeValidator(lambda value: value in (True, "1", "true")),
    Query(description="1 searches what is typed alone: no acronyms added, no spelling put right."),
]
Keys = Annotated[
    list[Annotated[str | None, _text(400)]],
    Query(description="Keys of papers: arXiv ids, DOIs or `~` keys; may be repeated."),
]
Limit = Annotated[int, Query(ge=1, le=100, description="Papers on one page, 1 to 100.")]
Key = Annotated[
    str,
    Path(description="Key of a paper: arXiv id, DOI, or `~` and twelve hexadecimal digits."),
]
DayName = Annotated[
    str | None,
    _period(ListingKind.DAY),
    Query(alias="date", description="One day, as 2026-08-21."),
]
WeekName = Annotated[
    str | None,
    _period(ListingKind.WEEK),
    Query(alias="week", description="One ISO week, as 2026-W34."),
]
MonthName = Annotated[
    str | None,
    _period(ListingKind.MONTH),
    Query(alias="month", description="One month, as 2026-08."),
]
