"""The lists that digests are made of: each asked once for all readers who follow it, page by page.

Memory is bounded: the lists used longest ago are dropped, and papers are held once however many
lists they are in.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from broadsheet.domain import Hit, Listing, ListingKind, Page, Paper, Window
from broadsheet.errors import QueryError
from broadsheet.identifiers import normalise_words
from broadsheet.mail import Subscription, SubscriptionKind

PAGE = 40
MOST_PAGES = 5
_MOST_LISTS = 256
_MOST_PAPERS = 20_000
_WEEK = 7
_SHORTEST_STEM = 4
_LONGEST_ENDING = 3
_SEARCHES = (SubscriptionKind.SEARCH, SubscriptionKind.SAVED)


@dataclass(frozen=True, slots=True)
class Span:
    """The listing days that a digest covers, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.end - self.start).days + 1


class DigestList:
    """The papers of one list, best first, read on as far as somebody looks.

    `is_all_new` tells that every paper of it is news, whatever its day.
    """

    def __init__(
        self,
        first: Callable[[], Page],
        following: Callable[[str], Page] | None = None,
        belongs: Callable[[Hit], bool] = lambda _: True,
        *,
        is_all_new: bool = False,
    ) -> None:
        self._following = following
        self._belongs = belongs
        self.is_all_new = is_all_new
        self._pages = 1
        self.note = ""
        try:
            page = first()
        except QueryError as error:
            self.note = str(error)
            page = None
        self.loaded: list[Hit] = [*filter(belongs, page.hits)] if page else []
        self._cursor = page.next_cursor if page else None
        if page and page.notes:
            self.note = " ".join(page.notes)

    def __iter__(self) -> Iterator[Hit]:
        place = 0
        while True:
            while place >= len(self.loaded):
                if not self._read_on():
                    return
            yield self.loaded[place]
            place += 1

    def _read_on(self) -> bool:
        if self._following is None or self._cursor is None or self._pages >= MOST_PAGES:
            return False
        page = self._following(self._cursor)
        self._pages += 1
        self._cursor = page.next_cursor
        self.loaded.extend(filter(self._belongs, page.hits))
        return True


class Lists:
    """Finds the list of a subscription; `ask` is the ranking's one door."""

    def __init__(self, ask: Callable[[Listing], Page]) -> None:
        self._ask = ask
        self._lists: OrderedDict[tuple[Subscription, Span], DigestList] = OrderedDict()
        self._papers: dict[int, Paper] = {}

    def of(self, subscription: Subscription, span: Span) -> DigestList:
        """The list of a subscription for a span of days."""
        key = (subscription, span)
        found = self._lists.get(key)
        if found is None:
            listing = listing_of(subscription, span)
            found = DigestList(
                lambda: self._page(listing),
                lambda cursor: self._page(dataclasses.replace(listing, cursor=cursor)),
                has_all_words if subscription.kind in _SEARCHES else _always,
            )
            self._lists[key] = found
            if len(self._lists) > _MOST_LISTS:
                self._lists.popitem(last=False)
        self._lists.move_to_end(key)
        return found

    def _page(self, listing: Listing) -> Page:
        page = self._ask(listing)
        if len(self._papers) > _MOST_PAPERS:
            self._papers.clear()
        hits = tuple(
            dataclasses.replace(hit, paper=self._papers.setdefault(hit.paper.paper_id, hit.paper))
            for hit in page.hits
        )
        return dataclasses.replace(page, hits=hits)


def listing_of(subscription: Subscription, span: Span) -> Listing:
    """The listing that a subscription stands for, of the days that a digest covers.

    What was added to a collection is no listing: see `additions`.
    """
    kind, value = subscription.kind, subscription.value
    if kind is SubscriptionKind.TRENDING:
        window = Window.WEEK if span.days <= _WEEK + 1 else Window.MONTH
        return Listing(ListingKind.TRENDING, window=window, limit=PAGE)
    if kind is SubscriptionKind.DAY:
        return Listing(ListingKind.DAY, span.start, span.end, limit=PAGE)
    if kind is SubscriptionKind.CATEGORY:
        return Listing(ListingKind.DAY, span.start, span.end, category=value, limit=PAGE)
    query = author_query(value) if kind is SubscriptionKind.AUTHOR else value
    return Listing(ListingKind.SEARCH, span.start, span.end, query=query, limit=PAGE)


def author_query(name: str) -> str:
    """The query that finds an author's papers."""
    plain = " ".join(name.replace('"', " ").split())
    return f'author:"{plain}"'


def has_all_words(hit: Hit) -> bool:
    """Whether a paper has every word of the search, in some form.

    A page of results may end in what is only near; an alert must not begin with it.
    """
    paper = hit.paper
    words = normalise_words(" ".join([paper.title, paper.abstract, *paper.authors]))
    text = f" {' '.join(words)}"
    wanted = (word for term in hit.terms for word in normalise_words(term))
    return all(f" {_stem(word)}" in text for word in wanted)


def _stem(word: str) -> str:
    return word[: max(_SHORTEST_STEM, len(word) - _LONGEST_ENDING)]


def _always(_: Hit) -> bool:
    return True
