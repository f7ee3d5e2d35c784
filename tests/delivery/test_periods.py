"""Days, weeks and months in addresses and in words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.delivery.periods import parse_day, parse_period, period_around
from broadsheet.domain import ListingKind

KINDS = (ListingKind.DAY, ListingKind.WEEK, ListingKind.MONTH)


@pytest.mark.parametrize(
    ("kind", "name", "start", "end", "title"),
    [
        (ListingKind.DAY, "2026-08-21", "2026-08-21", "2026-08-21", "Friday, 21 August 2026"),
        (ListingKind.WEEK, "2026-W34", "2026-08-17", "2026-08-23", "17 to 23 August 2026"),
        (ListingKind.WEEK, "2026-W27", "2026-06-29", "2026-07-05", "29 June to 5 July 2026"),
        (ListingKind.WEEK, "2026-W53", "2026-12-28", "2027-01-03",
         "28 December 2026 to 3 January 2027"),
        (ListingKind.MONTH, "2028-02", "2028-02-01", "2028-02-29", "February 2028"),
    ],
)  # fmt: skip
def test_a_name_is_read(kind: ListingKind, name: str, start: str, end: str, title: str) -> None:
    period = parse_period(kind, name)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert (period.name, period.title) == (name, title)


@given(st.dates(), st.sampled_from(KINDS))
def test_every_day_lies_in_its_period(day: date, kind: ListingKind) -> None:
    period = period_around(kind, day)
    assert period.start <= day <= period.end


@given(st.dates(date(2, 1, 1), date(9998, 1, 1)), st.sampled_from(KINDS))
def test_a_period_is_found_again_by_its_name(day: date, kind: ListingKind) -> None:
    period = period_around(kind, day)
    assert parse_period(kind, period.name) == period


@given(st.text(max_size=12), st.sampled_from(KINDS))
def test_any_other_text_is_refused_with_a_sentence(text: str, kind: ListingKind) -> None:
    try:
        parse_period(kind, text)
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017


@pytest.mark.parametrize("text", ["1755734400", "2026-8-21", "20260821", "２０２６-08-21x", ""])
def test_only_one_form_of_a_day_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match="is not a day"):
        parse_day(text)
