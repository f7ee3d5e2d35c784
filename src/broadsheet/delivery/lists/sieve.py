"""Filters over any listing: votes at least, words that must or must not be there.

They work on papers that the ranking has already put in order, so they never change the order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broadsheet.domain import Hit, Listing, ListingKind, Page
from broadsheet.identifiers import normalise_words
from broadsheet.ranking.cursors import read_cursor, write_cursor
from broadsheet.ranking.listings import MOST_PER_PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broadsheet.domain import Paper

MOST_PHRASES = 20
LONGEST_PHRASE = 100
MOST_PAGES = 10
"""Pages of a hundred papers looked through for one page of a filtered list; more by cursor."""
_FIRST_UNSPACED = 0x2E80  # from here on scripts put no blanks between words


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which papers a reader wants: any of `include`, none of `exclude`, as `phrases` makes them."""

    min_votes: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether every paper passes."""
        return not (self.min_votes or self.include or self.exclude)

    def admits(self, paper: Paper) -> bool:
        """Whether a paper passes."""
        if paper.votes < self.min_votes:
            return False
        if not (self.include or self.exclude):
            return True
        text = searchable(paper)
        if any(phrase in text for phrase in self.exclude):
            return False
        return not self.include or any(phrase in text for phrase in self.include)


def phrases(values: Sequence[str]) -> tuple[str, ...]:
    """The phrases that a reader wrote, one a value or several between commas, to look up in
    `searchable`: words side by side without accents and case; `*` at the end lets the last go on.

    Raises ValueError with a sentence for too many, too long ones, and those without a word.
    """
    written = [part.strip() for value in values for part in value.split(",") if part.strip()]
    if len(written) > MOST_PHRASES:
        message = f"There may be {MOST_PHRASES} words or phrases and there are {len(written)}."
        raise ValueError(message)
    return tuple(map(_phrase, written))


def _phrase(written: str) -> str:
    words = normalise_words(written)
    if not words or len(written) > LONGEST_PHRASE:
        message = (
            f"“{written[:40]}” is no word or phrase to filter by. It needs a letter or digit, "
            f"and at most {LONGEST_PHRASE} characters."
        )
        raise ValueError(message)
    if any(ord(character) >= _FIRST_UNSPACED for character in written):
        return " ".join(words)
    return f" {' '.join(words)}" if written.endswith("*") else f" {' '.join(words)} "


def searchable(paper: Paper) -> str:
    """Title, abstract, authors and keywords as words between blanks, as phrases look for them."""
    parts = (paper.title, paper.abstract, *paper.authors, *paper.keywords)
    return "".join(f" {' '.join(normalise_words(part))} ." for part in parts)


def sifted(answer: Callable[[Listing], Page], listing: Listing, sieve: Sieve, limit: int) -> Page:
    """The papers of a listing that pass, at most `limit`, and where the next page starts.

    Fewer than `limit` may come with a next page still to follow, when few papers pass.
    """
    if sieve.is_open and limit <= MOST_PER_PAGE:
        return answer(replace(listing, limit=limit))
    hits: list[Hit] = []
    listing = replace(listing, limit=MOST_PER_PAGE)
    offset, _ = read_cursor(listing)
    page = answer(listing)
    for _ in range(MOST_PAGES):
        for place, hit in enumerate(page.hits, start=1):
            if sieve.admits(hit.paper):
                hits.append(hit)
            if len(hits) == limit:
                return replace(page, hits=tuple(hits), next_cursor=_after(page, offset, place))
        if page.next_cursor is None:
            break
        offset += MOST_PER_PAGE
        page = answer(replace(listing, cursor=page.next_cursor))
    return replace(page, hits=tuple(hits))


def _after(page: Page, offset: int, place: int) -> str | None:
    """The cursor of what follows the paper at this place of a page, counted from 1."""
    if place == len(page.hits):
        return page.next_cursor
    settled_on = {ListingKind.TRENDING: page.end, ListingKind.SEARCH: None}.get(
        page.listing.kind, page.start
    )
    return write_cursor(page.listing, offset + place, settled_on)
