r"""Finds TeX formulas in Markdown: `$..$`, `$$..$$`, `\(..\)` and `\[..\]`, as tokens of their own.

A dollar opens a formula only before and closes one only after something that is no blank, and not
before a digit, as in Pandoc: `$5 and $6` are prices. Sets nothing; `markdown` does that.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_LONGEST = 2_000
_MOST_LINES = 40
_DOLLAR = re.compile(r"\\.|\$", re.DOTALL)
_CLOSING = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}


def add_formulas(reader: MarkdownIt) -> None:
    """Teach a reader of Markdown formulas: tokens `formula` with the TeX as content."""
    reader.inline.ruler.before("escape", "formula", _inline)
    reader.block.ruler.before(
        "fence", "formula_block", _block, {"alt": ["paragraph", "blockquote", "list"]}
    )


def _inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the library's signature
    sign = state.src[state.pos]
    if sign not in "$\\":
        return False
    pair = state.src[state.pos : state.pos + 2]
    found = _paired(state, pair) if pair in _CLOSING else _single(state) if sign == "$" else None
    if found is None:
        return False
    source, end = found
    if not silent:
        token = state.push("formula", "", 0)
        token.content = source
        token.info = "display" if pair in {"$$", "\\["} else ""
    state.pos = end
    return True


def _paired(state: StateInline, pair: str) -> tuple[str, int] | None:
    start = state.pos + 2
    end = state.src.find(_CLOSING[pair], start, min(state.posMax, start + _LONGEST))
    source = state.src[start:end].strip() if end > start else ""
    return (source, end + 2) if source else None


def _single(state: StateInline) -> tuple[str, int] | None:
    """Only the next dollar may close: a text full of prices is read once, not once for each."""
    start = state.pos + 1
    for dollar in _DOLLAR.finditer(state.src, start, min(state.posMax, start + _LONGEST)):
        if dollar.group() == "$":
            source = state.src[start : dollar.start()]
            after = state.src[dollar.end() : dollar.end() + 1]
            is_formula = source.strip() == source != "" and not after.isdigit()
            return (source, dollar.end()) if is_formula and "\n\n" not in source else None
    return None


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - same
    """A formula that begins a line with `$$` and ends one: its lines are no lists or tables."""
    first = _line(state, start)
    if not first.startswith("$$") or state.is_code_block(start):
        return False
    last, source = start, first[2:]
    while not source.endswith("$$"):
        last += 1
        is_inside = last < end and last - start < _MOST_LINES and state.sCount[last] >= 0
        line = _line(state, last) if is_inside else ""
        opens_another = line.startswith("$$") and line != "$$"
        if not is_inside or opens_another or len(source) > _LONGEST:
            return False
        source += "\n" + line
    source = source[:-2].strip()
    if not source or "$$" in source:
        return False
    if silent:
        return True
    token = state.push("paragraph_open", "p", 1)
    token.map = [start, last + 1]
    state.push("formula", "", 0).content = source
    state.tokens[-1].info = "display"
    state.push("paragraph_close", "p", -1)
    state.line = last + 1
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()
