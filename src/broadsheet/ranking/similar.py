"""Similar papers: those that mean what a paper means and share the words of its title."""

from __future__ import annotations

from collections.abc import Collection

from broadsheet.errors import IndexUnavailable
from broadsheet.index.snapshot import Snapshot
from broadsheet.index.words import Filter, WordQuery
from broadsheet.ranking.fusion import Fused
from broadsheet.ranking.ranked import Ranked, Signal
from broadsheet.ranking.search import MOST_WORDS, Question, candidates

MOST_SIMILAR = 100
"""A listing of similar papers ends here; what follows is hardly similar."""
VECTOR_WEIGHT = 0.6
"""The share of meaning: more than in search, as a whole abstract says more than a few words."""


def similar(
    snapshot: Snapshot, paper_id: int, title: str, *, without: Collection[int] = ()
) -> Ranked:
    """The papers most like one, best first, without itself and the papers in `without`.

    `title` is the paper's, readable. Raises IndexUnavailable when the paper is not in the index.
    """
    vector = snapshot.vectors([paper_id]).get(paper_id)
    if vector is None and not snapshot.holds(paper_id):
        message = "This paper is not searchable yet, so nothing similar can be shown."
        raise IndexUnavailable(message)
    question = Question(
        words=WordQuery(" ".join(title.split()[:MOST_WORDS])),
        filter=Filter(),
        vector=vector,
        left_out=(paper_id, *without),
    )
    # Of a small library the closest papers are wanted, however far they are.
    fused = candidates(snapshot, question, vector_weight=VECTOR_WEIGHT, least_cosine=0.0).fused
    return Ranked(fused.paper_ids[:MOST_SIMILAR], fused.scores[:MOST_SIMILAR], _signals(fused))


def _signals(fused: Fused) -> tuple[Signal, Signal]:
    def meaning(place: int) -> str | None:
        cosine = fused.cosines[place]
        return f"Close in meaning (cosine {cosine:.2f})." if cosine > 0 else None

    def words(place: int) -> str | None:
        bm25 = fused.bm25[place]
        return f"Shares words of the title (BM25 {bm25:.1f})." if bm25 > 0 else None

    return Signal("meaning", fused.vectors, meaning), Signal("words", fused.words, words)
