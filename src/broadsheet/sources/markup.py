"""Titles and abstracts that come with mark-up (JATS, MathML, HTML) as plain text with TeX formulae.

The text is never trusted: nothing of the mark-up survives but words, and raised or lowered signs.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from broadsheet.sources.fields import fold

_FORMULAE = frozenset(("inline-formula", "disp-formula", "math"))
_HEADINGS = frozenset(("title", "h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | {
    "p", "sec", "list", "list-item", "def-list", "break", "br", "disp-formula", "label",
    "div", "ul", "ol", "li", "table", "tr", "td",
}  # fmt: skip
_TEX = "\x00"
_RAISED = {"sup": "^", "sub": "_"}
_UNREAD = frozenset(("script", "style", "annotation", "annotation-xml"))
_OWN_NAME = re.compile(r"(?:abstract|summary)\W*", re.IGNORECASE)
_TEX_BODY = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_LEFT_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)
_PLAIN_SIGNS = re.compile(r"[^\s$\\{}^_&%#~]{1,40}")


def text_of_markup(markup: str) -> str:
    """The text of a JATS or HTML fragment on one line, formulae between dollar signs.

    TeX is taken where the mark-up brings it; MathML alone gives its signs in a row. A heading
    that only says "Abstract" is left out; other headings end with a colon.
    """
    if "<" not in markup and "&" not in markup:
        return fold(markup)
    reader = _Reader()
    reader.feed(markup.replace(_TEX, ""))
    reader.close()
    text = "".join(reader.pieces)
    # Publishers escape twice now and then.
    return fold(html.unescape(text) if _LEFT_ENTITY.search(text) else text)


class _Reader(HTMLParser):
    """Collects the pieces of text; formulae, headings and raised signs are held until they end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._tags: list[str] = []
        self._held: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        name = tag.rpartition(":")[2]
        if name in _BLOCKS:
            self.pieces.append(" ")
        self._tags.append(name)
        if name in _FORMULAE and not self._is_in(_FORMULAE - {name}, but_last=True):
            self._hold("formula")
        elif name in _HEADINGS or name in _RAISED or name == "tex-math":
            self._hold(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag.rpartition(":")[2] in _BLOCKS:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name not in self._tags:
            return
        while self._tags:
            last = self._tags.pop()
            self._ended(last)
            if last == name:
                break
        if name in _BLOCKS:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._is_in(_UNREAD):
            self.pieces.append(data)

    def close(self) -> None:
        super().close()
        while self._tags:
            self._ended(self._tags.pop())

    def _is_in(self, names: frozenset[str], *, but_last: bool = False) -> bool:
        return not names.isdisjoint(self._tags[:-1] if but_last else self._tags)

    def _hold(self, kind: str) -> None:
        self._held.append((kind, self.pieces))
        self.pieces = []

    def _ended(self, name: str) -> None:
        kind = "formula" if name in _FORMULAE else name
        if not self._held or self._held[-1][0] != kind:
            return
        if kind == "formula" and self._is_in(_FORMULAE):
            return
        pieces, (_, self.pieces) = self.pieces, self._held.pop()
        closed = _closed(kind, pieces)
        self.pieces.append(closed if self._is_in(_FORMULAE) else closed.replace(_TEX, "$"))


def _closed(kind: str, pieces: list[str]) -> str:
    """What stands in the text for a part that has ended."""
    text = "".join(pieces)
    if kind == "tex-math":
        body = _TEX_BODY.search(text)
        tex = " ".join((body[1] if body else text).split()).strip("$ ")
        # The mark tells the formula around it that TeX is there, so that MathML is left out.
        return f"{_TEX}{tex}{_TEX}"
    if kind == "formula":
        parts = text.split(_TEX)
        signs = f"${parts[1]}$" if len(parts) > 2 and parts[1] else "".join(text.split())  # noqa: PLR2004
        return signs.replace(_TEX, "")
    if kind in _RAISED:
        signs = text.strip()
        return f"${_RAISED[kind]}{{{signs}}}$" if _PLAIN_SIGNS.fullmatch(signs) else text
    heading = " ".join(text.split())
    if not heading or _OWN_NAME.fullmatch(heading):
        return " "
    return f" {heading} " if heading[-1] in ".:?!" else f" {heading}: "
