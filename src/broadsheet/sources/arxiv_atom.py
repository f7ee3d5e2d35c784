"""Answers of arXiv's Atom API (`export.arxiv.org/api/query`), saved as files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from broadsheet.domain import PaperRecord, Version
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import arxiv_id_of_doi, normalise_doi, parse_arxiv_id
from broadsheet.sources.arxiv_snapshot import is_withdrawn
from broadsheet.sources.fields import Context, fold, instant
from broadsheet.sources.links import find_links

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_PIECE = 65_536
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")


def entries(document: bytes, *, is_transcoded: bool) -> Iterator[Element | SourceError]:
    """The entries of a feed in order; where the XML breaks off, the reason comes last.

    Raises SourceError for a document type declaration, whose entities may grow without bound.
    """
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise SourceError("The feed declares a document type; such a feed is not read.")
    if is_transcoded:
        document = _DECLARATION.sub(b"", document)
    parser: XMLPullParser[Element] = XMLPullParser(events=("end",))
    try:
        for start in range(0, len(document), _PIECE):
            parser.feed(document[start : start + _PIECE])
            yield from _entries(parser)
        parser.close()
    except ParseError as error:
        yield SourceError(f"The XML breaks off: {error}.")


def _entries(parser: XMLPullParser[Element]) -> Iterator[Element]:
    for _, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
        if element.tag == f"{_ATOM}entry":
            yield element
            element.clear()


def record_of_entry(entry: Element, context: Context) -> PaperRecord:
    """The record of one entry.

    Raises SourceError when the entry is arXiv's way of reporting an error, and RecordError when
    it names no arXiv paper.
    """
    address = _text(entry, f"{_ATOM}id")
    abstract = _text(entry, f"{_ATOM}summary")
    if "/api/errors" in address:
        raise SourceError(f"arXiv answered with an error: {abstract or 'no reason given'}.")
    parsed = parse_arxiv_id(address)
    if parsed is None:
        raise RecordError(f"The entry is no arXiv paper: {address[:80] or 'it has no id'}.")
    submitted_at = _instant(entry, "published")
    updated_at = _instant(entry, "updated")
    comment = _text(entry, f"{_ARXIV}comment")
    doi = normalise_doi(_text(entry, f"{_ARXIV}doi"))
    return PaperRecord(
        source=context.source or "arxiv_atom",
        record_id=parsed[0],
        title=_text(entry, f"{_ATOM}title"),
        abstract=abstract,
        authors=tuple(
            filter(None, (_text(one, f"{_ATOM}name") for one in entry.iter(f"{_ATOM}author")))
        ),
        arxiv_id=parsed[0],
        doi=None if arxiv_id_of_doi(doi) else doi,
        categories=_categories(entry),
        submitted_at=submitted_at,
        updated_at=updated_at,
        listed_on=context.listed_on,
        versions=_versions(parsed[1] or 1, submitted_at, updated_at),
        comment=comment or None,
        journal_ref=_text(entry, f"{_ARXIV}journal_ref") or None,
        is_withdrawn=is_withdrawn(comment, abstract),
        links=find_links(f"{abstract} {comment}"),
    )


def _text(element: Element, name: str) -> str:
    return fold("".join(child.itertext()) if (child := element.find(name)) is not None else "")


def _instant(entry: Element, name: str) -> datetime | None:
    return instant({name: _text(entry, f"{_ATOM}{name}")}, name)


def _categories(entry: Element) -> tuple[str, ...]:
    primary = entry.find(f"{_ARXIV}primary_category")
    elements = [*([primary] if primary is not None else []), *entry.iter(f"{_ATOM}category")]
    # The API also gives ACM and MSC classes as categories; those hold blanks or commas.
    terms = (fold(element.get("term", "")) for element in elements)
    return tuple(
        dict.fromkeys(term for term in terms if re.fullmatch(r"[a-z-]+(\.[A-Za-z-]+)?", term))
    )


def _versions(
    newest: int, submitted_at: datetime | None, updated_at: datetime | None
) -> tuple[Version, ...]:
    first = Version(1, submitted_at)
    return (first,) if newest == 1 else (first, Version(newest, updated_at))
