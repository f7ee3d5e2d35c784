"""Which format a file is in, by the first 64 KB of its content and never by its name."""

from __future__ import annotations

import re
from typing import Literal

import orjson

from broadsheet.errors import SourceError
from broadsheet.sources.bibtex import looks_like_bibtex
from broadsheet.sources.fields import excerpt
from broadsheet.sources.listing_page import is_listing
from broadsheet.sources.objects import error_answer
from broadsheet.sources.ris import looks_like_ris
from broadsheet.sources.streams import Stream

Format = Literal[
    "json_lines", "json_document", "arxiv_atom", "listing_page", "hf_page", "bibtex", "ris"
]

_KNOWN_BINARY = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive or an office document",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BZh": "a bzip2 file",
}
_CONTROL_BYTES = bytes({*range(9), *range(14, 27), *range(28, 32)})
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?<(?:!doctype html|html|head|body|div|script\s|meta)", re.IGNORECASE
)
_FEED = re.compile(rb"<(?:\w+:)?feed[\s>]")
_ROOT = re.compile(rb"<([A-Za-z][\w:.-]*)")
_ACCEPTED = (
    "Broadsheet reads saved Daily Papers pages (text or HTML), daily_papers JSON, the arXiv "
    "snapshot, arXiv Atom answers, BibTeX, RIS, CSL-JSON, Zotero JSON, and its own JSON lines."
)


def detect(stream: Stream) -> Format:
    """The format of the content. Raises SourceError, with what to do, when it is none of ours."""
    head = stream.head
    start = head.lstrip()
    _refuse_binary(head)
    if start[:1] == b"[":
        return "json_document"
    if start[:1] == b"{":
        return _json_format(start, is_whole=stream.is_short)
    if start[:1] == b"<":
        markup = _markup_format(start)
        if markup is not None:
            return markup
    text = head.decode("utf-8", "replace")
    if looks_like_ris(text):
        return "ris"
    if looks_like_bibtex(text):
        return "bibtex"
    if is_listing(text):
        return "listing_page"
    raise SourceError(
        f"The file is of no known format; it starts with “{excerpt(start)[:60]}”. {_ACCEPTED}"
    )


def _refuse_binary(head: bytes) -> None:
    known = next((name for mark, name in _KNOWN_BINARY.items() if head.startswith(mark)), None)
    if known is not None:
        raise SourceError(f"The file is {known}, which cannot be imported. {_ACCEPTED}")
    signs = len(head) - len(head.translate(None, _CONTROL_BYTES))
    if signs * 20 > len(head):
        raise SourceError(f"The file is binary data, not text. {_ACCEPTED}")


def _json_format(start: bytes, *, is_whole: bool) -> Format:
    lines = start.split(b"\n")
    if is_whole and (answer := error_answer(_parsed(start))) is not None:
        raise SourceError(answer)
    if len(lines) == 1 and not is_whole:
        return "json_lines"
    return (
        "json_lines" if any(isinstance(_parsed(line), dict) for line in lines) else "json_document"
    )


def _parsed(content: bytes) -> object:
    try:
        return orjson.loads(content) or None
    except orjson.JSONDecodeError:
        return None


def _markup_format(start: bytes) -> Format | None:
    if _HTML.match(start):
        return "hf_page"  # if it is none, its reader says so: the data may come after the head
    if _FEED.search(start):
        if b"http://www.w3.org/2005/Atom" in start:
            return "arxiv_atom"
        raise SourceError(
            "The feed is not in the Atom namespace, so it is no answer of arXiv's API."
        )
    if start.startswith(b"<?xml"):
        root = _ROOT.search(start)
        named = f" with the root <{root[1].decode('ascii', 'replace')[:40]}>" if root else ""
        raise SourceError(f"The file is XML{named}, which cannot be imported. {_ACCEPTED}")
    return None
