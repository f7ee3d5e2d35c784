"""A page of a reader's own library: one shelf, narrowed by category, words and what is unread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.doings import Shelf
from broadsheet.errors import IndexUnavailable
from broadsheet.identifiers import normalise_words
from broadsheet.ranking.within import holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broadsheet.doings import Mark
    from broadsheet.domain import Paper
    from broadsheet.people import Account
    from broadsheet.services import Services

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a library is meant; `words` are looked up in papers and in notes."""

    shelf: Shelf = Shelf.SAVED
    words: str = ""
    category: str | None = None
    is_unread: bool = False
    offset: int = 0
    limit: int = PER_PAGE


@dataclass(frozen=True, slots=True)
class ShelfPage:
    """Papers of a shelf with what is marked on them, put there last first; how many there are."""

    asked: Asked
    papers: tuple[tuple[Paper, Mark], ...]
    total: int
    notes: tuple[str, ...] = ()

    @property
    def next_offset(self) -> int | None:
        """Where the next page starts; None on the last."""
        following = self.asked.offset + self.asked.limit
        return following if following < self.total else None


def shelf_page(services: Services, account: Account, asked: Asked) -> ShelfPage:
    """One page of an account's library. Raises StorageError."""
    marks, notes = _marks(services, account, asked)
    chosen = marks[asked.offset : asked.offset + asked.limit]
    found = {
        paper.paper_id: paper for paper in services.store.papers([mark.paper_id for mark in chosen])
    }
    papers = tuple((found[mark.paper_id], mark) for mark in chosen if mark.paper_id in found)
    return ShelfPage(asked, papers, len(marks), notes)


def _marks(
    services: Services, account: Account, asked: Asked
) -> tuple[Sequence[Mark], tuple[str, ...]]:
    def stored(title_words: str = "") -> list[Mark]:
        return services.store.people.marks.shelf(
            account.account_id,
            asked.shelf,
            category=asked.category,
            is_unread=asked.is_unread,
            title_words=title_words,
        )

    words = normalise_words(asked.words)
    if not words:
        return stored(), ()
    every = stored()
    notes: tuple[str, ...] = ()
    try:
        fitting = holding(services.index, asked.words, [mark.paper_id for mark in every])
    except IndexUnavailable as trouble:
        fitting = frozenset(mark.paper_id for mark in stored(asked.words))
        notes = (f"{trouble} Below are papers with these words in their titles, or in your notes.",)
    return [
        mark for mark in every if mark.paper_id in fitting or _has_words(mark.note, words)
    ], notes


def _has_words(note: str, words: Sequence[str]) -> bool:
    """Whether a note holds all the words, or words that begin with them."""
    if not note:
        return False
    text = f" {' '.join(normalise_words(note))}"
    return all(f" {word}" in text for word in words)
