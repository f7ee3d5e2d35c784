"""The search language: text to a frozen Query and back. It knows nothing of indexes or papers.

    transformers "graph network" -survey -"case study" author:"Ada Lin" title:attention
    cat:cs.LG -cat:cs.CV id:2608.19880 after:2024 before:2025-06 has:code source:arxiv

What only looks like the language stays text: `GAN: a survey`, `https://example.org`, `10:30`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from broadsheet.errors import QueryError
from broadsheet.identifiers import normalise_doi, normalise_words, parse_arxiv_id
from broadsheet.latex import readable


class Field(StrEnum):
    """What a clause is about; all but TEXT are written as a name, a colon and a value."""

    TEXT = "text"
    TITLE = "title"
    AUTHOR = "author"
    CATEGORY = "cat"
    ID = "id"
    AFTER = "after"
    BEFORE = "before"
    HAS = "has"
    SOURCE = "source"


FIELDS = tuple(name.value for name in Field if name is not Field.TEXT)
MOST_CONDITIONS = 60
"""Each phrase, field and word left out costs a look into the index; nobody types so many."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\S+")
_FIELD = re.compile(r"([^\W\d]\w*):(?=\S|$)")
_ADDRESS = re.compile(r"[^\W\d][\w+.-]*://")
_QUOTES = '"“”„'
_QUOTED = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")
_UNSAFE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_TEX_UMLAUT = re.compile(r"\\\"(?=\{?[A-Za-z])")
_UMLAUT = "\\\u00a8"
"""A stand-in of the same length for TeX's umlaut, whose quotation mark opens no quotation."""
_MONTHS = 12
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition or word; `is_quoted` means that the words stand side by side."""

    field: Field
    value: str
    is_negated: bool = False
    is_quoted: bool = False

    @property
    def text(self) -> str:
        """The value as readable text: TeX that was pasted with it becomes letters."""
        return _readable(self.value)

    @property
    def is_condition(self) -> bool:
        """Whether papers must fulfil it; plain wanted words only rank them."""
        return self.field is not Field.TEXT or self.is_negated or self.is_quoted


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: its clauses in the order they were written."""

    clauses: tuple[Clause, ...] = ()

    def of(self, field: Field, *, is_negated: bool = False) -> tuple[Clause, ...]:
        """The clauses about one field, either the wanted or the unwanted ones."""
        return tuple(
            clause
            for clause in self.clauses
            if clause.field is field and clause.is_negated == is_negated
        )

    @property
    def words(self) -> str:
        """The plain words, that may or may not match, as one text."""
        texts = self.of(Field.TEXT)
        return _readable(" ".join(clause.value for clause in texts if not clause.is_quoted))

    @property
    def meaning(self) -> str:
        """All wanted text, for comparing meanings: words, phrases and titles."""
        wanted = (*self.of(Field.TEXT), *self.of(Field.TITLE))
        return _readable(" ".join(clause.value for clause in self.clauses if clause in wanted))

    @property
    def terms(self) -> tuple[str, ...]:
        """The lower-case words to highlight, each once, in the order of the query."""
        wanted = (Field.TEXT, Field.TITLE, Field.AUTHOR)
        values = (
            clause.text
            for clause in self.clauses
            if clause.field in wanted and not clause.is_negated
        )
        return tuple(dict.fromkeys(word for value in values for word in normalise_words(value)))

    @property
    def start(self) -> date | None:
        """The first day that is wanted."""
        days = [first_day(clause.value) for clause in self._bounds(Field.AFTER, Field.BEFORE)]
        return max(days, default=None)

    @property
    def end_before(self) -> date | None:
        """The day before which the wanted days end."""
        days = [first_day(clause.value) for clause in self._bounds(Field.BEFORE, Field.AFTER)]
        return min(days, default=None)

    def _bounds(self, field: Field, opposite: Field) -> tuple[Clause, ...]:
        return self.of(field) + self.of(opposite, is_negated=True)


def plain(text: str) -> Query:
    """A query of words alone: quotes, signs and colons in the text mean nothing."""
    return Query(tuple(Clause(Field.TEXT, word) for word in _safe(text).split()))


def to_text(query: Query) -> str:
    """The query as a reader would type it; `parse` gives the same query again."""
    return " ".join(map(_clause_text, query.clauses))


def _clause_text(clause: Clause) -> str:
    sign = "-" if clause.is_negated else ""
    name = "" if clause.field is Field.TEXT else f"{clause.field.value}:"
    value = f'"{clause.value}"' if clause.is_quoted else clause.value
    return f"{sign}{name}{value}"


def parse(text: str) -> Query:
    """Read a query.

    Raises QueryError, with the position of the trouble, for an unknown field, a quotation that is
    not closed, an empty value, a date that is none, and more than MOST_CONDITIONS conditions.
    Nothing else is an error.
    """
    text = _safe(text).rstrip()
    clauses = []
    position = _skip_space(text, 0)
    conditions = 0
    while position < len(text):
        start = position
        clause, position = _clause(text, start)
        clauses.append(clause)
        conditions += clause.is_condition
        if conditions > MOST_CONDITIONS:
            message = (
                f"A query may have {MOST_CONDITIONS} phrases, fields and words left out, and this "
                "has more. Use fewer, or plain words."
            )
            raise QueryError(message, start)
        position = _skip_space(text, position)
    return Query(tuple(clauses))


def _safe(text: str) -> str:
    return _TEX_UMLAUT.sub(lambda _: _UMLAUT, _UNSAFE.sub(" ", text))


def _readable(text: str) -> str:
    if "\\" not in text and "$" not in text:
        return text
    return readable(text.replace(_UMLAUT, '\\"'))


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _clause(text: str, start: int) -> tuple[Clause, int]:
    """The clause that begins at `start`, and where it ends."""
    is_negated = text[start] == "-" and start + 1 < len(text) and not text[start + 1].isspace()
    if is_negated and text[start + 1] == "-":
        return _word(text, start, is_negated=False)
    position = start + 1 if is_negated else start
    if text[position] in _QUOTES:
        return _value(text, position, Field.TEXT, is_negated=is_negated)
    return _named(text, position, is_negated=is_negated)


def _named(text: str, start: int, *, is_negated: bool) -> tuple[Clause, int]:
    """A clause with a field's name before it, or a plain word."""
    found = _FIELD.match(text, start)
    if found is None or _ADDRESS.match(text, start):
        return _word(text, start, is_negated=is_negated)
    name = found[1].lower()
    if name in ("arxiv", "doi"):
        return _word(text, start, is_negated=is_negated)
    if name not in FIELDS:
        return _unknown(text, found, is_negated=is_negated)
    if found.end() == len(text):
        raise QueryError(f"There is nothing after “{found[0]}”.", start)
    clause, end = _value(text, found.end(), Field(name), is_negated=is_negated)
    _check(clause, found.end())
    return clause, end


def _word(text: str, start: int, *, is_negated: bool) -> tuple[Clause, int]:
    """A word up to the next space; the address or name of a paper becomes a condition."""
    found = _WORD.match(text, start)
    word = found[0] if found else ""
    end = start + len(word)
    prefix, colon, _ = word.partition(":")
    if colon and (prefix.lower() in ("arxiv", "doi") or _ADDRESS.match(word)):
        parsed = parse_arxiv_id(word)
        identifier = parsed[0] if parsed else normalise_doi(word)
        if identifier:
            return Clause(Field.ID, identifier, is_negated), end
    return Clause(Field.TEXT, word, is_negated), end


def _unknown(text: str, found: re.Match[str], *, is_negated: bool) -> tuple[Clause, int]:
    """A word such as `GAN:` that ends in a colon is text; a value after it is an error."""
    if found.end() == len(text):
        return _word(text, found.start(), is_negated=is_negated)
    close = difflib.get_close_matches(found[1].lower(), FIELDS, n=1)
    advice = f"Did you mean {close[0]}:?" if close else f"There are {', '.join(FIELDS)}."
    message = (
        f"There is no field “{found[1]}”. {advice} "
        "To search for the words themselves, put them in quotation marks."
    )
    raise QueryError(message, found.start())


def _value(text: str, start: int, field: Field, *, is_negated: bool) -> tuple[Clause, int]:
    """The quoted or plain value at `start`."""
    if text[start] not in _QUOTES:
        found = _WORD.match(text, start)
        value = found[0] if found else ""
        return Clause(field, value, is_negated), start + len(value)
    quoted = _QUOTED.match(text, start)
    if quoted is None:
        raise QueryError("This quotation mark is never closed.", start)
    value = " ".join(quoted[1].split())
    if not any(character.isalnum() for character in value):
        raise QueryError("There are no words between these quotation marks.", start)
    return Clause(field, value, is_negated, is_quoted=True), quoted.end()


def _check(clause: Clause, position: int) -> None:
    """Raise QueryError for a value that its field cannot have."""
    if clause.field in (Field.AFTER, Field.BEFORE):
        try:
            first_day(clause.value)
        except ValueError as error:
            message = f"“{clause.value}” is not a date. Write 2026, 2026-08 or 2026-08-21."
            raise QueryError(message, position) from error
    elif clause.field is Field.HAS and clause.value.lower() != "code":
        message = f"“has:{clause.value}” is unknown; there is has:code."
        raise QueryError(message, position)
    elif not any(character.isalnum() for character in clause.value):
        message = f"“{clause.value}” is no value for {clause.field.value}:."
        raise QueryError(message, position)


def first_day(text: str) -> date:
    """The first day of a year, month or day; raises ValueError for anything else."""
    found = _DATE.fullmatch(text)
    if found is None or not text.isascii():
        message = f"not a date: {text}"
        raise ValueError(message)
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    if not (year and 1 <= month <= _MONTHS):
        message = f"not a date: {text}"
        raise ValueError(message)
    return date(year, month, day)
