"""Invented documents and a feed whose library can change, for the tests of the index."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from broadsheet.index.documents import Document, Feed

TITLES = (
    "Rivers of sediment in mountain lakes",
    "Counting penguins from the air",
    "A theory of knitted fabrics",
    "Why bread crusts crack",
    "Penguin colonies and sea ice",
)


def document(paper_id: int, title: str = "", **changes: object) -> Document:
    """A document of its own; anything can be changed."""
    plain = Document(
        paper_id=paper_id,
        title=title or f"{TITLES[paper_id % len(TITLES)]} {paper_id}",
        abstract=f"We measured sample number {paper_id} and report what we found.",
        authors=("Ada Lin",),
        categories=("cs.LG",),
        listed_on=date(2026, 8, 1 + paper_id % 20),
        has_code=False,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@dataclass
class Library:
    """A stand-in for the store's side of a feed: every change gets the next revision."""

    documents: dict[int, tuple[Document, int]] = field(default_factory=dict)
    removed: list[tuple[int, int]] = field(default_factory=list)
    newest: int = 0

    def put(self, *documents: Document) -> Library:
        for each in documents:
            self.newest += 1
            self.documents[each.paper_id] = (each, self.newest)
        return self

    def remove(self, paper_id: int) -> None:
        self.newest += 1
        del self.documents[paper_id]
        self.removed.append((paper_id, self.newest))

    def changes(self, after: int, limit: int) -> list[tuple[Document, int]]:
        later = [change for change in self.documents.values() if change[1] > after]
        return sorted(later, key=lambda change: change[1])[:limit]

    def removals(self, after: int) -> list[tuple[int, int]]:
        return [removal for removal in self.removed if removal[1] > after]

    def pending(self, after: int) -> int:
        return len(self.changes(after, self.newest)) + len(self.removals(after))

    def feed(self) -> Feed:
        return Feed(self.changes, self.removals, self.pending, lambda: self.newest)


def shelf(count: int) -> Library:
    """A library of so many documents, numbered from 1."""
    return Library().put(*(document(paper_id) for paper_id in range(1, count + 1)))
