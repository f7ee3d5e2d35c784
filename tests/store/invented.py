"""Invented records for the tests of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from broadsheet.domain import Paper, PaperRecord
from broadsheet.identifiers import content_key
from broadsheet.store import Store

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)

MILLS = (
    "We study how tidal mills keep time when the moon is late. A clockwork of nine wheels is "
    "built, measured over two winters, and found to drift by less than a minute in a month. The "
    "drift follows the salt of the water and not its height, which earlier work assumed."
)
MILLS_EDITED = MILLS.replace("two winters", "three winters").replace("nine wheels", "ten wheels")
MILLS_JOURNAL = (
    "Extending our earlier report, this article gives a full theory of salt in mill water, with "
    "proofs, tables for forty harbours and a new wheel whose teeth are cut from oak. Builders of "
    "mills will find drawings in the appendix and a list of woods to avoid near the sea."
)
TITLE = "Tidal Mills That Keep Time Without a Moon"


def listing(title: str = TITLE, abstract: str = MILLS, **fields: Any) -> PaperRecord:
    """A record as a listing page gives it: no id, no authors."""
    source = fields.pop("source", "listing_page")
    fields.setdefault("listed_on", date(2026, 3, 13))
    return PaperRecord(source, content_key(title, abstract), title, abstract, **fields)


def arxiv(arxiv_id: str = "2603.00001", **fields: Any) -> PaperRecord:
    """A record as arXiv's own lists give it."""
    fields = {
        "source": "corpus",
        "record_id": arxiv_id,
        "title": TITLE,
        "abstract": MILLS,
        "arxiv_id": arxiv_id,
        "authors": ("Ada Wheel", "Bo Salt"),
        "categories": ("physics.soc-ph", "cs.LG"),
        "submitted_at": datetime(2026, 3, 10, 9, 30, tzinfo=UTC),
        **fields,
    }
    return PaperRecord(**fields)


def published(doi: str = "10.5555/mills.1", **fields: Any) -> PaperRecord:
    """A record of a journal: a DOI and no arXiv id."""
    base = arxiv(**fields)
    return replace(base, source="journal", record_id=doi, doi=doi, arxiv_id=None)


def facts(store: Store) -> dict[str, tuple[Paper, tuple[str, ...]]]:
    """All that the library says, without what depends on when it was told."""
    return {
        paper.key: (
            replace(paper, paper_id=0, added_at=datetime(2026, 1, 1, tzinfo=UTC), revision=0),
            tuple(sorted(related.key for related in store.related(paper.paper_id))),
        )
        for paper, _ in store.every_paper()
    }
