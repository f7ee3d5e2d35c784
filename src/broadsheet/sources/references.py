"""References of whatever format, their fields by meaning, and the records they become.

How each format is read is the matter of `bibliography` and `csl_json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from broadsheet.domain import LinkKind, PaperRecord
from broadsheet.errors import RecordError
from broadsheet.identifiers import (
    arxiv_id_of_doi,
    content_key,
    normalise_doi,
    parse_arxiv_id,
)
from broadsheet.latex import readable
from broadsheet.sources.fields import Context, fold
from broadsheet.sources.links import find_links, unique, web_link

_ISO_DAY = re.compile(r"\s*(\d{4})(?:[-/](\d{1,2}))?(?:[-/](\d{1,2}))?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_WHOLE_DATE = 3
_SUBJECT = re.compile(r"\s*\[[\w., :-]*\]\s*$")
_CATEGORY = re.compile(r"[a-z-]+\.[A-Za-z-]+|(?:hep|quant|gr|nucl|math|cond|astro)-[a-z]+")
_COMMENT = re.compile(r"^\s*Comment:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of whatever format, its fields by meaning; empty where the entry has none.

    `arxiv_names` are texts that may name an arXiv paper; `published` is a day, month or year.
    """

    kind: str
    key: str
    title: str
    abstract: str = ""
    authors: Sequence[str] = ()
    arxiv_names: Sequence[str] = ()
    doi: str = ""
    url: str = ""
    published: tuple[int, ...] = ()
    venue: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    comment: str = ""
    keywords: Sequence[str] = ()
    categories: Sequence[str] = ()
    more: Mapping[str, str] = field(default_factory=dict)


def record_of_reference(reference: Reference, context: Context, source: str) -> PaperRecord:
    """The record of a reference. Raises RecordError where it has no title.

    A whole day of publication becomes `submitted_at`; a month or a year alone goes to `extras`.
    """
    title, abstract = fold(reference.title), fold(reference.abstract)
    if not title:
        raise RecordError("The entry has no title.", fold(reference.key))
    doi = normalise_doi(reference.doi) or _doi_of_address(reference.url)
    names = chain(reference.arxiv_names, (doi or "", _address_at_arxiv(reference.url)))
    arxiv_id = next(filter(None, map(_arxiv_id, names)), None)
    doi = None if arxiv_id_of_doi(doi) else doi
    submitted_at = _instant(reference.published, context.today)
    comment = _COMMENT.search(reference.comment)
    return PaperRecord(
        source=context.source or source,
        record_id=arxiv_id or doi or content_key(title, abstract),
        title=title,
        abstract=abstract,
        authors=_distinct(reference.authors),
        arxiv_id=arxiv_id,
        doi=doi,
        categories=_categories(reference.categories) if arxiv_id else (),
        submitted_at=submitted_at,
        listed_on=context.listed_on,
        comment=fold(readable(comment[1])) if comment else None,
        journal_ref=_journal_ref(reference) or None,
        keywords=_distinct(reference.keywords),
        links=unique((web_link(LinkKind.ABSTRACT, reference.url), *find_links(abstract))),
        extras=_extras(reference, is_dated=submitted_at is not None),
    )


def _arxiv_id(name: str) -> str | None:
    parsed = parse_arxiv_id(_SUBJECT.sub("", name))
    return parsed[0] if parsed else None


def _address_at_arxiv(url: str) -> str:
    return url if "arxiv.org/" in url.lower() else ""


def _doi_of_address(url: str) -> str | None:
    return normalise_doi(url) if "doi.org/" in url.lower() else None


def _instant(published: tuple[int, ...], today: date) -> datetime | None:
    """The first instant of a whole day that has come; a print may be dated ahead."""
    if len(published) != _WHOLE_DATE:
        return None
    day = datetime(published[0], published[1], published[2], tzinfo=UTC)
    return day if day.date() <= today else None


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(fold, words))))


def _categories(names: Iterable[str]) -> tuple[str, ...]:
    """ArXiv's categories; archives alone, as `cs`, and prefixes, as in `physics:hep-ph`, go."""
    bare = (name.rpartition(":")[2] for name in names)
    return tuple(dict.fromkeys(name for name in bare if _CATEGORY.fullmatch(name)))


def _journal_ref(reference: Reference) -> str:
    if reference.venue.lower().startswith("arxiv"):
        return ""
    return journal_reference(
        reference.venue, reference.volume, reference.issue, reference.pages, reference.published
    )


def journal_reference(
    venue: str, volume: str, issue: str, pages: str, published: tuple[int, ...]
) -> str:
    """`Journal 3(2), 10-19 (2026)`, as much of it as is known; empty without a venue."""
    if not venue:
        return ""
    numbers = f"{volume}({issue})" if volume and issue else volume or issue
    place = ", ".join(filter(None, (numbers, pages)))
    year = f"({published[0]})" if published else ""
    return fold(" ".join(filter(None, (venue, place, year))))


def _extras(reference: Reference, *, is_dated: bool) -> dict[str, Any]:
    found = {
        "type": reference.kind,
        "citation_key": reference.key,
        "published": "" if is_dated else "-".join(f"{part:02}" for part in reference.published),
        "venue": "" if reference.venue.lower().startswith("arxiv") else reference.venue,
        "publisher": reference.publisher,
        **reference.more,
    }
    return {name: fold(value) for name, value in found.items() if value.strip()}


def date_parts(text: str) -> tuple[int, ...]:
    """Year, month and day of the beginning of a text, as many as it names; else a year in it."""
    found = _ISO_DAY.match(text)
    if found is not None:
        return valid_parts(*(int(part) if part else None for part in found.groups()))
    year = _YEAR.search(text)
    return (int(year[1]),) if year else ()


def valid_parts(*parts: int | None) -> tuple[int, ...]:
    """The numbers up to the first that is missing or makes no date."""
    numbers: list[int] = []
    for part in parts[:_WHOLE_DATE]:
        try:
            date(*[*numbers, part or 0, 1, 1][:_WHOLE_DATE])
        except ValueError:
            break
        numbers.append(part or 0)
    return tuple(numbers)
