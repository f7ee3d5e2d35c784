"""Broadsheet's own JSON lines: papers (`id, title, abstract, authors, categories, published, ...`)
and the lines that `broadsheet export` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from broadsheet.domain import Link, LinkKind, PaperRecord
from broadsheet.errors import RecordError
from broadsheet.identifiers import arxiv_id_of_doi, content_key, normalise_doi, parse_arxiv_id
from broadsheet.record_json import record_from_json
from broadsheet.sources.arxiv_snapshot import is_withdrawn
from broadsheet.sources.fields import Context, count, day, fold, instant, text, texts
from broadsheet.sources.links import find_links, unique, web_link

# Longer after its submission, a paper stands on a list because a new version came.
_LONGEST_WAIT_IN_DAYS = 30
_KNOWN = frozenset(
    {
        "id",
        "title",
        "abstract",
        "authors",
        "categories",
        "published",
        "doi",
        "journal_ref",
        "comment",
        "keywords",
        "listed",
        "votes",
        "comments",
        "license",
        "url",
        "date_source",
        "code",
        "project",
    }
)


def record_of_paper(fields: Mapping[str, Any], context: Context) -> PaperRecord:
    """The record of one paper object. Raises RecordError when a field is not what it should be."""
    title, abstract = text(fields, "title"), text(fields, "abstract")
    comment = text(fields, "comment")
    name = text(fields, "id")
    parsed = parse_arxiv_id(name)
    doi = normalise_doi(text(fields, "doi") or ("" if parsed else name))
    arxiv_id = parsed[0] if parsed else arxiv_id_of_doi(doi)
    submitted_at, announced_on, extras = _dates(fields)
    extras.update({key: value for key, value in fields.items() if key not in _KNOWN and value})
    if name and not arxiv_id:
        extras["id"] = name
    return PaperRecord(
        source=context.source or "corpus",
        record_id=arxiv_id or content_key(title, abstract),
        title=title,
        abstract=abstract,
        authors=texts(fields, "authors"),
        arxiv_id=arxiv_id,
        doi=None if arxiv_id_of_doi(doi) else doi,
        categories=texts(fields, "categories"),
        submitted_at=submitted_at,
        announced_on=announced_on,
        listed_on=context.listed_on,
        comment=comment or None,
        journal_ref=text(fields, "journal_ref") or None,
        license=text(fields, "license") or None,
        is_withdrawn=is_withdrawn(comment, abstract),
        votes=count(fields, "votes"),
        comments=count(fields, "comments"),
        keywords=texts(fields, "keywords"),
        links=unique((*_named_links(fields), *find_links(f"{abstract} {comment}"))),
        extras=extras,
    )


def _named_links(fields: Mapping[str, Any]) -> tuple[Link | None, ...]:
    return (
        web_link(LinkKind.CODE, fields.get("code")),
        web_link(LinkKind.PROJECT, fields.get("project")),
    )


def _dates(fields: Mapping[str, Any]) -> tuple[datetime | None, date | None, dict[str, Any]]:
    """Submission, announcement, and what is known of neither.

    `date_source` says what `published` is: `submitted` the day of version 1, `listed` the day of
    the announcement, `id-month` the month in the paper's id.
    """
    published, listed_on = instant(fields, "published"), day(fields, "listed")
    source = text(fields, "date_source")
    extras: dict[str, Any] = {"date_source": source} if source not in ("", "submitted") else {}
    if source == "listed":
        return None, listed_on or (published.date() if published else None), extras
    if listed_on is None or published is None:
        return published, listed_on, extras
    waited = (listed_on - published.date()).days
    if not 0 <= waited <= _LONGEST_WAIT_IN_DAYS:
        return published, None, {**extras, "listed": listed_on.isoformat()}
    return published, listed_on, extras


def records_of_export(fields: Mapping[str, Any]) -> Iterator[PaperRecord]:
    """Every record behind one exported paper. Raises RecordError when one cannot be read."""
    records = fields["records"]
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise RecordError("The field “records” is not a list of objects.")
    for one in records:
        record = record_from_json(one)
        links = unique(web_link(link.kind, link.url) for link in record.links)
        title, abstract = fold(record.title), fold(record.abstract)
        yield replace(record, title=title, abstract=abstract, links=links)
