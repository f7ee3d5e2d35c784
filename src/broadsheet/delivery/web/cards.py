"""A hit of a listing as the card a reader sees: every text ready, nothing left to compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from broadsheet.delivery.addresses import is_web_address, paper_path
from broadsheet.delivery.citations import publication_day
from broadsheet.delivery.citations.coins import coins
from broadsheet.delivery.periods import plain_day
from broadsheet.delivery.prose import excerpt, marked, title_text
from broadsheet.delivery.web.counts import counted, number
from broadsheet.domain import LinkKind

if TYPE_CHECKING:
    from markupsafe import Markup

    from broadsheet.domain import Hit, Link, Paper, Person, Reason

NEW_FOR = timedelta(days=2)
_AUTHORS_SHOWN = 4
_EXCERPT = 280
_LEAD_EXCERPT = 720
_LINK_NAMES = {
    LinkKind.ABSTRACT: "Abstract",
    LinkKind.PDF: "PDF",
    LinkKind.DOI: "DOI",
    LinkKind.CODE: "Code",
    LinkKind.PROJECT: "Project",
    LinkKind.MEDIA: "Media",
    LinkKind.MODEL: "Models",
    LinkKind.DATA: "Data",
}
_SOURCE_NAMES = {
    "listing_page": "Daily Papers page",
    "hf_daily": "Hugging Face Daily Papers",
    "arxiv": "arXiv",
    "arxiv_snapshot": "arXiv snapshot",
    "arxiv_atom": "arXiv",
    "arxiv_oai": "arXiv",
    "arxiv_query": "arXiv",
    "arxiv_announcements": "arXiv",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "openreview": "OpenReview",
    "acl_anthology": "ACL Anthology",
    "crossref": "Crossref",
    "semantic_scholar": "Semantic Scholar",
    "openalex": "OpenAlex",
    "github": "GitHub",
    "bibtex": "BibTeX library",
    "ris": "RIS library",
    "csl_json": "Zotero or CSL-JSON library",
    "corpus": "paper corpus",
    "submission": "a reader’s submission",
    "author": "the authors",
    "sample": "sample edition",
}


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A link of a paper: `name` is what it leads to, `host` where."""

    name: str
    url: str
    host: str


@dataclass(frozen=True, slots=True)
class Card:
    """One paper in a list; `vote_count` is for readers who may vote.

    `more_like` and `less_like` lead to papers like it and, on a list of similar ones, unlike it.
    """

    paper_id: int
    key: str
    path: str
    title: Markup
    authors: Markup
    excerpt: Markup
    dated_on: date
    dated_in_words: str
    category: str | None
    source: str
    votes: str
    vote_count: str
    comments: str
    links: tuple[NamedLink, ...]
    is_new: bool
    is_sample: bool
    is_withdrawn: bool
    reasons: tuple[Reason, ...]
    pick: str | None
    brought_by: Person | None
    coins: str
    more_like: str = ""
    less_like: str = ""


def card(hit: Hit, *, today: date, is_lead: bool = False) -> Card:
    """The card of a hit; the lead of a front page gets a longer excerpt."""
    paper, terms = hit.paper, hit.terms
    # The editions of the sample are made up; a reader wants its papers' true dates.
    dated_on = publication_day(paper) if paper.is_sample else paper.listed_on
    opening = excerpt(paper.abstract, _LEAD_EXCERPT if is_lead else _EXCERPT, terms)
    return Card(
        paper_id=paper.paper_id,
        key=paper.key,
        path=paper_path(paper.key),
        title=marked(title_text(paper.title) or "Untitled", terms),
        authors=marked(authors_in_short(paper.authors), terms),
        excerpt=marked(opening, terms),
        dated_on=dated_on,
        dated_in_words=plain_day(dated_on),
        category=paper.primary_category,
        source=_source(hit),
        votes=counted(paper.votes, "vote", "votes") if paper.votes else "",
        vote_count=number(paper.votes) if paper.votes else "",
        comments=counted(paper.comments, "comment", "comments") if paper.comments else "",
        links=named_links(paper.links, one_of_each=True),
        is_new=is_new(paper, today),
        is_sample=paper.is_sample,
        is_withdrawn=paper.is_withdrawn,
        reasons=hit.reasons,
        pick=hit.pick,
        brought_by=hit.brought_by,
        coins=coins(paper),
    )


def _source(hit: Hit) -> str:
    """The most trusted source; none where the card names who brought the paper by hand."""
    first = next(iter(hit.paper.sources), "")
    return "" if first == "submission" and hit.brought_by else source_name(first)


def is_new(paper: Paper, today: date) -> bool:
    """Whether the paper was listed within the last two days; papers of the sample never are."""
    return not paper.is_sample and paper.listed_on >= today - NEW_FOR


def authors_in_short(authors: tuple[str, ...]) -> str:
    """The first authors, and how many more there are."""
    shown = [title_text(author) for author in authors[:_AUTHORS_SHOWN]]
    rest = len(authors) - len(shown)
    if not rest:
        return ", ".join(shown)
    return f"{', '.join(shown)} and {number(rest)} more"


def named_links(links: tuple[Link, ...], *, one_of_each: bool = False) -> tuple[NamedLink, ...]:
    """The links that are safe to follow; with `one_of_each`, the first of every kind, no media."""
    found: dict[tuple[LinkKind, str], NamedLink] = {}
    for link in links:
        if not is_web_address(link.url) or (one_of_each and link.kind is LinkKind.MEDIA):
            continue
        host = link.url.split("/")[2].removeprefix("www.")
        place = (link.kind, "" if one_of_each else link.url)
        found.setdefault(place, NamedLink(_LINK_NAMES[link.kind], link.url, host))
    return tuple(found.values())


def source_name(source: str) -> str:
    """What a reader calls a source."""
    return _SOURCE_NAMES.get(source, source.replace("_", " "))
