"""Similar papers: those that mean what a paper means.

By meaning alone: on modern papers, finding papers of the same MSC or ACM code, vectors did better
(0.179 nDCG@10) than words (0.146) and than both together (0.165); see training/README.md.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from broadsheet.errors import IndexUnavailable
from broadsheet.index.snapshot import Snapshot
from broadsheet.index.words import Filter, WordQuery
from broadsheet.ranking.ranked import Ranked, Signal
from broadsheet.ranking.search import MOST_WORDS

MOST_SIMILAR = 100
"""A listing of similar papers ends here; what follows is hardly similar."""


def similar(
    snapshot: Snapshot, paper_id: int, title: str, *, without: Collection[int] = ()
) -> Ranked:
    """The papers most like one, best first, without itself and the papers in `without`.

    `title` is the paper's, readable; its words are searched where the index has no vector of it.
    Raises IndexUnavailable when the paper is not in the index.
    """
    left_out = [paper_id, *without]
    vector = snapshot.vectors([paper_id]).get(paper_id)
    if vector is not None:
        ids, scores = snapshot.search_vectors(
            vector, WordQuery(), Filter(), MOST_SIMILAR + len(left_out)
        )
        name, reason = "meaning", "Close in meaning (cosine {:.2f})."
    elif snapshot.holds(paper_id):
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
