"""Reads BibTeX: text to entries with their fields, tolerant of what people's files hold.

What the fields mean is `bibliography`'s matter; TeX in values is left as it is.

A reader of our own: it takes a file piece by piece, names the line of each broken entry and goes on
behind it, and depends on nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from broadsheet.errors import RecordError

_START = re.compile(r"^[ \t]*@[ \t]*([A-Za-z]+)\s*[{(]", re.MULTILINE)
_KEY = re.compile(r"\s*+([^,\s{}()\"=#%]*)\s*+(,|(?=[)}]))")
_BARE_KEY = re.compile(r"\s*+([^,{}]{0,300}?),")
_FIELD = re.compile(r"[\s,]*([A-Za-z_][\w:.+/-]*)\s*=\s*")
_END = re.compile(r"[\s,]*[)}]")
_WORD = re.compile(r"[^\s,#{}()\"=]+")
_JOIN = re.compile(r"\s*#\s*")
_BRACE = re.compile(r"[{}]")
_BRACE_OR_QUOTE = re.compile(r"[{}\"]")
_LONGEST_VALUE = 200_000
_LONGEST_JOINED = 20_000
"""Characters of a value made of several pieces; macros made of macros double with each line."""
_MOST_MACROS = 5_000
_MOST_ENDLESS = 200
"""Each entry that does not end takes a look at the next 200,000 characters."""
_NO_PAPERS = frozenset(("comment", "preamble"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class _EndlessError(RecordError):
    """A value whose closing sign is missing."""


@dataclass(frozen=True, slots=True)
class BibtexEntry:
    """An entry: its kind in lower case, key, fields with lower-case names, and its first line."""

    kind: str
    key: str
    fields: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class BrokenEntry:
    """An entry that cannot be read: why, its first line, and the start of its text."""

    reason: str
    line: int
    excerpt: str


def looks_like_bibtex(start: str) -> bool:
    """Whether the beginning of a file has an entry or macro of BibTeX at the start of a line."""
    found = _START.search(start)
    if found is None:
        return False
    rest = start[found.end() : found.end() + 300]
    kind = found[1].lower()
    return kind in _NO_PAPERS or bool(re.match(r"\s*[^\s,{}=]*\s*[,=]", rest))


def entries(text: str) -> Iterator[BibtexEntry | BrokenEntry]:
    """The entries of a text in order; a broken one is told of and the next one read.

    Where very many entries do not end, the last that is told of says that the rest is not read.
    """
    macros = {month: month for month in _MONTHS}
    line, counted, position, endless = 1, 0, 0, 0
    while (start := _START.search(text, position)) is not None:
        line += text.count("\n", counted, start.start())
        counted = start.start()
        kind = start[1].lower()
        try:
            if kind == "comment":
                position = start.end()
                continue
            key, fields, position = _entry(text, start.end(), kind, macros)
        except RecordError as error:
            endless += isinstance(error, _EndlessError)
            given_up = " The rest of the file is not read." if endless == _MOST_ENDLESS else ""
            yield BrokenEntry(f"{error}{given_up}", line, text[start.start() : start.start() + 300])
            if given_up:
                return
            position = start.end()
            continue
        if kind == "string" and len(macros) < _MOST_MACROS:
            macros.update(fields)
        elif kind not in _NO_PAPERS and kind != "string":
            yield BibtexEntry(kind, key, fields, line)


def _entry(
    text: str, position: int, kind: str, macros: Mapping[str, str]
) -> tuple[str, dict[str, str], int]:
    """Key, fields and end of the entry whose opening brace ends at the position."""
    key = ""
    if kind == "preamble":
        _, end = _value(text, position, macros)
        return "", {}, end
    if kind != "string":
        found = _KEY.match(text, position) or _BARE_KEY.match(text, position)
        if found is None:
            raise RecordError("The entry has no key followed by a comma.")
        key, position = found[1].strip(), found.end()
    fields: dict[str, str] = {}
    while (end_found := _END.match(text, position)) is None:
        field = _FIELD.match(text, position)
        if field is None:
            at = " ".join(text[position : position + 60].split())
            raise RecordError(
                f"A field was expected at “{at}”; a brace or comma may be missing before it."
                if at
                else "The entry does not end; a closing brace is missing."
            )
        value, position = _value(text, field.end(), macros)
        # Of a field that stands twice, BibTeX takes the first.
        fields.setdefault(field[1].lower(), value)
    return key, fields, end_found.end()


def _value(text: str, position: int, macros: Mapping[str, str]) -> tuple[str, int]:
    """A value, its pieces joined, and where it ends."""
    pieces: list[str] = []
    length = 0
    while True:
        piece, position = _piece(text, position, macros)
        pieces.append(piece)
        length += len(piece)
        if len(pieces) > 1 and length > _LONGEST_JOINED:
            raise RecordError(f"A joined value has more than {_LONGEST_JOINED:,} characters.")
        joined = _JOIN.match(text, position)
        if joined is None:
            return "".join(pieces), position
        position = joined.end()


def _piece(text: str, position: int, macros: Mapping[str, str]) -> tuple[str, int]:
    sign = text[position : position + 1]
    if sign == "{":
        return _balanced(text, position + 1, _BRACE, "}")
    if sign == '"':
        return _balanced(text, position + 1, _BRACE_OR_QUOTE, '"')
    word = _WORD.match(text, position)
    # An empty value, as some exports have it, is no reason to lose the entry.
    if word is None:
        return "", position
    return macros.get(word[0].lower(), word[0]), word.end()


def _balanced(text: str, start: int, signs: re.Pattern[str], closing: str) -> tuple[str, int]:
    """The text up to the closing sign outside of braces; an escaped brace counts, as in BibTeX."""
    depth = 0
    for found in signs.finditer(text, start, start + _LONGEST_VALUE):
        sign = found[0]
        if sign == closing and depth == 0:
            return text[start : found.start()], found.end()
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
    raise _EndlessError(f"A value does not end; its closing {closing} is missing.")
