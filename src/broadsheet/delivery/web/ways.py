"""Links that lead on from a page, and the sections of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.delivery.periods import period_around
from broadsheet.domain import ListingKind

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Way:
    """A link on from a page; `count` is how many papers lie there, `short` a shorter label."""

    label: str
    url: str
    is_current: bool = False
    count: int | None = None
    short: str = ""


def sections(current: ListingKind | None = None, focus: date | None = None) -> tuple[Way, ...]:
    """Day, Week, Month and Trending; from a period they lead to the others around `focus`."""
    ways = [Way("Day", "/papers", is_current=current is ListingKind.DAY)]
    for kind, label in ((ListingKind.WEEK, "Week"), (ListingKind.MONTH, "Month")):
        url = period_around(kind, focus).path if focus else f"/papers/{kind.value}"
        ways.append(Way(label, url, is_current=current is kind))
    is_trending = current is ListingKind.TRENDING
    return (*ways, Way("Trending", "/papers/trending", is_current=is_trending))
