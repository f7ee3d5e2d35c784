"""The words everybody shares: papers, records, listings and pages, as frozen values.

Rows of the database never travel beyond `store`; these do. Instants are aware UTC datetimes and
end in `_at`; days are dates and end in `_on`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class LinkKind(StrEnum):
    """What an address attached to a paper leads to."""

    ABSTRACT = "abstract"
    PDF = "pdf"
    DOI = "doi"
    CODE = "code"
    PROJECT = "project"
    MEDIA = "media"
    MODEL = "model"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Link:
    """One address attached to a paper."""

    kind: LinkKind
    url: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a paper: its number from 1 and the instant it was submitted, if known."""

    number: int
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """What one source says about one paper.

    `title` and `abstract` are as the source gave them, apart from white space; `record_id` names
    the record within its source and is stable across imports. Everything a source knows that has
    no field of its own is kept in `extras` (JSON values only).
    """

    source: str
    record_id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    arxiv_id: str | None = None
    doi: str | None = None
    categories: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    updated_at: datetime | None = None
    announced_on: date | None = None
    listed_on: date | None = None
    versions: tuple[Version, ...] = ()
    comment: str | None = None
    journal_ref: str | None = None
    license: str | None = None
    is_withdrawn: bool = False
    votes: int | None = None
    comments: int | None = None
    keywords: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as Broadsheet knows it: all its records merged.

    `paper_id` is ours and internal; `key` is the public address (arXiv id without version, else
    DOI, else `~` and twelve hexadecimal digits of title and abstract). `title` and `abstract` are
    the originals; surfaces show them through `broadsheet.latex`. `listed_on` is the day whose
    edition the paper belongs to. `votes` and `comments` are the largest count of a source plus
    those of our own people, `people_votes` and `people_comments`; of the former, `counted_votes`
    order lists (those of accounts that are verified and older than a day).
    """

    paper_id: int
    key: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    arxiv_id: str | None
    doi: str | None
    categories: tuple[str, ...]
    submitted_at: datetime | None
    updated_at: datetime | None
    announced_on: date | None
    listed_on: date
    versions: tuple[Version, ...]
    comment: str | None
    journal_ref: str | None
    license: str | None
    is_withdrawn: bool
    votes: int
    comments: int
    keywords: tuple[str, ...]
    links: tuple[Link, ...]
    sources: tuple[str, ...]
    is_sample: bool
    added_at: datetime
    revision: int
    people_votes: int = 0
    counted_votes: int = 0
    people_comments: int = 0
    report_number: str | None = None

    @property
    def primary_category(self) -> str | None:
        """The first category, or None for a paper without categories."""
        return self.categories[0] if self.categories else None

    @property
    def version(self) -> int:
        """The newest version number known; 1 when the sources say nothing of versions."""
        return max((version.number for version in self.versions), default=1)

    def link(self, kind: LinkKind) -> str | None:
        """The first address of a kind, or None."""
        return next((link.url for link in self.links if link.kind is kind), None)

    @property
    def has_code(self) -> bool:
        """Whether a code repository is known."""
        return self.link(LinkKind.CODE) is not None


@dataclass(frozen=True, slots=True)
class RelatedPaper:
    """A paper that is not the same work's record but belongs to it (conference and journal)."""

    paper_id: int
    key: str
    title: str
    listed_on: date


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be imported, kept aside with the reason.

    `position` says where in the file: a line, an item number or a byte offset, in words.
    """

    file: str
    position: str
    reason: str
    excerpt: str
    rejected_at: datetime | None = None


class ListingKind(StrEnum):
    """Which rule selects the papers of a listing."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TRENDING = "trending"
    SEARCH = "search"
    SIMILAR = "similar"
    COLLECTION = "collection"


class Sort(StrEnum):
    """The order of a listing; each listing kind has its own default."""

    RELEVANCE = "relevance"
    TRENDING = "trending"
    VOTES = "votes"
    DATE = "date"


class Window(StrEnum):
    """How far back Trending looks."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Listing:
    """A question whose answer is a Page; every surface asks the same way.

    `start` and `end` are inclusive listing days (`listed_on`); None is open. For DAY, WEEK and
    MONTH without a start, the newest period that has papers is meant. `query` is the search
    language (SEARCH, and a filter for nothing else); `seed` is the key of the paper that SIMILAR
    starts from, or the number of a COLLECTION that the asker has been let see. SIMILAR may start
    from several papers, `seeds` instead of `seed`, and lead away from those in `unlike`. `within`
    are the paper numbers that SEARCH is confined to. `limit` is 1 to 100. `is_guided` asks for the
    page's guidance as well; `is_verbatim` forbids to add or change words of the query.
    """

    kind: ListingKind
    start: date | None = None
    end: date | None = None
    window: Window = Window.WEEK
    query: str = ""
    seed: str = ""
    category: str | None = None
    sort: Sort | None = None
    limit: int = 25
    cursor: str | None = None
    within: tuple[int, ...] | None = None
    seeds: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    is_guided: bool = False
    is_verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score: a signal's name, its contribution and a sentence for the reader."""

    signal: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Person:
    """The public side of an account: its handle, and the name it goes by."""

    name: str
    shown_name: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper at its place in a page, with the score that put it there and why.

    `terms` are the lower-case words of the query to highlight. `pick` is the editor's note, maybe
    empty, where the paper stands here as an editors' pick; `brought_by` is who submitted it.
    """

    paper: Paper
    score: float | None = None
    reasons: tuple[Reason, ...] = ()
    terms: tuple[str, ...] = ()
    pick: str | None = None
    brought_by: Person | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to go on from a search: what it is called, the query to ask, the papers it has.

    `count` is None where nobody has counted.
    """

    text: str
    query: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """How the papers found spread over one property: year, archive, category, source or code."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Guidance:
    """What helps a reader on from a search; the papers found stay what they are.

    `filters` are the query's conditions, each with the query without it. `did_you_mean` is a query
    with words that the library has, empty without a suggestion; where the query found nothing and
    the page shows that one's papers, `corrected_from` is what was typed. `also_searched` are other
    names of what was typed. `author` leads to the papers of the person whose name the query is.
    `related` are further searches.
    """

    facets: tuple[Facet, ...] = ()
    filters: tuple[Choice, ...] = ()
    did_you_mean: str = ""
    corrected_from: str = ""
    also_searched: tuple[str, ...] = ()
    author: Choice | None = None
    related: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing.

    `total` counts all papers of the listing (`is_total_exact` is False where only a lower bound
    is known). `start` and `end` are the days that were really used. `previous_on` and `next_on`
    are the nearest days outside the period that have papers. `notes` are sentences the reader
    must see (index missing, query corrected). `picks` counts the editors' picks that stand first.
    `guidance` is there where the listing asked for it.
    """

    listing: Listing
    hits: tuple[Hit, ...]
    total: int
    is_total_exact: bool = True
    next_cursor: str | None = None
    start: date | None = None
    end: date | None = None
    previous_on: date | None = None
    next_on: date | None = None
    notes: tuple[str, ...] = ()
    picks: int = 0
    guidance: Guidance | None = None


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How many papers one source has contributed, and when it last brought something."""

    source: str
    papers: int
    last_seen_at: datetime
    newest_on: date | None


class SourceState(StrEnum):
    """How a live source stands; source_states.state_of decides which one a reader is shown."""

    FRESH = "fresh"
    WAITING = "waiting"
    QUIET = "quiet"
    STALLED = "stalled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Source:
    """A live source as the operator added it, with its schedule, cursor and last outcome.

    `outcome` is what the last harvest ended with, None before the first; `reason` says why in a
    sentence. `is_underway` tells that `cursor` stands within a harvest that was broken off.
    `news_at` is when a harvest last brought something new, `batch_on` the newest day of
    announcement it has seen. `failures` counts failed harvests in a row; `claim` is the word of the
    worker that harvests it now, or did when it died.
    """

    name: str
    kind: str
    options: Mapping[str, str]
    is_paused: bool
    cursor: Mapping[str, Any]
    is_underway: bool
    due_at: datetime
    outcome: SourceState | None = None
    reason: str = ""
    checked_at: datetime | None = None
    news_at: datetime | None = None
    batch_on: date | None = None
    failures: int = 0
    claim: str | None = None


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did, in papers."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    rejected: int = 0

    def __add__(self, other: ImportCounts) -> ImportCounts:
        return ImportCounts(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.merged + other.merged,
            self.rejected + other.rejected,
        )

    @property
    def read(self) -> int:
        """Records that were read, the rejected ones included."""
        return self.new + self.updated + self.unchanged + self.merged + self.rejected
