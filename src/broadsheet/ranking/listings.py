"""The one entry point of every surface: a Listing goes in, a Page of papers comes out.

Trouble with the index is a note on the page, never an error; what the reader wrote wrongly is.
"""

from __future__ import annotations

import calendar
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np

from broadsheet.domain import Hit, Listing, ListingKind, Page, Paper, Reason, Sort
from broadsheet.errors import IndexUnavailable, InputError
from broadsheet.index.lance import PaperIndex
from broadsheet.index.snapshot import Snapshot
from broadsheet.latex import readable
from broadsheet.ranking.asking import LONGEST_MEANING, ask
from broadsheet.ranking.cursors import read_cursor, write_cursor
from broadsheet.ranking.explaining import explained
from broadsheet.ranking.front_page import (
    front_page,
    is_front_page,
    picks_of,
    with_bringers,
)
from broadsheet.ranking.guiding import guidance_of, instead_of
from broadsheet.ranking.query import parse
from broadsheet.ranking.ranked import Ranked
from broadsheet.ranking.search import search
from broadsheet.ranking.similar import similar
from broadsheet.ranking.trending import first_day, trending
from broadsheet.ranking.votes_in_words import votes_and_comments_in_words, whose_votes
from broadsheet.store.store import Store

MOST_PER_PAGE = 100
MOST_SEEDS = 50
"""Papers that a list of similar papers starts from; more say nothing new about what is wanted."""
MOST_VOTED = 20_000
"""Sorting a search by votes knows the counts of so many papers, the strongest; others have 0."""

_MAY_BE_OLD = "What is found is from before, and the newest papers may be missing."
_TITLES_ONLY = "Below are papers with these words in their titles, newest first."
_NEWEST_ONLY = "Below are all papers, newest first."


@dataclass(frozen=True, slots=True)
class Ranking:
    """Answers listings from the store and the index; `clock` gives the present instant."""

    store: Store
    index: PaperIndex
    clock: Callable[[], datetime]

    def page(self, listing: Listing) -> Page:
        """One page of a listing.

        Raises QueryError for a query or cursor that cannot be read, NotFound for a seed of SIMILAR
        that is no paper, InputError for more than MOST_SEEDS of them, and StorageError.
        """
        return with_bringers(self.store, self._page(listing))

    def _page(self, listing: Listing) -> Page:
        listing = dataclasses.replace(listing, limit=min(max(listing.limit, 1), MOST_PER_PAGE))
        offset, settled_on = read_cursor(listing)
        if listing.kind is ListingKind.SEARCH:
            return self._search(listing, offset)
        if listing.kind is ListingKind.SIMILAR:
            return self._similar(listing, offset)
        if listing.kind is ListingKind.COLLECTION:
            return self._collection(listing, offset)
        if listing.kind is ListingKind.TRENDING:
            return self._trending(listing, offset, settled_on)
        return self._period(listing, offset, settled_on)

    def _period(self, listing: Listing, offset: int, settled_on: date | None) -> Page:
        """A day, week or month; the newest that has papers where none is named."""
        day = settled_on or listing.start or self.store.newest_day()
        if day is None:
            return Page(listing, (), 0)
        start, end = period_around(listing.kind, day)
        if listing.start:
            start, end = listing.start, listing.end or end
        if is_front_page(listing):
            page = front_page(self.store, listing, start, offset, _standing)
        else:
            page = self._ordered_period(listing, start, end, offset)
        previous_on, next_on = self.store.neighbour_days(start, end)
        return dataclasses.replace(
            page,
            next_cursor=_next_cursor(listing, offset, page.total, start),
            start=start,
            end=end,
            previous_on=previous_on,
            next_on=next_on,
        )

    def _ordered_period(self, listing: Listing, start: date, end: date, offset: int) -> Page:
        papers, total = self.store.select(
            start=start,
            end=end,
            category=listing.category,
            order="date" if listing.sort is Sort.DATE else "votes",
            limit=listing.limit,
            offset=offset,
        )
        page = _page_of_papers(listing, offset, papers, total)
        return dataclasses.replace(page, picks=picks_of(self.store, listing, start))

    def _trending(self, listing: Listing, offset: int, settled_on: date | None) -> Page:
        newest = self.store.newest_day()
        if newest is None:
            return Page(listing, (), 0)
        anchor = settled_on or min(newest, self.clock().date())
        ranked = trending(
            self.store, anchor=anchor, window=listing.window, category=listing.category
        )
        page = self._page_of_ranked(listing, offset, ranked)
        return dataclasses.replace(
            page,
            next_cursor=_next_cursor(listing, offset, ranked.total, anchor),
            start=first_day(anchor, listing.window),
            end=anchor,
        )

    def _collection(self, listing: Listing, offset: int) -> Page:
        """The papers of a collection in its order, each with its note as the reason."""
        held = self.store.people.collections.papers(int(listing.seed))
        chosen = {each.paper_id: each for each in held[offset : offset + listing.limit]}
        hits = tuple(
            Hit(paper, None, _noted(chosen[paper.paper_id].note))
            for paper in self.store.papers(list(chosen))
        )
        cursor = _next_cursor(listing, offset, len(held))
        return Page(listing, hits, len(held), next_cursor=cursor)

    def _similar(self, listing: Listing, offset: int) -> Page:
        keys, unlike = listing.seeds or (listing.seed,), listing.unlike
        if max(len(keys), len(unlike)) > MOST_SEEDS:
            message = f"Choose at most {MOST_SEEDS} papers to start from, and as many to avoid."
            raise InputError(message)
        seeds = [self.store.paper(key) for key in keys]
        avoided = [self.store.paper(key).paper_id for key in unlike]
        without = [other.paper_id for seed in seeds for other in self.store.related(seed.paper_id)]
        try:
            ranked = similar(
                self.index.snapshot(),
                list(dict.fromkeys(seed.paper_id for seed in seeds)),
                readable(seeds[0].title),
                unlike=list(dict.fromkeys(avoided)),
                without=without,
            )
        except IndexUnavailable as trouble:
            return Page(listing, (), 0, notes=(str(trouble),))
        return self._page_of_ranked(listing, offset, ranked)

    def _search(self, listing: Listing, offset: int) -> Page:
        """What a search found; where that is nothing, what its corrected query found."""
        page, meant = self._searched(listing, offset)
        if page.total or not meant:
            return page
        instead, _ = self._searched(dataclasses.replace(listing, query=meant), offset)
        return instead_of(listing.query, instead) if instead.total else page

    def _searched(self, listing: Listing, offset: int) -> tuple[Page, str]:
        """What a search found, and the query that may have been meant."""
        try:
            snapshot = self.index.snapshot()
            asked = ask(self.store, self.index, snapshot, listing)
            sort = listing.sort or Sort.RELEVANCE
            ranked = search(snapshot, asked.question, sort=sort)
        except IndexUnavailable as trouble:
            return self._search_titles(listing, offset, str(trouble)), ""
        if sort is Sort.VOTES:
            ranked = self._by_votes(ranked, listing)
        ranked = dataclasses.replace(
            ranked, notes=asked.notes + self._freshness(snapshot), terms=asked.terms
        )
        page = self._page_of_ranked(listing, offset, ranked)
        if not listing.is_guided:
            return page, ""
        guidance = guidance_of(snapshot, asked, ranked, page)
        encode = partial(self.index.first_vectors, snapshot)
        hits = explained(page.hits, asked.terms, asked.query.meaning[:LONGEST_MEANING], encode)
        return dataclasses.replace(page, hits=hits, guidance=guidance), guidance.did_you_mean

    def _by_votes(self, ranked: Ranked, listing: Listing) -> Ranked:
        """The papers by votes, then comments, then as they stood."""
        known = {
            paper_id: (votes, comments)
            for paper_id, votes, comments, _ in self.store.signals(
                start=listing.start, end=listing.end, limit=MOST_VOTED
            )
        }
        counts = [known.get(paper_id, (0, 0)) for paper_id in ranked.paper_ids.tolist()]
        strength = np.array(counts, dtype=np.int64).reshape(-1, 2)
        order = np.lexsort((-strength[:, 1], -strength[:, 0]))
        return dataclasses.replace(ranked, paper_ids=ranked.paper_ids[order])

    def _freshness(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What the reader must know of papers that the index does not hold yet."""
        warning = self.index.warning()
        if warning:
            return (f"{warning} {_MAY_BE_OLD}",)
        if self.store.revision() <= snapshot.manifest.revision:
            return ()
        pending = self.store.pending(snapshot.manifest.revision)
        papers = "1 paper is" if pending == 1 else f"{pending:,} papers are"
        building = " The index is being rebuilt." if self.index.state().is_building else ""
        return (f"{papers} not yet searchable.{building}",)

    def _search_titles(self, listing: Listing, offset: int, trouble: str) -> Page:
        """What can be found without an index."""
        query = parse(listing.query)
        if query.meaning:
            papers, total = self.store.title_search(query.meaning, listing.limit, offset)
        else:
            papers, total = self.store.select(
                start=listing.start,
                end=listing.end,
                category=listing.category,
                order="date",
                limit=listing.limit,
                offset=offset,
            )
        page = _page_of_papers(listing, offset, papers, total, query.terms)
        note = f"{trouble} {_TITLES_ONLY if query.meaning else _NEWEST_ONLY}"
        return dataclasses.replace(page, notes=(note,))

    def _page_of_ranked(self, listing: Listing, offset: int, ranked: Ranked) -> Page:
        chosen = ranked.paper_ids[offset : offset + listing.limit].tolist()
        places = {paper_id: place for place, paper_id in enumerate(chosen, offset)}
        hits = tuple(
            _hit(paper, ranked, places[paper.paper_id], listing)
            for paper in self.store.papers(chosen)
        )
        return Page(
            listing=listing,
            hits=hits,
            total=ranked.total,
            is_total_exact=ranked.is_total_exact,
            next_cursor=_next_cursor(listing, offset, ranked.total),
            start=listing.start,
            end=listing.end,
            notes=ranked.notes,
        )


def _next_cursor(
    listing: Listing, offset: int, total: int, settled_on: date | None = None
) -> str | None:
    following = offset + listing.limit
    return write_cursor(listing, following, settled_on) if following < total else None


def _page_of_papers(
    listing: Listing,
    offset: int,
    papers: Sequence[Paper],
    total: int,
    terms: tuple[str, ...] = (),
) -> Page:
    """A page in the store's order, which needs no score."""
    hits = tuple(Hit(paper, None, _standing(paper, listing), terms) for paper in papers)
    cursor = _next_cursor(listing, offset, total)
    return Page(listing, hits, total, next_cursor=cursor, start=listing.start, end=listing.end)


def _hit(paper: Paper, ranked: Ranked, place: int, listing: Listing) -> Hit:
    reasons = _standing(paper, listing) if ranked.scores is None else ranked.reasons(place)
    if listing.kind is ListingKind.TRENDING and paper.people_votes:
        # The score counts all votes alike; a reader may want to know whose they are.
        reasons = (*reasons, Reason("voters", 0.0, whose_votes(paper)))
    return Hit(paper, ranked.score(place), reasons, ranked.terms)


def _standing(paper: Paper, listing: Listing) -> tuple[Reason, ...]:
    """Why a paper stands where it does in an order that is not by score."""
    is_by_date = listing.kind is ListingKind.SEARCH and listing.sort is not Sort.VOTES
    if is_by_date or listing.sort is Sort.DATE:
        text = f"Listed on {paper.listed_on.isoformat()}."
        return (Reason("date", float(paper.listed_on.toordinal()), text),)
    ordering = paper.votes - paper.people_votes + paper.counted_votes
    return (Reason("votes", float(ordering), votes_and_comments_in_words(paper)),)


def _noted(note: str) -> tuple[Reason, ...]:
    return (Reason("note", 0.0, note),) if note else ()


def period_around(kind: ListingKind, day: date) -> tuple[date, date]:
    """The first and last day of the day, ISO week or month in which a day lies."""
    if kind is ListingKind.WEEK:
        start = day - timedelta(days=min(day.weekday(), (day - date.min).days))
        return start, start + timedelta(days=min(6, (date.max - start).days))
    if kind is ListingKind.MONTH:
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day
