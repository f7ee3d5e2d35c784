"""Trending: the papers that a community looks at now. Needs the store's counts only, no index.

The score of a paper is

    S = (FLOOR + votes + COMMENT_WORTH * comments) * 2 ** (-age / HALF_LIFE_DAYS[window])

where `age` is the days between the paper's listing day and the newest listing day, so that an
archive that ended last year still has a Trending page. FLOOR is what every new paper starts with:
5, the median of the early vote counts of Hugging Face Daily Papers, October 2025 to March 2026
(90 % have at most 29, the first of a day 45). With it and the week's half-life of two days, a
paper of today with 2 votes (score 7) stands above a favourite of six days ago with 45 votes and 2
comments (6.8). Over all time there is no decay.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain import Window
from broadsheet.ranking.ranked import Ranked, Signal
from broadsheet.store.store import Store

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

FLOOR = 5.0
COMMENT_WORTH = 2.0
"""A comment takes more effort than a vote; the store's `signals` weigh them alike."""
HALF_LIFE_DAYS = {
    Window.DAY: 1.0,
    Window.WEEK: 2.0,
    Window.MONTH: 7.0,
    Window.ALL: float("inf"),
}
WINDOW_DAYS = {Window.DAY: 1, Window.WEEK: 7, Window.MONTH: 30}
"""How many listing days a window spans, the newest included; ALL has no bound."""
MOST_PAPERS = 10_000
"""For all time, the strongest are enough: without decay no other can come before them."""


def first_day(anchor: date, window: Window) -> date | None:
    """The first listing day of a window that ends with `anchor`; None for all time."""
    days = WINDOW_DAYS.get(window)
    return anchor - timedelta(days=days - 1) if days else None


def trending(store: Store, *, anchor: date, window: Window, category: str | None) -> Ranked:
    """The papers of a window by falling score; `anchor` is the newest listing day that counts."""
    start = first_day(anchor, window)
    found = store.signals(
        start=start, end=anchor, category=category, limit=None if start else MOST_PAPERS
    )
    counts = np.array([row[:3] for row in found], dtype=np.int64).reshape(-1, 3)
    ages = np.array([(anchor - row[3]).days for row in found], dtype=np.float64)
    is_whole = start is not None or len(found) < MOST_PAPERS
    return _rank(counts, ages, HALF_LIFE_DAYS[window], is_whole=is_whole)


def _rank(counts: Counts, ages: Floats, half_life: float, *, is_whole: bool) -> Ranked:
    decay = 2.0 ** (-ages / half_life)
    strength = FLOOR + counts[:, 1] + COMMENT_WORTH * counts[:, 2]
    scores = strength * decay
    order = np.lexsort((-counts[:, 0], ages, -scores))
    counts, ages, decay, scores = counts[order], ages[order], decay[order], scores[order]
    return Ranked(counts[:, 0], scores, _signals(counts, ages, decay), is_total_exact=is_whole)


def _signals(counts: Counts, ages: Floats, decay: Floats) -> tuple[Signal, ...]:
    def votes(place: int) -> str | None:
        number = counts[place, 1]
        return f"{_number(number, 'vote')}{_share(place)}." if number else None

    def comments(place: int) -> str | None:
        number = counts[place, 2]
        worth = f", worth {COMMENT_WORTH:g} votes each" if number else ""
        return f"{_number(number, 'comment')}{worth}{_share(place)}." if number else None

    def newness(place: int) -> str:
        return f"Every paper starts with {FLOOR:g}{_share(place)}."

    def _share(place: int) -> str:
        if decay[place] == 1:
            return ""
        return f", counted at {decay[place]:.0%} after {_number(int(ages[place]), 'day')}"

    return (
        Signal("votes", counts[:, 1] * decay, votes),
        Signal("comments", COMMENT_WORTH * counts[:, 2] * decay, comments),
        Signal("newness", FLOOR * decay, newness),
    )


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
