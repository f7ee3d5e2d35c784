"""Combines the scores of words and of meanings into one; pure functions on arrays."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VECTOR_WEIGHT = 0.35
"""The share of meaning in a fused score.

Measured with the shipped encoder: mean nDCG@10 over cranfield, cacm, cisi and npl is 0.475 at 0
(words only), 0.479 at 0.2, 0.483 at 0.35 and 0.480 at 0.5; recall@100 rises from 0.627 to 0.651.
"""

IMPROVED_WEIGHT = 0.6
"""The same where all candidates have vectors of the improver: 1.5 parts to 1 of words."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fused:
    """Papers by falling `scores`, with what they are made of; all arrays are (n,).

    `bm25` and `cosines` are the raw scores; `words` and `vectors` their weighted parts, which add
    up to the score with `alike`, what a paper's company gave or took, and the `bonus`.
    """

    paper_ids: NDArray[np.int64]
    scores: Floats
    bm25: Floats
    cosines: Floats
    words: Floats
    vectors: Floats
    alike: Floats
    bonus: Floats


def fuse(
    paper_ids: NDArray[np.int64],
    bm25: Floats,
    cosines: Floats,
    vector_weight: float,
    bonus: Floats,
    *,
    floor: float = 0.0,
) -> Fused:
    """The weighted sum of both scores, each standardised over the candidates, and the bonus.

    `floor` is the lowest BM25 score that the window of words had room for: candidates that words
    did not find have at most that, and count as if they had it.

    Standardised sums did better than reciprocal ranks in Bruch et al., An Analysis of Fusion
    Functions for Hybrid Retrieval (2022); equal scores stand by paper id, newest first.
    """
    words = (1 - vector_weight) * standardise(np.maximum(bm25, floor))
    vectors = vector_weight * standardise(cosines)
    scores = words + vectors + bonus
    nothing = np.zeros_like(scores)
    return _ordered(Fused(paper_ids, scores, bm25, cosines, words, vectors, nothing, bonus))


def ranked_anew(fused: Fused, scores: Floats) -> Fused:
    """The papers by new scores, to which their bonus is added; `alike` is what has changed."""
    alike = scores - (fused.words + fused.vectors)
    return _ordered(dataclasses.replace(fused, scores=scores + fused.bonus, alike=alike))


def _ordered(fused: Fused) -> Fused:
    order = np.lexsort((-fused.paper_ids, -fused.scores))
    return Fused(*(getattr(fused, field.name)[order] for field in dataclasses.fields(Fused)))


def standardise(scores: Floats) -> Floats:
    """Scores less their mean, in standard deviations; zeros where all are equal."""
    deviation = scores.std() if len(scores) else 0.0
    return (scores - scores.mean()) / deviation if deviation > 0 else np.zeros_like(scores)
