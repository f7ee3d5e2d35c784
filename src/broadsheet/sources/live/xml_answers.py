"""XML as services send it: refused where it is dangerous, mended where it is only soiled.

What the elements mean is each source's matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from broadsheet.errors import SourceError
from broadsheet.sources.fields import fold

T = TypeVar("T")

MENDED = "The answer held characters that XML does not allow; they were left out."
_PIECE = 262_144
_START = 512
_WEB_PAGE = re.compile(rb"^\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]"
    # The same characters by number: &#0; to &#31; without tab and line ends.
    "|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[1245-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)


def read(body: bytes, host: str, reader: Callable[[bytes], T]) -> tuple[T, str]:
    """What `reader` makes of the XML, and a note where it had to be mended first.

    `reader` lets ParseError pass. Raises SourceError for a web page in place of data, for a
    document type (whose entities may grow without bound) and for XML that breaks off.
    """
    _refuse(body, host)
    try:
        return reader(body), ""
    except ParseError as error:
        mended = _mended(body)
        try:
            return reader(mended), MENDED
        except ParseError:
            raise SourceError(f"The XML of {host} breaks off: {error}.", permanent=False) from error


def _refuse(body: bytes, host: str) -> None:
    if _WEB_PAGE.match(body):
        raise SourceError(f"{host} sent a web page in place of data.", permanent=False)
    if not body.strip():
        raise SourceError(f"{host} sent an empty answer.", permanent=False)
    # In UTF-16 the words looked for below would not be found; expat would read it nevertheless.
    if b"\x00" in body[:_START]:
        raise SourceError(f"The answer of {host} is not UTF-8.", permanent=False)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SourceError(f"The XML of {host} declares a document type; such XML is not read.")


def _mended(body: bytes) -> bytes:
    text = _FORBIDDEN.sub("", body.decode("utf-8", "replace"))
    return _XML_DECLARATION.sub("", text).encode()


def elements(body: bytes, tags: frozenset[str]) -> Iterator[Element]:
    """Every element of these names, in the order of their ends; each is then emptied.

    Raises ParseError.
    """
    # Only ends: with the starts as well, the events alone take as long as the parsing.
    parser: XMLPullParser[Element] = XMLPullParser(events=("end",))
    for start in range(0, len(body), _PIECE):
        parser.feed(body[start : start + _PIECE])
        for _, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
            if element.tag in tags:
                yield element
                element.clear()
    parser.close()


def text_of(element: Element | None, name: str) -> str:
    """The text of the first child of a name, folded; empty where there is none."""
    child = element.find(name) if element is not None else None
    return fold("".join(child.itertext())) if child is not None else ""
