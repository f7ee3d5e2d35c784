"""Objects of arXiv's metadata snapshot (`arxiv-metadata-oai-snapshot.json`), one a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any

from broadsheet.domain import PaperRecord, Version
from broadsheet.errors import RecordError
from broadsheet.identifiers import arxiv_id_of_doi, normalise_doi, parse_arxiv_id
from broadsheet.sources.fields import Context, fold, text, whole_number
from broadsheet.sources.links import find_links

MARKS = frozenset({"authors_parsed", "versions", "submitter", "update_date", "journal-ref"})

# The only form arXiv writes; reading it by hand takes a fifth of the time.
_CREATED = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([12][0-9]{3})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_PARTS = 3
_ONLY_LISTS, _ONLY_TEXTS = frozenset({list}), frozenset({str})
_BRACKET = re.compile(r"([()])")
_BETWEEN_NAMES = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+")
_WITHDRAWN = re.compile(
    r"^\W*withdrawn\b|\bwithdrawn by\b"
    r"|\b(?:paper|article|manuscript|submission|preprint|work|version|note|report|it|this)\b"
    r"[^.;]{0,60}\b(?:has been|have been|is|was|being) (?:\w+ )?withdrawn\b",
    re.IGNORECASE,
)


def record_of_object(fields: Mapping[str, Any], context: Context) -> PaperRecord:
    """The record of one snapshot object. Raises RecordError when it has no arXiv id."""
    name = text(fields, "id")
    parsed = parse_arxiv_id(name)
    if parsed is None:
        raise RecordError(f"The field “id” is no arXiv id: {name[:60] or 'empty'}.")
    abstract, comment = text(fields, "abstract"), text(fields, "comments")
    versions = _versions(fields)
    doi = normalise_doi(text(fields, "doi"))
    return PaperRecord(
        source=context.source or "arxiv_snapshot",
        record_id=parsed[0],
        title=text(fields, "title"),
        abstract=abstract,
        authors=_authors(fields),
        arxiv_id=parsed[0],
        doi=None if arxiv_id_of_doi(doi) else doi,
        categories=tuple(text(fields, "categories").split()),
        submitted_at=versions[0].submitted_at if versions else None,
        updated_at=versions[-1].submitted_at if versions else None,
        listed_on=context.listed_on,
        versions=versions,
        comment=comment or None,
        journal_ref=text(fields, "journal-ref") or None,
        license=text(fields, "license") or None,
        is_withdrawn=is_withdrawn(comment, abstract),
        links=find_links(f"{abstract} {comment}"),
        extras={
            name: fields[name]
            for name in ("submitter", "report-no", "update_date")
            if fields.get(name)
        },
    )


def is_withdrawn(comment: str | None, abstract: str) -> bool:
    """Whether the comment, or an abstract that says nothing else, says so.

    A workshop paper that was not presented says "withdrawn" too, hence the wording is looked at.
    """
    if comment and "ithdrawn" in comment and _WITHDRAWN.search(comment):
        return True
    start = abstract[:200]
    return (
        "ithdrawn" in start
        and start.lower().startswith(("this", "the", "withdrawn"))
        and _WITHDRAWN.search(start) is not None
    )


def _authors(fields: Mapping[str, Any]) -> tuple[str, ...]:
    parsed = fields.get("authors_parsed")
    if not isinstance(parsed, list):
        return tuple(names_in(text(fields, "authors")))
    if not _ONLY_LISTS.issuperset(map(type, parsed)) or not _ONLY_TEXTS.issuperset(
        map(type, chain.from_iterable(parsed))
    ):
        raise RecordError("The field “authors_parsed” is not a list of names.")
    names = [_name(parts) for parts in parsed]
    # One look at all of them, since nearly always there is nothing to clean.
    if not "".join(names).isprintable():
        names = [fold(name) for name in names]
    return tuple(filter(None, names))


def names_in(authors: str) -> list[str]:
    """Names in one string such as `A. B. Name (1 and 2), C. Name, and D. Name ((1) X, (2) Y)`."""
    names = _BETWEEN_NAMES.split(" ".join(_without_brackets(authors).split()))
    return [name for name in names if name.strip(" .:")]


def _without_brackets(value: str) -> str:
    """The text without what stands in brackets; those that are not closed stay."""
    kept: list[str] = []
    opened: list[int] = []
    for part in _BRACKET.split(value):
        if part == ")" and opened:
            del kept[opened.pop() :]
            continue
        if part == "(":
            opened.append(len(kept))
        kept.append(part)
    return "".join(kept)


def _name(parts: list[str]) -> str:
    last, first, suffix = parts if len(parts) == _PARTS else [*parts, "", "", ""][:_PARTS]
    return " ".join(f"{first} {last} {suffix}".split())


def _versions(fields: Mapping[str, Any]) -> tuple[Version, ...]:
    listed = fields.get("versions") or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise RecordError("The field “versions” is not a list of objects.")
    found = (_version(place, one) for place, one in enumerate(listed, 1))
    return tuple(sorted(found, key=lambda version: version.number))


def _version(place: int, fields: Mapping[str, Any]) -> Version:
    number = text(fields, "version").removeprefix("v")
    created = text(fields, "created")
    return Version(
        whole_number(number, 4) or place,
        _mail_date(created) if created else None,
    )


def _mail_date(value: str) -> datetime:
    try:
        if (plain := _CREATED.fullmatch(value)) is not None:
            day, month, year, hour, minute, second = plain.groups()
            return datetime(
                int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
            )
        found = parsedate_to_datetime(value)
    except ValueError as error:
        raise RecordError(f"The date of a version cannot be read: {value[:40]}.") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
