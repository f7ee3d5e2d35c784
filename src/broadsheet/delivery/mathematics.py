r"""TeX formulas as MathML that is safe to put into a page.

The library's element tree is written out by an allow list of our own: the library's own writer
turns escaped text back into mark-up, so `\text{<script>}` would come through it alive.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

LONGEST_FORMULA = 2_000
_LONG_ON_A_PHONE = 48
_ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mfrac", "msqrt", "mroot",
    "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace",
    "minsize", "maxsize", "largeop", "movablelimits", "accent", "accentunder", "linethickness",
    "width", "height", "depth", "voffset", "columnalign", "rowalign", "columnspacing", "rowspacing",
    "columnlines", "rowlines", "displaystyle", "scriptlevel", "notation", "symmetric", "columnspan",
    "rowspan",
})  # fmt: skip
_PLAIN_VALUE = re.compile(r"[\w .%+-]*")
_OPERANDS = frozenset(("mi", "mn", "msub", "msup", "msubsup", "mfrac", "msqrt"))
_NUMBER_SETS = re.compile(r"\\([CNQRZ])(?![a-zA-Z])")  # no TeX command, but every author's macro
_COMMAND_LEFT = re.compile(r"\\[a-zA-Z]")


class _UnusableError(Exception):
    """The tree holds something that no page should show."""


@lru_cache(maxsize=8192)
def formula(source: str, *, is_display: bool = False) -> Markup:
    """MathML of a TeX formula; the TeX source in `<code>` where it cannot be converted."""
    if len(source) <= LONGEST_FORMULA:
        try:
            known = _NUMBER_SETS.sub(r"\\mathbb{\1}", source)
            tree = convert_to_element(known, display="block" if is_display else "inline")
            return _framed(_written(tree), source, is_display=is_display)
        except Exception:  # noqa: BLE001, S110 - the library raises anything on broken TeX
            pass
    return Markup('<code class="tex">{}</code>').format(source)


def _framed(math: str, source: str, *, is_display: bool) -> Markup:
    """Formulas too wide for a phone scroll in a box of their own; short ones stay in the line."""
    if not is_display and len(source) <= _LONG_ON_A_PHONE:
        return Markup(math)  # noqa: S704 - written by _written alone
    name = "math-display" if is_display else "math-long"
    return Markup(f'<span class="{name}">{math}</span>')  # noqa: S704 - same


def _written(element: Element) -> str:
    if element.tag not in _ELEMENTS:
        raise _UnusableError(element.tag)
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _PLAIN_VALUE.fullmatch(value)
    )
    inside = _text(element.text) + "".join(_children(element))
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>"


def _children(element: Element) -> Iterator[str]:
    """The children; a thin space follows a name such as log, as TeX sets it."""
    children = list(element)
    for child, following in zip_longest(children, children[1:]):
        yield _written(child)
        is_name = child.tag == "mi" and len(child.text or "") > 1 and (child.text or "").isalpha()
        if is_name and following is not None and following.tag in _OPERANDS:
            yield '<mspace width="0.167em"></mspace>'


def _text(text: str | None) -> str:
    """The text of an element; the library writes symbols as entities, which are undone first."""
    plain = html.unescape(text or "")
    if _COMMAND_LEFT.search(plain):
        raise _UnusableError(plain)  # a command the library does not know would be shown raw
    return str(escape(plain))
