"""How close papers are to a text, where some have vectors of one encoder and some of two.

Every paper has a vector of the first encoder; the improver's come in time. A cosine of one encoder
cannot be compared with one of another, so papers without an improved vector are given the cosine
that they would have had, judged by those that have both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.index.snapshot import Meaning, Snapshot
from broadsheet.index.vectors import Ids

LEAST_TO_COMPARE = 20
"""With fewer papers that have both vectors, the line between the two is not to be trusted."""

Numbers = NDArray[np.float64]
Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close papers are; arrays are (n,), in the order of the papers asked for.

    `values` can be compared with each other. `cosines` are as measured, with the encoder named in
    `encoders`; 0 and "" for papers without a vector. `improved_share` is the share of papers
    measured with the improver.
    """

    values: Numbers
    cosines: Numbers
    encoders: Names
    improved_share: float


def closeness(snapshot: Snapshot, meanings: Sequence[Meaning], paper_ids: Ids) -> Closeness:
    """How close papers are to a text that means this to one or two encoders."""
    if not meanings:
        nothing = np.zeros(len(paper_ids))
        return Closeness(nothing, nothing, np.full(len(paper_ids), ""), 0.0)
    first, *improved = meanings
    cosines = _cosines(snapshot, first, paper_ids)
    if improved:
        finer = _cosines(snapshot, improved[0], paper_ids)
        has_finer = ~np.isnan(finer)
        if has_finer.all() or has_finer.sum() >= LEAST_TO_COMPARE:
            return _joined(cosines, finer, first.encoder, improved[0].encoder)
    encoders = _names(~np.isnan(cosines), first.encoder, "")
    known = np.nan_to_num(cosines)
    return Closeness(known, known, encoders, 0.0)


def _cosines(snapshot: Snapshot, meaning: Meaning, paper_ids: Ids) -> Numbers:
    return snapshot.cosines(meaning.vector, paper_ids, meaning.encoder).astype(np.float64)


def _joined(coarse: Numbers, finer: Numbers, first: str, improver: str) -> Closeness:
    has_finer = ~np.isnan(finer)
    expected = _on_the_scale_of(finer, coarse)
    values = np.where(has_finer, finer, expected)
    cosines = np.where(has_finer, finer, np.nan_to_num(coarse))
    share = float(has_finer.mean()) if len(finer) else 0.0
    return Closeness(values, cosines, _names(has_finer, improver, first), share)


def _on_the_scale_of(finer: Numbers, coarse: Numbers) -> Numbers:
    """The least-squares line from coarse to finer cosines, at every coarse one."""
    has_both = ~np.isnan(finer) & ~np.isnan(coarse)
    x, y = coarse[has_both], finer[has_both]
    spread = x.var() if len(x) else 0.0
    slope = ((x - x.mean()) * (y - y.mean())).mean() / spread if spread > 0 else 0.0
    middle = y.mean() if len(y) else 0.0
    centre = x.mean() if len(x) else 0.0
    expected: Numbers = middle + slope * (np.where(np.isnan(coarse), centre, coarse) - centre)
    return expected


def _names(is_one: NDArray[np.bool_], one: str, other: str) -> Names:
    return np.where(is_one, np.str_(one), np.str_(other))
