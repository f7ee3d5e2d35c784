"""Feeds taken apart: RSS 0.9 to 2.0, RSS 1.0 (RDF) and Atom become entries of one shape.

What the fields mean for a paper is `feeds`' matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import name2codepoint
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.fields import fold
from broadsheet.sources.live.plain_text import BLOCKS, plain
from broadsheet.sources.live.xml_answers import as_utf8

_ATOM = "{http://www.w3.org/2005/Atom}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_NAMES_OF_XML = frozenset(("amp", "lt", "gt", "quot", "apos"))
_NAMED_SIGN = re.compile(rb"&([A-Za-z]{2,8}\d{0,2});")
_CONTROL = bytes({*range(9), 11, 12, *range(14, 32)})
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class FeedLink:
    """One address of an entry, with the type of what lies there where the feed names it."""

    url: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed as text; what the feed does not say is empty.

    `creators` may hold several names each; `identifiers` may be DOIs or anything else.
    """

    entry_id: str
    title: str
    summary: str
    links: tuple[FeedLink, ...]
    creators: tuple[str, ...]
    date: str
    subjects: tuple[str, ...]
    identifiers: tuple[str, ...]
    rights: str
    publication: str


@dataclass(frozen=True, slots=True)
class Feed:
    """The title of a feed and its items, unread."""

    title: str
    items: tuple[Element, ...]


class _Builder(TreeBuilder):
    def doctype(self, name: str, *_: object) -> None:
        """Refuse documents that may declare entities, which grow without bound."""
        raise SourceError(
            f"The feed declares a document type ({name[:40]}); such a feed is not read."
        )


def read_feed(document: bytes) -> Feed:
    """The feed in a document. Raises SourceError where it breaks off or is no feed."""
    try:
        return _feed(_parsed(as_utf8(document, "the feed")))
    except RecordError as error:
        raise SourceError("The title of the feed cannot be read.", permanent=False) from error


def _feed(root: Element) -> Feed:
    name = _local(root.tag)
    if name == "feed" and root.tag.startswith(_ATOM):
        return Feed(_text(root, f"{_ATOM}title"), tuple(root.iterfind(f"{_ATOM}entry")))
    if name == "rss" or root.tag == f"{_RDF}RDF":
        channel = next((one for one in root if _local(one.tag) == "channel"), None)
        items = tuple(one for one in root.iter() if _local(one.tag) == "item")
        if channel is None and not items:
            raise SourceError("The feed has neither channel nor items.", permanent=False)
        return Feed("" if channel is None else _first_plain(_children(channel), "title"), items)
    raise SourceError(
        f"The answer is no feed but “{name[:40]}”. Check the address of the feed.", permanent=False
    )


def _parsed(document: bytes) -> Element:
    # Publishers' feeds hold control characters and HTML's names of signs; XML knows neither.
    document = _NAMED_SIGN.sub(_numbered, document.translate(None, _CONTROL))
    parser = XMLParser(target=_Builder())  # noqa: S314 - the builder refuses document types
    try:
        parser.feed(document)
        root: Element = parser.close()
    except SourceError:
        if document.lstrip()[:14].lower() == b"<!doctype html":
            raise _page() from None
        raise
    except ParseError as error:
        if b"<html" in document[:2_000].lower():
            raise _page() from error
        raise SourceError(
            f"The feed breaks off or is damaged: {error}.", permanent=False
        ) from error
    return root


def _page() -> SourceError:
    return SourceError(
        "The answer is a page, not a feed. Check the address of the feed.", permanent=False
    )


def _numbered(found: re.Match[bytes]) -> bytes:
    name = found[1].decode()
    if name in _NAMES_OF_XML or name not in name2codepoint:
        return found[0]
    return b"&#%d;" % name2codepoint[name]


def entry_of(item: Element) -> Entry:
    """The entry in an item. Raises RecordError for an item that is nested without end."""
    return _atom_entry(item) if item.tag.startswith(_ATOM) else _rss_entry(item)


def _rss_entry(item: Element) -> Entry:
    children = _children(item)
    about = item.get(f"{_RDF}about", "")
    link = _first(children, "link") or about
    enclosures = (
        FeedLink(one.get("url", ""), one.get("type", "")) for one in children.get("enclosure", ())
    )
    return Entry(
        entry_id=_first(children, "guid") or about,
        title=_first_plain(children, "title"),
        summary=_first_plain(children, "description", "encoded"),
        links=tuple(one for one in (FeedLink(link), *_atom_links(item), *enclosures) if one.url),
        creators=_values(children, "creator")
        or tuple(map(_without_address, _values(children, "author"))),
        date=_first(children, "pubDate", "date", "publicationDate"),
        subjects=_values(children, "category", "subject"),
        identifiers=_values(children, "doi", "DOI", "identifier"),
        rights=_first(children, "rights", "license"),
        publication=plain(_first(children, "journal_reference", "publicationName")),
    )


def _atom_entry(item: Element) -> Entry:
    children = _children(item)
    named = (fold(_all(name)) for name in item.iterfind(f"{_ATOM}author/{_ATOM}name"))
    terms = (fold(one.get("term", "")) for one in children.get("category", ()))
    return Entry(
        entry_id=_first(children, "id"),
        title=_text(item, f"{_ATOM}title"),
        summary=_text(item, f"{_ATOM}summary") or _text(item, f"{_ATOM}content"),
        links=tuple(_atom_links(item)),
        creators=tuple(filter(None, named)) or _values(children, "creator"),
        date=_first(children, "published", "date", "updated"),
        subjects=(*filter(None, terms), *_values(children, "subject")),
        identifiers=_values(children, "doi", "DOI", "identifier"),
        rights=_first(children, "rights", "license"),
        publication=plain(_first(children, "journal_reference", "publicationName")),
    )


def _atom_links(item: Element) -> Iterator[FeedLink]:
    """Links to the paper itself, its page first; not those to comments, feeds and the like."""
    found = item.findall(f"{_ATOM}link")
    for wanted in ("alternate", "related", "enclosure"):
        for link in found:
            if link.get("rel", "alternate") == wanted and link.get("href"):
                yield FeedLink(fold(link.get("href", "")), link.get("type", ""))


def _children(item: Element) -> dict[str, list[Element]]:
    """The children by their names without namespaces, those of the item's own one first."""
    found: dict[str, list[Element]] = {}
    own = item.tag.rpartition("}")[0]
    for child in sorted(item, key=lambda child: child.tag.rpartition("}")[0] != own):
        found.setdefault(_local(child.tag), []).append(child)
    return found


def _values(children: dict[str, list[Element]], *names: str) -> tuple[str, ...]:
    values = (fold(_all(one)) for name in names for one in children.get(name, ()))
    return tuple(filter(None, values))


def _first(children: dict[str, list[Element]], *names: str) -> str:
    return next(iter(_values(children, *names)), "")


def _first_plain(children: dict[str, list[Element]], *names: str) -> str:
    found = (plain(_all(one)) for name in names for one in children.get(name, ()))
    return next(filter(None, found), "")


def _text(element: Element, name: str) -> str:
    child = element.find(name)
    return "" if child is None else plain(_all(child))


def _all(element: Element, depth: int = 0) -> str:
    """The text of an element and of all below it, blanks standing where blocks end."""
    if depth > _DEEPEST:
        raise RecordError("The entry is nested too deeply.")
    parts = [element.text or ""]
    for child in element:
        gap = " " if _local(child.tag) in BLOCKS else ""
        parts += (gap, _all(child, depth + 1), gap, child.tail or "")
    return "".join(parts)


def _without_address(author: str) -> str:
    """The name in RSS's `mail@example.org (Name)`."""
    found = re.fullmatch(r"\S+@\S+\s*\((.+)\)", author)
    return found[1] if found else author


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
