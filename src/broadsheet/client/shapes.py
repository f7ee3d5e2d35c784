"""What the API answers, as frozen values; names and meanings are those of its OpenAPI description.

Instants are aware UTC datetimes and end in `_at`, days are dates and end in `_on`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Link:
    """One address attached to a paper; `kind` is abstract, pdf, doi, code, project or media."""

    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a paper, numbered from 1."""

    number: int
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score, as a number and as a sentence."""

    signal: str
    value: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper, all its sources merged; `title` and `abstract` may hold TeX, not `title_text`."""

    id: str
    url: str
    title: str
    title_text: str
    abstract: str
    authors: tuple[str, ...]
    arxiv_id: str | None
    doi: str | None
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    votes: int
    comments: int
    published_at: datetime | None
    updated_at: datetime | None
    announced_on: date | None
    listed_on: date
    version: int
    versions: tuple[Version, ...]
    links: tuple[Link, ...]
    sources: tuple[str, ...]
    is_withdrawn: bool
    is_sample: bool

    def link(self, kind: str) -> str | None:
        """The first address of a kind, or None."""
        return next((link.url for link in self.links if link.kind == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Paper):
    """A paper at its place in a list; `score` is None where the order is no score's."""

    score: float | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Another paper that belongs to one, such as its journal version."""

    id: str
    url: str
    title: str
    listed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperDetail(Paper):
    """A paper with everything known of it."""

    comment: str | None
    journal_ref: str | None
    license: str | None
    added_at: datetime
    related: tuple[Related, ...]
    bibtex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a listing; `next_cursor` is None on the last, `notes` are for the reader."""

    papers: tuple[Hit, ...]
    total: int
    is_total_exact: bool
    next_cursor: str | None
    start: date | None
    end: date | None
    previous_on: date | None
    next_on: date | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What one source has brought."""

    source: str
    papers: int
    last_seen_at: datetime
    newest_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """State of the search index."""

    is_available: bool
    is_building: bool
    indexed: int
    pending: int
    encoder: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of a library."""

    version: str
    papers: int
    newest_on: date | None
    sources: tuple[Source, ...]
    rejects: int
    index: Index
