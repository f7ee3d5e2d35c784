"""Similar papers: those that mean what one or several papers mean, and not what others mean.

By meaning alone: on modern papers, finding papers of the same MSC or ACM code, vectors did better
(0.179 nDCG@10) than words (0.146) and than both together (0.165); see docs/encoder.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from broadsheet.errors import IndexUnavailable
from broadsheet.index.layout import Floats
from broadsheet.index.snapshot import Meaning, Snapshot
from broadsheet.index.vectors import Hits
from broadsheet.index.words import Filter, WordQuery
from broadsheet.ranking.closeness import closeness
from broadsheet.ranking.ranked import Ranked, Signal
from broadsheet.ranking.search import MOST_WORDS

MOST_SIMILAR = 100
"""A listing of similar papers ends here; what follows is hardly similar."""
UNLIKE_WEIGHT = 0.5
"""How much the papers that are not wanted count against those that are: Rocchio's gamma, half of
his beta, as in Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), 9.1.1,
where little is known of what is not wanted."""


def similar(
    snapshot: Snapshot,
    seeds: Sequence[int],
    title: str,
    *,
    unlike: Sequence[int] = (),
    without: Collection[int] = (),
) -> Ranked:
    """The papers most like the seeds and least like `unlike`, best first, without all of these.

    `title` is the first seed's, readable; its words are searched where the index has no vectors.
    Raises IndexUnavailable when no seed is in the index.
    """
    left_out = [*seeds, *unlike, *without]
    meanings = _meanings(snapshot, seeds, unlike)
    if meanings:
        ids, scores = _by_meaning(snapshot, meanings, MOST_SIMILAR + len(left_out))
        name, reason = "meaning", "Close in meaning (cosine {:.2f})."
    elif any(snapshot.holds(paper_id) for paper_id in seeds):
        words = WordQuery(" ".join(title.split()[:MOST_WORDS]))
        ids, scores = snapshot.search_words(words, Filter(), MOST_SIMILAR + len(left_out))
        name, reason = "words", "Shares words of the title (BM25 {:.1f})."
    else:
        message = "This paper is not searchable yet, so nothing similar can be shown."
        raise IndexUnavailable(message)
    is_other = ~np.isin(ids, left_out)
    ids, kept = ids[is_other][:MOST_SIMILAR], scores[is_other][:MOST_SIMILAR].astype(np.float64)
    signal = Signal(name, kept, lambda place: reason.format(kept[place]))
    return Ranked(ids, kept, (signal,))


def _meanings(
    snapshot: Snapshot, seeds: Sequence[int], unlike: Sequence[int]
) -> tuple[Meaning, ...]:
    """What is wanted, to each encoder that has seen every paper named."""
    found = []
    for held in snapshot.sets:
        vectors = snapshot.vectors([*seeds, *unlike], held.encoder)
        wanted = [vectors[paper_id] for paper_id in seeds if paper_id in vectors]
        unwanted = [vectors[paper_id] for paper_id in unlike if paper_id in vectors]
        is_whole = len(wanted) + len(unwanted) == len(seeds) + len(unlike)
        is_first = held is snapshot.sets[0]
        if wanted and (is_whole or is_first):
            found.append(Meaning(held.encoder, _direction(wanted, unwanted)))
    return tuple(found) if found and found[0].encoder == snapshot.sets[0].encoder else ()


def _direction(wanted: Sequence[Floats], unwanted: Sequence[Floats]) -> Floats:
    """The unit vector towards the wanted and away from the unwanted (Rocchio, 1971)."""
    direction = np.mean(wanted, axis=0)
    if unwanted:
        direction = direction - UNLIKE_WEIGHT * np.mean(unwanted, axis=0)
    length = np.linalg.norm(direction)
    unit: Floats = (direction / length if length else direction).astype(np.float32)
    return unit


def _by_meaning(snapshot: Snapshot, meanings: Sequence[Meaning], k: int) -> Hits:
    """The `k` closest papers, by the improver's cosines where there are any."""
    found = [
        snapshot.search_vectors(each.vector, WordQuery(), Filter(), k, each.encoder)[0]
        for each in meanings
    ]
    ids = np.unique(np.concatenate(found))
    scores = closeness(snapshot, meanings, ids).values.astype(np.float32)
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]
