"""A second look at a search's candidates, by what the best of them are about.

First the query's meaning moves towards the best papers; then scores are shared among papers that
mean the same. No paper comes in or drops out. The figures and what else was tried: docs/quality.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from broadsheet.index.layout import Floats as Vectors
from broadsheet.index.snapshot import Meaning, Snapshot
from broadsheet.index.vectors import Ids
from broadsheet.ranking.closeness import closeness
from broadsheet.ranking.fusion import Floats, Fused, ranked_anew, standardise

FEEDBACK_PAPERS = 3
"""So many of the best papers stand for what is looked for."""
FEEDBACK_WEIGHT = 0.5
"""What their direction counts beside the query's own."""
LOOKED_AT = 100
"""So many of the best papers get new scores; with 60, 200 or all search is as good."""
SHARING_PAPERS = 50
"""So many of these share their scores; with 70 or 100 search is as good."""
NEIGHBOURS = 8
"""A paper shares with so many of these."""
SHARED_PART = 0.3
"""The part of a paper's score that comes from its neighbours."""


def looked_at_again(snapshot: Snapshot, meanings: Sequence[Meaning], first: Fused) -> Fused:
    """The same papers with what their company adds to or takes from their scores, in new order.

    `meanings` are the query's, at least one. Scores by the moved meaning have the mean and the
    spread that those by the query's own have, so that papers of lower rank compare with them.
    """
    count = min(LOOKED_AT, len(first.paper_ids))
    if not count:
        return first
    moved = moved_towards(snapshot, meanings, first.paper_ids[:FEEDBACK_PAPERS])
    closer = closeness(snapshot, moved, first.paper_ids[:count]).values
    before = first.vectors[:count]
    scores = first.words + first.vectors
    scores[:count] = first.words[:count] + before.mean() + before.std() * standardise(closer)
    best = np.argsort(-scores[:count] - first.bonus[:count], kind="stable")[:SHARING_PAPERS]
    _share(snapshot, meanings[0].encoder, first.paper_ids[best], best, scores)
    return ranked_anew(first, scores)


def _share(snapshot: Snapshot, encoder: str, paper_ids: Ids, places: Ids, scores: Floats) -> None:
    """Let those of the papers at these places that have vectors share their scores."""
    vectors = snapshot.vectors(paper_ids.tolist(), encoder)
    has_vector = np.isin(paper_ids, list(vectors))
    if has_vector.sum() > 1:
        rows = np.stack([vectors[each] for each in paper_ids[has_vector].tolist()])
        scores[places[has_vector]] = shared(scores[places[has_vector]], rows)


def moved_towards(
    snapshot: Snapshot, meanings: Sequence[Meaning], paper_ids: Ids
) -> tuple[Meaning, ...]:
    """The meanings moved towards some papers, the best first, which count 1 / log2(rank + 1).

    Rocchio's feedback (1971) with vectors of papers that are only taken to be relevant, as in Li et
    al., Pseudo Relevance Feedback with Deep Language Models and Dense Retrievers (2021).
    """
    return tuple(_moved(snapshot, meaning, paper_ids) for meaning in meanings)


def _moved(snapshot: Snapshot, meaning: Meaning, paper_ids: Ids) -> Meaning:
    vectors = snapshot.vectors(paper_ids.tolist(), meaning.encoder)
    ranks = enumerate(paper_ids.tolist(), 1)
    parts = [vectors[each] / np.log2(rank + 1) for rank, each in ranks if each in vectors]
    if not parts:
        return meaning
    middle = np.sum(parts, axis=0)
    direction = middle / np.linalg.norm(middle)
    vector = meaning.vector + FEEDBACK_WEIGHT * direction
    return Meaning(meaning.encoder, vector.astype(np.float32))


def shared(scores: Floats, vectors: Vectors) -> Floats:
    """Scores (n,) of papers mixed with the mean of those of the nearest others; n is at least 2.

    `vectors` (n, dim) tell who is near. Papers that mean the same tend to be relevant to the same
    queries, so their scores should be alike: Diaz, Regularizing Ad Hoc Retrieval Scores (2005).
    """
    closeness_of_all = vectors @ vectors.T
    np.fill_diagonal(closeness_of_all, -np.inf)
    count = min(NEIGHBOURS, len(scores) - 1)
    nearest = np.argpartition(-closeness_of_all, count - 1, axis=1)[:, :count]
    mixed: Floats = (1 - SHARED_PART) * scores + SHARED_PART * scores[nearest].mean(axis=1)
    return mixed
