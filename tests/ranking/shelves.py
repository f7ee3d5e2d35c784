"""Invented papers, a real store and a real index for the tests of ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from broadsheet.domain import Link, LinkKind, PaperRecord
from broadsheet.index.documents import Document, Feed
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.lance import PaperIndex
from broadsheet.ranking.listings import Ranking
from broadsheet.store.store import Store

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
CODE = (Link(LinkKind.CODE, "https://github.com/example/ovens"),)


def record(number: int, title: str, abstract: str, **fields: Any) -> PaperRecord:
    """A record with arXiv id 2608.0000N, listed on 20 August 2026 unless said otherwise."""
    arxiv_id = f"2608.{number:05d}"
    known: dict[str, Any] = {
        "source": "hf_daily",
        "record_id": arxiv_id,
        "arxiv_id": arxiv_id,
        "authors": ("Ada Lin",),
        "categories": ("cs.LG",),
        "listed_on": date(2026, 8, 20),
        "votes": 0,
        "comments": 0,
        **fields,
    }
    return PaperRecord(title=title, abstract=abstract, **known)


BAKERY = (
    record(
        1,
        "Neural ovens learn to bake bread",
        "An oven with a neural network bakes bread. The crust is crisp.",
        votes=12,
        comments=3,
        links=CODE,
    ),
    record(
        2,
        "Yeast as a controller: a survey",
        "We survey how dough rises, and what bakers measure.",
        authors=("Bo Chen", "Ada B. Lin"),
        categories=("cs.RO", "cs.LG"),
        votes=40,
        listed_on=date(2026, 8, 19),
    ),
    record(
        3,
        "Speech recognition in noisy bakeries",
        "Voices are hard to hear beside ovens; transcripts improve with lip reading.",
        categories=("eess.AS",),
        votes=5,
        listed_on=date(2026, 8, 12),
    ),
    record(
        4,
        "Galaxies seen through flour dust",
        "Dust scatters light from distant galaxies; we correct telescope images.",
        categories=("astro-ph.GA",),
        authors=("Zoë Müller",),
        votes=1,
        listed_on=date(2026, 7, 2),
        doi="10.5555/dust.7",
    ),
    record(5, "Reinforcement learning for traffic lights", "Agents learn when to switch.", votes=2),
)


@dataclass(frozen=True)
class Shelf:
    """A store with its index and the ranking over both."""

    store: Store
    index: PaperIndex
    ranking: Ranking

    def put(self, records: Sequence[PaperRecord], *, is_indexed: bool = True) -> Shelf:
        self.store.ingest(records, now=NOW)
        if is_indexed:
            self.index.sync(self.feed())
        return self

    def feed(self) -> Feed:
        store = self.store

        def changes(after: int, limit: int) -> list[tuple[Document, int]]:
            return [
                (
                    Document(
                        paper.paper_id,
                        paper.title,
                        paper.abstract,
                        paper.authors,
                        paper.categories,
                        paper.listed_on,
                        has_code=paper.has_code,
                        sources=paper.sources,
                    ),
                    paper.revision,
                )
                for paper in store.changes(after, limit)
            ]

        return Feed(changes, store.removals, store.pending, store.revision)


def open_shelf(folder: Path, encoder: StaticEncoder | None) -> Shelf:
    store = Store.open(f"sqlite:///{folder / 'broadsheet.sqlite'}")
    index = PaperIndex(folder / "index", encoder)
    return Shelf(store, index, Ranking(store, index, lambda: NOW))
