"""Titles and abstracts as a reader sees them: readable text, excerpts, marks, whole abstracts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from broadsheet.delivery.mathematics import LONGEST_FORMULA, formula
from broadsheet.identifiers import normalise_words
from broadsheet.latex import opening, readable, segments
from broadsheet.ranking.word_forms import SHORTEST_STEM, is_form_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_ABSTRACT = 20_000  # an abstract of two megabytes must not hold server and browser up
MOST_FORMULAS = 400
_SNIPPET_LEAD = 60
_ADDRESS = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
_AFTER_ADDRESS = ".,;:!?)]"


@lru_cache(maxsize=8192)
def title_text(title: str) -> str:
    """A title as plain readable text."""
    return readable(title)


def excerpt(abstract: str, length: int, terms: tuple[str, ...] = ()) -> str:
    """About `length` characters of an abstract, cut between words.

    They come from the beginning, or from around the first of `terms` where the beginning has none.
    """
    text = opening(abstract)
    start = _snippet_start(text, length, terms) if terms else 0
    head = "… " if start else ""
    return head + _cut(text[start:], length)


def _snippet_start(text: str, length: int, terms: tuple[str, ...]) -> int:
    first = next((word.start() for word in _matching(text, terms)), 0)
    if first < length - _SNIPPET_LEAD // 2:
        return 0
    sentence = text.rfind(". ", max(0, first - 2 * _SNIPPET_LEAD), first)
    if sentence >= 0:
        return sentence + 2
    return text.rfind(" ", 0, max(1, first - _SNIPPET_LEAD)) + 1


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    end = text.rfind(" ", length // 2, length)
    return text[: end if end > 0 else length].rstrip(" ,;:–-") + "…"


def marked(text: str, terms: tuple[str, ...]) -> Markup:
    """The text, escaped, with the words that match a query in `<mark>`."""
    if not terms:
        return escape(text)
    parts: list[str] = []
    last = 0
    for word in _matching(text, terms):
        parts += escape(text[last : word.start()]), "<mark>", escape(word[0]), "</mark>"
        last = word.end()
    return Markup("".join([*parts, escape(text[last:])]))  # noqa: S704  # escaped, all of them


def _matching(text: str, terms: tuple[str, ...]) -> Iterator[re.Match[str]]:
    """The words of a text that match one of the terms, in order."""
    for word in _candidates(terms, text.isascii()).finditer(text):
        folded = word[0].lower() if word[0].isascii() else "".join(normalise_words(word[0]))
        if any(is_form_of(folded, term) for term in terms):
            yield word


@lru_cache(maxsize=256)
def _candidates(terms: tuple[str, ...], is_ascii: bool) -> re.Pattern[str]:  # noqa: FBT001
    """The words worth a closer look: those that begin like a term, or have accented letters."""
    starts = "|".join(re.escape(term[: SHORTEST_STEM - 1]) for term in terms)
    accented = "" if is_ascii else r"|\w*[^\W\x00-\x7f]\w*"
    return re.compile(rf"\b(?:(?:{starts})\w*{accented})", re.IGNORECASE)


def abstract_html(abstract: str) -> tuple[Markup, bool]:
    """The abstract: text escaped, addresses as links, formulas as MathML; whether it is cut.

    A text longer than `LONGEST_ABSTRACT` is cut between words, never within a formula.
    """
    if len(abstract) <= LONGEST_ABSTRACT:
        return Markup("").join(_pieces(segments(abstract))), False
    # A formula that stands across the end must be seen whole to be known as one.
    parts = segments(abstract[: LONGEST_ABSTRACT + LONGEST_FORMULA])
    return Markup("").join(_pieces(_beginning(parts))), True


def _beginning(parts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The parts up to the longest length shown; text is cut at a word, a formula left out."""
    left = LONGEST_ABSTRACT
    for kind, text in parts:
        if len(text) > left:
            yield "text", _cut(text, left) if kind == "text" else "…"
            return
        yield kind, text
        left -= len(text)


def _pieces(parts: Iterable[tuple[str, str]]) -> Iterable[Markup]:
    formulas = 0
    for kind, text in parts:
        if kind == "text":
            yield _linked(text)
            continue
        formulas += 1
        if formulas > MOST_FORMULAS:
            yield Markup('<code class="tex">{}</code>').format(text)
        else:
            yield formula(text, is_display=kind == "display")


def _linked(text: str) -> Markup:
    parts: list[Markup] = []
    last = 0
    for found in _ADDRESS.finditer(text):
        url = found[0].rstrip(_AFTER_ADDRESS)
        link = Markup('<a href="{0}" rel="nofollow noopener">{0}</a>').format(url)
        parts += escape(text[last : found.start()]), link
        last = found.start() + len(url)
    return Markup("").join([*parts, escape(text[last:])])
