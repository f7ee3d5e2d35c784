"""XML as services send it: refused where it is dangerous, mended where it is only soiled.

What the elements mean is each source's matter.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import TypeVar, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from broadsheet.errors import SourceError
from broadsheet.sources.fields import fold

T = TypeVar("T")

MENDED = "The answer held characters that XML does not allow; they were left out."
_PIECE = 262_144
_WEB_PAGE = re.compile(rb"^\s*(?:<!doctype\s+html|<html)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*>")
_ENCODING = re.compile(rb"""\bencoding\s*=\s*["']\s*([A-Za-z][A-Za-z0-9._:-]*)\s*["']""")
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}
_NO_ENCODINGS = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"))
"""Python counts these among encodings of text; no document is written in them."""
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]"
    # The same characters by number: &#0; to &#31; without tab and line ends.
    "|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[1245-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)


def read(body: bytes, host: str, reader: Callable[[bytes], T]) -> tuple[T, str]:
    """What `reader` makes of the XML, and a note where it had to be mended first.

    `reader` lets ParseError pass. Raises SourceError for a web page in place of data, for a
    document type (whose entities may grow without bound), for an unknown encoding and for XML
    that breaks off.
    """
    _refuse_other_data(body, host)
    body = as_utf8(body, f"the answer of {host}")
    # Looked for only now, since other encodings may write these words with other bytes.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SourceError(f"The XML of {host} declares a document type; such XML is not read.")
    try:
        return reader(body), ""
    except ParseError as error:
        mended = _mended(body)
        try:
            return reader(mended), MENDED
        except ParseError:
            raise SourceError(f"The XML of {host} breaks off: {error}.", permanent=False) from error


def _refuse_other_data(body: bytes, host: str) -> None:
    if _WEB_PAGE.match(body):
        raise SourceError(f"{host} sent a web page in place of data.", permanent=False)
    if not body.strip():
        raise SourceError(f"{host} sent an empty answer.", permanent=False)


def as_utf8(body: bytes, name: str) -> bytes:
    """The XML in UTF-8 whatever encoding it is in, without the declaration if there was another.

    Expat knows four encodings and fails with all sorts of errors for others. Bytes that are none
    of the encoding become U+FFFD. Raises a passing SourceError, which calls the XML by `name`,
    where the declared encoding is unknown.
    """
    marked = next((found for sign, found in _MARKS.items() if body.startswith(sign)), None)
    declaration = _DECLARATION.match(body)
    declared = _ENCODING.search(declaration[0]) if declaration else None
    if marked is None and declared is None:
        return body
    encoding = marked or _known(declared[1].decode() if declared else "", name)
    if encoding == "utf-8":
        return body
    text = body.decode(encoding, "replace")
    # A declaration with U+FEFF before it is one for expat as well.
    return _XML_DECLARATION.sub("", text.removeprefix("\ufeff")).encode("utf-8", "replace")


def _known(declared: str, name: str) -> str:
    """Python's name of a declared encoding; that of a wider one where feeds mean that one."""
    try:
        # Looks the name up, and refuses codecs that are not of text.
        b" ".decode(declared, "replace")
        codec = codecs.lookup(declared).name
    except (LookupError, ValueError):
        codec = ""
    if not codec or codec in _NO_ENCODINGS:
        raise SourceError(
            f"The encoding that {name} declares, “{declared[:40]}”, is not known, so it cannot be "
            "read. It is asked for again later.",
            permanent=False,
        )
    # The declaration itself was read as ASCII, so it is not what it says.
    if codec.startswith(("utf-16", "utf-32")) or codec == "ascii":
        return "utf-8-sig"
    return _WIDER.get(codec, codec)


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
