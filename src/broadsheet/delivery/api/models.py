"""The shapes of the JSON API, and how papers and pages become them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field

from broadsheet.delivery.addresses import is_web_address, paper_path
from broadsheet.latex import readable

if TYPE_CHECKING:
    from broadsheet.domain import Guidance, Hit, Page, Paper, RelatedPaper
    from broadsheet.status import Status


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class LinkShape(_Shape):
    """One address attached to a paper."""

    kind: str = Field(description="abstract, pdf, doi, code, project, media, model or data.")
    url: str = Field(description="The address; http or https.")


class VersionShape(_Shape):
    """One version of a paper."""

    number: int = Field(description="1 for the first version.")
    submitted_at: datetime | None = Field(description="When it was submitted, if known; UTC.")


class ReasonShape(_Shape):
    """One part of a score."""

    signal: str = Field(description="Short name of the signal.")
    value: float = Field(description="What the signal added to the score.")
    text: str = Field(description="The same in a sentence.")


class PaperShape(_Shape):
    """A paper, all its sources merged."""

    id: str = Field(
        description="Public key: arXiv id without version, else DOI, else `~` and 12 hex digits."
    )
    url: str = Field(description="Address of the paper's page here.")
    title: str = Field(description="Title as the source gave it; may hold TeX.")
    title_text: str = Field(description="Title as plain readable text.")
    abstract: str = Field(description="Abstract as the source gave it; may hold TeX.")
    authors: list[str] = Field(description="Authors in order; empty where no source names them.")
    arxiv_id: str | None = Field(description="arXiv id without version.")
    doi: str | None = Field(description="DOI in lower case.")
    categories: list[str] = Field(description="Categories, the primary one first.")
    keywords: list[str] = Field(description="Keywords that the sources give.")
    votes: int = Field(description="The largest count of a source and all votes of people here.")
    people_votes: int = Field(description="Votes of people here; part of `votes`.")
    comments: int = Field(description="Comments as known from the sources.")
    published_at: datetime | None = Field(
        description="When the first version was submitted, UTC; null where no source says."
    )
    updated_at: datetime | None = Field(description="When the newest version came, UTC.")
    announced_on: date | None = Field(description="The day the archive announced the paper.")
    listed_on: date = Field(description="The day whose edition the paper belongs to.")
    version: int = Field(description="Newest version number known.")
    versions: list[VersionShape] = Field(description="Versions known.")
    links: list[LinkShape] = Field(
        description="Abstract, PDF, DOI, code, project, media, models and data."
    )
    sources: list[str] = Field(description="Names of the sources that know the paper.")
    is_withdrawn: bool = Field(description="Whether the authors withdrew it.")
    is_sample: bool = Field(description="Whether it comes from the sample edition alone.")


class PersonShape(_Shape):
    """The public side of an account."""

    name: str = Field(description="The handle.")
    shown_name: str = Field(description="The full name where given, else the handle.")


class HitShape(PaperShape):
    """A paper at its place in a list."""

    score: float | None = Field(description="Higher is better; null where the order is no score.")
    reasons: list[ReasonShape] = Field(description="Why the paper stands at this place.")
    pick: str | None = Field(
        None,
        description="The editor's note, maybe empty, where the paper opens a day's front page as "
        "an editors' pick; null elsewhere.",
    )
    brought_by: PersonShape | None = Field(
        None, description="Who submitted the paper; null where a source brought it."
    )


class RelatedShape(_Shape):
    """Another paper that belongs to this one, such as its journal version."""

    id: str = Field(description="Key of the other paper.")
    url: str = Field(description="Address of its page here.")
    title: str = Field(description="Its title as the source gave it.")
    listed_on: date = Field(description="The day whose edition it belongs to.")


class PaperDetailShape(PaperShape):
    """A paper with everything known of it."""

    comment: str | None = Field(description="The authors' comment, such as the venue.")
    journal_ref: str | None = Field(description="Where it appeared.")
    license: str | None = Field(description="Address or name of the licence.")
    added_at: datetime = Field(description="When this library first had it, UTC.")
    related: list[RelatedShape] = Field(description="Papers that belong to it.")
    bibtex: str = Field(description="One BibTeX entry.")


class ChoiceShape(_Shape):
    """A way to go on from a search."""

    text: str = Field(description="What it is called.")
    query: str = Field(description="The query to ask, as `q`.")
    count: int | None = Field(description="Papers it has among those found; null if not counted.")


class GuidanceShape(_Shape):
    """What helps on from a search; it changes neither the papers nor their order."""

    facets: dict[str, list[ChoiceShape]] = Field(
        description="How the papers found spread over `year`, `archive`, `category`, `source` and "
        "`code`; each choice narrows the query down."
    )
    filters: list[ChoiceShape] = Field(
        description="The conditions of the query, each with the query without it."
    )
    did_you_mean: str | None = Field(
        description="The query with words that are probably misspelled put right; null without."
    )
    corrected_from: str | None = Field(
        description="What was asked, where it found nothing and these are the papers of the "
        "corrected query; null otherwise. `verbatim=1` insists."
    )
    also_searched: list[str] = Field(
        description="Acronyms or long forms that were searched too; `verbatim=1` leaves them out."
    )
    author: ChoiceShape | None = Field(
        description="The papers of the person whose name the query is; null otherwise."
    )
    related: list[ChoiceShape] = Field(description="Further searches, on the first page.")

    @classmethod
    def of(cls, guidance: Guidance) -> Self:
        """The shape of a page's guidance."""
        return cls.model_validate(
            {
                "facets": {facet.name: list(facet.choices) for facet in guidance.facets},
                "filters": guidance.filters,
                "did_you_mean": guidance.did_you_mean or None,
                "corrected_from": guidance.corrected_from or None,
                "also_searched": guidance.also_searched,
                "author": guidance.author,
                "related": guidance.related,
            }
        )


class PageShape(_Shape):
    """One page of a listing."""

    papers: list[HitShape] = Field(description="The papers in order.")
    total: int = Field(description="Papers in the whole listing.")
    is_total_exact: bool = Field(description="False where `total` is a lower bound.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
    start: date | None = Field(description="First listing day covered; null when open.")
    end: date | None = Field(description="Last listing day covered; null when open.")
    previous_on: date | None = Field(description="Nearest day with papers before `start`.")
    next_on: date | None = Field(description="Nearest day with papers after `end`.")
    notes: list[str] = Field(description="Sentences that a reader must see.")
    picks: int = Field(0, description="Editors' picks that stand first in the whole listing.")
    guidance: GuidanceShape | None = Field(
        None, description="What helps on from a search; null for other lists."
    )

    @classmethod
    def of(cls, page: Page, origin: str) -> Self:
        """The shape of a page; `origin` is the public address of this site."""
        return cls(
            papers=[hit_shape(hit, origin) for hit in page.hits],
            total=page.total,
            is_total_exact=page.is_total_exact,
            next_cursor=page.next_cursor,
            start=page.start,
            end=page.end,
            previous_on=page.previous_on,
            next_on=page.next_on,
            notes=list(page.notes),
            picks=page.picks,
            guidance=GuidanceShape.of(page.guidance) if page.guidance else None,
        )


class SourceShape(_Shape):
    """What one source has brought."""

    source: str = Field(description="Name of the source.")
    papers: int = Field(description="Papers it knows.")
    last_seen_at: datetime = Field(description="When it last brought something, UTC.")
    newest_on: date | None = Field(description="Newest listing day it brought.")


class IndexShape(_Shape):
    """State of the search index."""

    is_available: bool = Field(description="Whether search uses it.")
    is_building: bool = Field(description="Whether it is being rebuilt aside.")
    indexed: int = Field(description="Papers in it.")
    pending: int = Field(description="Papers of the library not yet in it.")
    encoder: str = Field(description="Name of the encoder of its vectors.")
    sentence: str = Field(description="The same in words.")

    @classmethod
    def of(cls, state: Status) -> Self:
        """The part of the library's status that is about the index."""
        return cls(
            is_available=state.is_index_available,
            is_building=state.is_index_building,
            indexed=state.indexed,
            pending=state.pending,
            encoder=state.encoder,
            sentence=state.index_sentence,
        )


class StatusShape(_Shape):
    """The state of this library."""

    version: str = Field(description="Version of Broadsheet.")
    papers: int = Field(description="Papers in the library.")
    newest_on: date | None = Field(description="The newest listing day; null when empty.")
    sources: list[SourceShape] = Field(description="What each source has brought.")
    rejects: int = Field(description="Records kept aside because they could not be used.")
    index: IndexShape = Field(description="State of the search index.")


class ProblemShape(_Shape):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="Always about:blank: the status says the kind.")
    title: str = Field(description="The kind of problem.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened and what to do.")
    instance: str = Field(description="Path of the request.")
    position: int | None = Field(
        None, description="For a query that does not parse: offset of the trouble, from 0."
    )
    errors: list[dict[str, str]] | None = Field(
        None, description="For wrong parameters: `parameter` and `detail` of each."
    )


def paper_fields(paper: Paper, origin: str) -> dict[str, object]:
    """The members that every shape of a paper has."""
    same = {name: getattr(paper, name) for name in PaperShape.model_fields if hasattr(paper, name)}
    return {
        **same,
        "id": paper.key,
        "url": origin + paper_path(paper.key),
        "title_text": readable(paper.title),
        "published_at": paper.submitted_at,
        "links": [link for link in paper.links if is_web_address(link.url)],
    }


def hit_shape(hit: Hit, origin: str) -> HitShape:
    """A hit as the API gives it."""
    reasons = [ReasonShape.model_validate(reason) for reason in hit.reasons]
    return HitShape.model_validate(
        {
            **paper_fields(hit.paper, origin),
            "score": hit.score,
            "reasons": reasons,
            "pick": hit.pick,
            "brought_by": hit.brought_by,
        }
    )


def related_shape(related: RelatedPaper, origin: str) -> RelatedShape:
    """A related paper as the API gives it."""
    return RelatedShape(
        id=related.key,
        url=origin + paper_path(related.key),
        title=related.title,
        listed_on=related.listed_on,
    )
