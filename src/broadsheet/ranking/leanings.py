"""Moves papers of a list by what a reader asked more and less of: near ones up, down, or out.

Nearness is the cosine of the index's vectors; nothing is learnt, so taking a leaning back takes its
whole effect back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from broadsheet.domain import Hit, Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNAL = "leaning"
NEAR = 0.5
"""The cosine at which a paper begins to be like another: of papers of the daily lists, all of one
field, one pair in twenty is as near; half of them have a neighbour at 0.69.
"""
TOO_NEAR = 0.65
"""The cosine from which papers like an unwanted one leave broad lists: one pair in 130."""
LIFT = 200
"""Places that a paper moves at a cosine of 1; at `NEAR` it stays where it is."""
WINDOW = 40
"""So many papers of a list are moved among each other, at least; those behind keep their order."""

Vectors = Callable[[Sequence[int]], Mapping[int, Any]]


@dataclass(frozen=True, slots=True)
class Liked:
    """A paper that a reader asked more (or less) of: its title for the reason, its vector."""

    title: str
    vector: NDArray[np.float32]
    wants_more: bool


def arranged(
    hits: Iterable[Hit],
    liked: Sequence[Liked],
    vectors: Vectors,
    *,
    most: int,
    leaves_out: bool,
) -> Iterator[Hit]:
    """The hits of a list, best first, with those near to liked papers moved, and the reason why.

    `most` is how many the reader takes, `leaves_out` whether papers too near to unwanted ones are
    left out rather than moved down. `vectors` gives (dim,) float32 of length 1, by paper.
    """
    rest = iter(hits)
    window = list(islice(rest, max(WINDOW, most)))
    if not liked or not window:
        yield from window
        yield from rest
        return
    pulls = list(_pulls(window, liked, vectors))
    order = sorted(
        range(len(window)), key=lambda place: (place - LIFT * pulls[place].strength, place)
    )
    for place in order:
        if not (leaves_out and pulls[place].is_too_near):
            yield _told(window[place], pulls[place])
    yield from rest


@dataclass(frozen=True, slots=True)
class _Pull:
    """How far a paper is moved, from -1 (down) to 1 (up), and by which liked paper."""

    strength: float = 0.0
    is_too_near: bool = False
    by: Liked | None = None


def _pulls(window: Sequence[Hit], liked: Sequence[Liked], vectors: Vectors) -> Iterator[_Pull]:
    """For each hit, the nearest wanted paper against the nearest unwanted one."""
    numbers = [hit.paper.paper_id for hit in window]
    known = vectors(numbers)
    nothing = np.zeros_like(liked[0].vector)
    cosines = (
        np.stack([known.get(number, nothing) for number in numbers])
        @ np.stack([one.vector for one in liked]).T
    )
    nearness = np.clip((cosines.astype(np.float64) - NEAR) / (1 - NEAR), 0.0, 1.0)
    wants = np.array([one.wants_more for one in liked])
    up, down = (np.where(chosen, nearness, 0.0) for chosen in (wants, ~wants))
    highest, lowest = up.max(axis=1), down.max(axis=1)
    for place, strength in enumerate((highest - lowest).tolist()):
        if not highest[place] and not lowest[place]:
            yield _Pull()
            continue
        nearest = int((up if strength >= 0 else down)[place].argmax())
        is_too_near = strength < 0 and bool(cosines[place, nearest] >= TOO_NEAR)
        yield _Pull(strength, is_too_near, liked[nearest])


def _told(hit: Hit, pull: _Pull) -> Hit:
    if pull.by is None:
        return hit
    wish = "more" if pull.by.wants_more else "less"
    reason = Reason(SIGNAL, pull.strength, f"Like “{pull.by.title}”, of which you wanted {wish}.")
    return replace(hit, reasons=(reason, *hit.reasons))
