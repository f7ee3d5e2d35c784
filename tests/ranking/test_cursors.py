"""Cursors: they carry a place, and fit one listing only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from broadsheet.domain import Listing, ListingKind, Sort
from broadsheet.errors import QueryError
from broadsheet.ranking.cursors import read_cursor, write_cursor

LISTING = Listing(ListingKind.SEARCH, query="bread \ud800")


def test_cursor_brings_back_place_and_day() -> None:
    cursor = write_cursor(LISTING, 50, date(2026, 8, 21))
    assert read_cursor(replace(LISTING, cursor=cursor)) == (50, date(2026, 8, 21))


def test_cursor_holds_for_any_page_size() -> None:
    cursor = write_cursor(LISTING, 50, None)
    assert read_cursor(replace(LISTING, cursor=cursor, limit=3)) == (50, None)


def test_listing_without_cursor_starts_at_the_beginning() -> None:
    assert read_cursor(LISTING) == (0, None)


def test_cursor_of_another_listing_is_refused() -> None:
    cursor = write_cursor(LISTING, 50, None)
    with pytest.raises(QueryError, match="first page"):
        read_cursor(replace(LISTING, cursor=cursor, sort=Sort.DATE))


@pytest.mark.parametrize("cursor", ["x", "1.2.3", "-1.0.000000000000", "\x00", "9" * 400])
def test_damaged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(QueryError):
        read_cursor(replace(LISTING, cursor=cursor))


def test_impossible_day_is_refused() -> None:
    fingerprint = write_cursor(LISTING, 0, None).rpartition(".")[2]
    with pytest.raises(QueryError):
        read_cursor(replace(LISTING, cursor=f"0.9999999.{fingerprint}"))
