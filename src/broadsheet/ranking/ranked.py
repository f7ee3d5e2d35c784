"""What every ranker answers with: paper ids in order, their scores, and the parts of the scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain import Reason


@dataclass(frozen=True, slots=True)
class Signal:
    """One part of the scores: `values` (n,) float64, and a sentence for place i (None: no part)."""

    name: str
    values: NDArray[np.float64]
    describe: Callable[[int], str | None]

    def reason(self, place: int) -> Reason | None:
        """Why the paper at this place stands there, as far as this signal goes."""
        text = self.describe(place)
        return Reason(self.name, float(self.values[place]), text) if text else None


@dataclass(frozen=True, slots=True)
class Ranked:
    """Papers in order: `paper_ids` (n,) int64, each once, and `scores` (n,), not increasing.

    `scores` is None where the order is no score's. `total` counts the papers that could follow,
    at least n; `is_total_exact` is False when there may be more. `notes` are for the reader.
    """

    paper_ids: NDArray[np.int64]
    scores: NDArray[np.float64] | None
    signals: tuple[Signal, ...] = ()
    is_total_exact: bool = True
    notes: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many papers there are."""
        return len(self.paper_ids)

    def score(self, place: int) -> float | None:
        """The score of the paper at a place."""
        return None if self.scores is None else float(self.scores[place])

    def reasons(self, place: int) -> tuple[Reason, ...]:
        """The parts of the score at a place, the largest first."""
        found = [signal.reason(place) for signal in self.signals]
        reasons = [reason for reason in found if reason is not None]
        return tuple(sorted(reasons, key=lambda reason: -reason.value))
