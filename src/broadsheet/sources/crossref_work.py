"""Works as Crossref describes them in JSON (`/works`, one object a work)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from broadsheet.domain import Link, LinkKind, PaperRecord
from broadsheet.errors import RecordError
from broadsheet.identifiers import arxiv_id_of_doi, normalise_doi, parse_arxiv_id
from broadsheet.sources.fields import Context, count, fold, text, texts, whole_number
from broadsheet.sources.links import find_links, unique, web_link
from broadsheet.sources.markup import text_of_markup
from broadsheet.sources.references import journal_reference

_DAY_NAMES = ("posted", "published-online", "published", "issued", "published-print")
_RETRACTIONS = frozenset(("retraction", "withdrawal", "removal"))
_MARKED_WITHDRAWN = re.compile(r"\W*(?:withdrawn|retracted)\b(?:\s+(?:article|paper))?\s*[:\]–—-]",
                               re.IGNORECASE)  # fmt: skip
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]$", re.IGNORECASE | re.ASCII)
_WHOLE_DATE = 3
_EARLIEST_YEAR, _LATEST_YEAR = 1400, 9999


def record_of_work(item: Mapping[str, Any], context: Context) -> PaperRecord:
    """The record of one work. Raises RecordError when it has no DOI or no title.

    `announced_on` is the day the work was posted or appeared online, or, where its publisher
    gives no whole day for the same month or year, the day its DOI was created.
    """
    doi = normalise_doi(text(item, "DOI"))
    if doi is None:
        raise RecordError("The work has no DOI.")
    title = _title(item)
    if not title:
        raise RecordError("The work has no title.", doi)
    abstract = text_of_markup(text(item, "abstract"))
    arxiv_id = arxiv_id_of_doi(doi)
    published = date_parts(item, *_DAY_NAMES)
    return PaperRecord(
        source=context.source or "crossref",
        record_id=doi,
        title=title,
        abstract=abstract,
        authors=tuple(filter(None, map(_name, _objects(item, "author")))),
        arxiv_id=arxiv_id or _preprint(item),
        doi=None if arxiv_id else doi,
        announced_on=_announced_on(published, date_parts(item, "created"), context.today),
        listed_on=context.listed_on,
        journal_ref=_journal_ref(item, published) or None,
        license=next((text(one, "URL") for one in _objects(item, "license")), None) or None,
        is_withdrawn=_is_withdrawn(item, title),
        keywords=_keywords(item),
        links=unique((*_links(item), *find_links(abstract))),
        extras=_extras(item, published),
    )


def _title(item: Mapping[str, Any]) -> str:
    return next(filter(None, map(text_of_markup, texts(item, "title"))), "")


def _objects(fields: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list; Crossref leaves lists out, or has null for them."""
    found = fields.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _name(author: Mapping[str, Any]) -> str:
    """An author's name: given and family name, either alone, or a group's name."""
    parts = (text(author, part) for part in ("given", "family", "suffix"))
    return text_of_markup(fold(" ".join(filter(None, parts))) or text(author, "name"))


def _orcids(item: Mapping[str, Any]) -> dict[str, str]:
    """ORCID iDs by the names of the authors that have one."""
    found = {}
    for author in _objects(item, "author"):
        given = author.get("ORCID")
        orcid = _ORCID.search(given) if isinstance(given, str) else None
        if orcid and (name := _name(author)):
            found[name] = orcid[0].upper()
    return found


def date_parts(item: Mapping[str, Any], *names: str) -> tuple[int, ...]:
    """The first usable `date-parts` of the fields, a whole day before a month before a year."""
    found = [parts for name in names if (parts := _parts(item.get(name)))]
    return max(found, key=len, default=())


def _parts(value: object) -> tuple[int, ...]:
    """One to three numbers that begin a date; empty for `[[]]`, `[[null]]` and impossible days."""
    listed = value.get("date-parts") if isinstance(value, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    numbers: list[int] = []
    for part in first[:_WHOLE_DATE] if isinstance(first, list) else ():
        number = whole_number(part, 4) if isinstance(part, str) else part
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            break
        numbers.append(number)
    if not numbers or not _EARLIEST_YEAR <= numbers[0] <= _LATEST_YEAR:
        return ()
    while len(numbers) > 1:
        try:
            date(*(*numbers, 1)[:3])
        except (ValueError, OverflowError):
            numbers.pop()
        else:
            break
    return tuple(numbers)


def day_of_parts(parts: tuple[int, ...]) -> date | None:
    """The day that three numbers name; None for a month or a year alone."""
    return date(parts[0], parts[1], parts[2]) if len(parts) == _WHOLE_DATE else None


def written_date(parts: tuple[int, ...]) -> str:
    """`2026-08-20`, `2026-08` or `2026`."""
    return "-".join(f"{number:02}" for number in parts)


def _announced_on(published: tuple[int, ...], created: tuple[int, ...], today: date) -> date | None:
    """A whole day of publication; else the DOI's day, unless an old work only now got its DOI."""
    day = day_of_parts(published)
    if day is not None:
        # A work may stand on-line while its print is dated months ahead.
        return day if day <= today else day_of_parts(created)
    return day_of_parts(created) if created[: len(published)] == published else None


def _preprint(item: Mapping[str, Any]) -> str | None:
    """The arXiv id of the one arXiv preprint that the publisher names."""
    relation = item.get("relation")
    found = {
        parsed[0]
        for one in _objects(relation if isinstance(relation, dict) else {}, "has-preprint")
        if isinstance(one.get("id"), str) and (parsed := parse_arxiv_id(one["id"]))
    }
    return found.pop() if len(found) == 1 else None


def _journal_ref(item: Mapping[str, Any], published: tuple[int, ...]) -> str:
    container = next(map(text_of_markup, texts(item, "container-title")), "")
    if not container or item.get("type") == "posted-content":
        return ""
    pages = text(item, "page") or text(item, "article-number")
    return journal_reference(container, text(item, "volume"), text(item, "issue"), pages, published)


def _is_withdrawn(item: Mapping[str, Any], title: str) -> bool:
    updates = _objects(item, "updated-by")
    return any(one.get("type") in _RETRACTIONS for one in updates) or bool(
        _MARKED_WITHDRAWN.match(title)
    )


def _keywords(item: Mapping[str, Any]) -> tuple[str, ...]:
    words = (*texts(item, "subject"), text(item, "group-title"))
    return tuple(dict.fromkeys(filter(None, map(text_of_markup, words))))


def _links(item: Mapping[str, Any]) -> Iterator[Link | None]:
    resource = item.get("resource")
    primary = resource.get("primary") if isinstance(resource, dict) else None
    if isinstance(primary, dict):
        yield web_link(LinkKind.ABSTRACT, primary.get("URL"))
    for link in _objects(item, "link"):
        # Addresses for plagiarism checkers do not open for readers.
        is_for_readers = link.get("intended-application") != "similarity-checking"
        if is_for_readers and link.get("content-type") == "application/pdf":
            yield web_link(LinkKind.PDF, link.get("URL"))
            return


def _extras(item: Mapping[str, Any], published: tuple[int, ...]) -> dict[str, Any]:
    institution = next(iter(_objects(item, "institution")), {})
    found: dict[str, Any] = {
        "type": text(item, "subtype") or text(item, "type"),
        "publisher": text(item, "publisher"),
        "institution": text(institution, "name"),
        "venue": next(map(text_of_markup, texts(item, "container-title")), ""),
        "published": written_date(published),
        "cited_by": count(item, "is-referenced-by-count"),
        "orcids": _orcids(item),
    }
    return {name: value for name, value in found.items() if value}
