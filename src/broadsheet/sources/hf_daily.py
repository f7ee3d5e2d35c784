"""Items of Hugging Face's `/api/daily_papers`, in every shape since May 2024.

What only that service knows (submitter, organisation, summaries by machine) goes to `extras`
under its own names, so that it can be sent out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from broadsheet.domain import Link, LinkKind, PaperRecord, Version
from broadsheet.errors import RecordError
from broadsheet.identifiers import content_key, normalise_doi, parse_arxiv_id
from broadsheet.sources.fields import Context, count, fold, instant, text, texts
from broadsheet.sources.links import find_links, unique, web_link

_PAPER_EXTRAS = (
    "discussionId",
    "ai_summary",
    "ai_summary_model",
    "ai_keywords",
    "githubStars",
    "githubRepoAddedBy",
    "organization",
)
_ITEM_EXTRAS = ("thumbnail", "isAuthorParticipating")


def record_of_item(item: Mapping[str, Any], context: Context) -> PaperRecord:
    """The record of one item `{paper: {...}, publishedAt, title, numComments, ...}`.

    Raises RecordError when the item is not of that shape.
    """
    paper = item["paper"]
    if not isinstance(paper, dict):
        raise RecordError("The field “paper” is not an object.")
    name = text(paper, "id")
    parsed = parse_arxiv_id(name)
    # The outer title keeps the formulae that the inner one has lost the backslashes of.
    title = text(item, "title") or text(paper, "title")
    abstract = text(paper, "summary") or text(item, "summary")
    listed_at = _listed_at(item, paper)
    submitted_at = instant(paper, "publishedAt")
    return PaperRecord(
        source=context.source or "hf_daily",
        record_id=parsed[0] if parsed else content_key(title, abstract),
        title=title,
        abstract=abstract,
        authors=_authors(paper),
        arxiv_id=parsed[0] if parsed else None,
        doi=None if parsed else normalise_doi(name),
        submitted_at=submitted_at,
        listed_on=context.listed_on
        or context.named_on
        or (listed_at.date() if listed_at else None),
        versions=(Version(1, submitted_at),) if submitted_at else (),
        is_withdrawn="withdrawnAt" in paper,
        votes=_first(count(paper, "upvotes"), count(item, "upvotes")),
        comments=count(item, "numComments"),
        keywords=texts(paper, "ai_keywords"),
        links=unique((*_links(item, paper), *find_links(abstract))),
        extras=_extras(item, paper, listed_at),
    )


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one


def _authors(paper: Mapping[str, Any]) -> tuple[str, ...]:
    authors = paper.get("authors") or []
    if not isinstance(authors, list):
        raise RecordError("The field “authors” is not a list.")
    names = (author.get("name") for author in authors if isinstance(author, dict))
    return tuple(fold(name) for name in names if isinstance(name, str) and name.strip())


def _listed_at(item: Mapping[str, Any], paper: Mapping[str, Any]) -> datetime | None:
    """The instant of listing, where the item tells it.

    Until 2025-03-10 the outer `publishedAt` was it. Since then that field is the submission in
    US-Eastern time marked as UTC, so it lies before the inner one and tells nothing.
    """
    listed_at = instant(paper, "submittedOnDailyAt") or instant(item, "submittedOnDailyAt")
    if listed_at is not None:
        return listed_at
    outer, inner = instant(item, "publishedAt"), instant(paper, "publishedAt")
    return outer if outer and inner and outer > inner else None


def _links(item: Mapping[str, Any], paper: Mapping[str, Any]) -> list[Link | None]:
    media = item.get("mediaUrls") or paper.get("mediaUrls") or [_old_media(item)]
    return [
        web_link(LinkKind.CODE, paper.get("githubRepo")),
        web_link(LinkKind.PROJECT, paper.get("projectPage")),
        *(web_link(LinkKind.MEDIA, one) for one in (media if isinstance(media, list) else ())),
    ]


def _old_media(item: Mapping[str, Any]) -> str | None:
    """The one medium of the shape before June 2024, unless it is the made preview picture."""
    media = item.get("mediaUrl")
    return media if isinstance(media, str) and "/social-thumbnails/" not in media else None


def _extras(
    item: Mapping[str, Any], paper: Mapping[str, Any], listed_at: datetime | None
) -> dict[str, Any]:
    found: dict[str, Any] = {name: paper[name] for name in _PAPER_EXTRAS if name in paper}
    found.update({name: item[name] for name in _ITEM_EXTRAS if name in item})
    if "thumbnail" not in found and "mediaUrl" in item and _old_media(item) is None:
        found["thumbnail"] = item["mediaUrl"]
    if "organization" not in found and "submitterOrganization" in item:
        found["organization"] = item["submitterOrganization"]
    submitters = (paper.get("submittedOnDailyBy"), item.get("submittedBy"))
    if any(submitters):
        found["submittedBy"] = {
            key: value for one in submitters if isinstance(one, dict) for key, value in one.items()
        }
    authors = paper.get("authors") or []
    if any("user" in one or "status" in one for one in authors if isinstance(one, dict)):
        found["authors"] = authors
    if listed_at is not None:
        found["listed_at"] = listed_at.isoformat()
    return found
