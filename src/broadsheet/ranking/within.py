"""Words looked up within given papers, such as those of one person's library; nothing is ranked."""

from __future__ import annotations

from collections.abc import Collection

from broadsheet.index.lance import PaperIndex
from broadsheet.index.words import Column
from broadsheet.ranking.conditions import Every, HasWords, OneOf, matching


def holding(index: PaperIndex, words: str, paper_ids: Collection[int]) -> frozenset[int]:
    """Those of the papers whose title, abstract or authors hold all the words.

    Raises IndexUnavailable.
    """
    condition = Every((HasWords((Column.TEXT,), words), OneOf(frozenset(paper_ids))))
    found = matching(index.snapshot(), condition)
    return frozenset(int(paper_id) for paper_id in found.paper_ids)
