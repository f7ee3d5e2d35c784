"""A Page of papers as a feed: stable ids, true dates, readable texts; no format yet.

Nothing in it depends on the moment of asking, so the same papers give the same bytes.
"""

from __future__ import annotations

import html
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from urllib.parse import quote

from broadsheet.delivery.addresses import is_web_address, paper_path
from broadsheet.delivery.prose import excerpt, title_text
from broadsheet.delivery.xml_writing import plain
from broadsheet.domain import LinkKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from broadsheet.domain import Hit, Paper, Reason

LONGEST_TEXT = 4_000
MOST_AUTHORS = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINK_NAMES = {
    LinkKind.ABSTRACT: "Abstract",
    LinkKind.PDF: "PDF",
    LinkKind.DOI: "DOI",
    LinkKind.CODE: "Code",
    LinkKind.PROJECT: "Project",
    LinkKind.MODEL: "Models",
    LinkKind.DATA: "Data",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper of a feed; `source_url` is where it lives outside, `html` is safe mark-up."""

    id: str
    url: str
    source_url: str
    title: str
    authors: tuple[str, ...]
    text: str
    html: str
    categories: tuple[str, ...]
    published_at: datetime
    updated_at: datetime
    votes: int
    comments: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed; addresses are absolute, `next_url` is empty on the last page."""

    id: str
    title: str
    subtitle: str
    site: str
    home_url: str
    self_url: str
    first_url: str
    next_url: str
    updated_at: datetime
    entries: tuple[Entry, ...]


def feed_id(name: str) -> str:
    """The id of a feed: the same on every page of it and under every address of the site."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"broadsheet:{name}").urn


def entry_id(paper: Paper) -> str:
    """The id of a paper: its own address for ever, whatever its version, rank or place here."""
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    if paper.doi:
        return f"https://doi.org/{quote(paper.doi, safe='/:.-_~()')}"
    return uuid.uuid5(uuid.NAMESPACE_URL, f"broadsheet:paper:{paper.key}").urn


def entry(hit: Hit, origin: str) -> Entry:
    """A paper of a listing as an entry; `origin` starts the addresses of this site."""
    paper = hit.paper
    published_at = _listed_at(paper.listed_on, paper.submitted_at)
    text = plain(excerpt(paper.abstract, LONGEST_TEXT))
    return Entry(
        id=entry_id(paper),
        url=origin + paper_path(paper.key),
        source_url=_source_url(paper),
        title=plain(title_text(paper.title)) or "Untitled",
        authors=tuple(_names(paper.authors)),
        text=text,
        html=_html(paper, text),
        categories=tuple(map(plain, paper.categories)),
        published_at=published_at,
        updated_at=max(published_at, paper.updated_at or published_at),
        votes=paper.votes,
        comments=paper.comments,
        reasons=hit.reasons,
    )


def newest(entries: Iterable[Entry]) -> datetime:
    """When the newest of the entries changed; 1970 for none, which stays the same for ever."""
    return max((each.updated_at for each in entries), default=_EPOCH)


def _listed_at(listed_on: date, submitted_at: datetime | None) -> datetime:
    """The start of the listing day, in UTC; later when the paper was submitted later."""
    day = datetime.combine(listed_on, time(), UTC)
    return max(day, submitted_at or day).replace(microsecond=0)


def _source_url(paper: Paper) -> str:
    for kind in (LinkKind.ABSTRACT, LinkKind.DOI, LinkKind.PDF):
        url = paper.link(kind)
        if url and is_web_address(url):
            return url
    return ""


def _names(authors: tuple[str, ...]) -> Iterable[str]:
    shown = (plain(title_text(author)) for author in authors[:MOST_AUTHORS])
    yield from (name for name in shown if name)
    if len(authors) > MOST_AUTHORS:
        yield f"and {len(authors) - MOST_AUTHORS} more"


def _html(paper: Paper, text: str) -> str:
    links: dict[LinkKind, str] = {}
    for link in paper.links:
        if link.kind in _LINK_NAMES and is_web_address(link.url):
            links.setdefault(link.kind, plain(link.url))
    anchors = " · ".join(
        f'<a href="{html.escape(url)}">{_LINK_NAMES[kind]}</a>' for kind, url in links.items()
    )
    withdrawn = "<p><strong>Withdrawn.</strong></p>" if paper.is_withdrawn else ""
    body = f"<p>{html.escape(text, quote=False)}</p>" if text else ""
    return withdrawn + body + (f"<p>{anchors}</p>" if anchors else "")
