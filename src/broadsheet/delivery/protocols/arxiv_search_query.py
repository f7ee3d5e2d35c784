"""The grammar of arXiv's `search_query`: text to conditions. It knows no papers and no HTTP.

    query   = part { ["OR"] part }             part = term { ("AND" | "ANDNOT") term }
    term    = [field ":"] ( "(" query ")" | quoted | word ) | date ":[" from " TO " to "]"

AND and ANDNOT bind more closely than OR. Words that merely stand side by side must all hold. A
field before a parenthesis holds for every word in it that names no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from broadsheet.errors import QueryError
from broadsheet.index.words import Column
from broadsheet.ranking.conditions import (
    Between,
    Condition,
    Every,
    HasWords,
    InCategory,
    Moment,
    OneOf,
    Some,
    Without,
)

FIELDS = ("ti", "au", "abs", "co", "jr", "cat", "rn", "id", "all")
LONGEST = 10_000
MOST_TERMS = 200
DEEPEST = 30

_COLUMNS = {
    "ti": (Column.TITLE,),
    "au": (Column.AUTHORS,),
    "abs": (Column.TEXT,),
    "co": (Column.COMMENT,),
    "jr": (Column.JOURNAL_REF,),
    "rn": (Column.REPORT_NUMBER,),
    "all": (Column.TEXT, Column.COMMENT, Column.JOURNAL_REF, Column.REPORT_NUMBER),
}
_DATES = {"submittedDate": Moment.SUBMITTED, "lastUpdatedDate": Moment.UPDATED}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) |
        (?P<field>ti|au|abs|co|jr|cat|rn|id|all|submittedDate|lastUpdatedDate|
            [A-Za-z_]+(?=:[^\s)])): |
        "(?P<quoted>[^"]*)" |
        \[(?P<range>[^\]]*)\] |
        (?P<word>[^\s()"\[\]]+)
    )""",
    re.VERBOSE,
)
_OPERATORS = frozenset(("AND", "OR", "ANDNOT"))
_INSTANT = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?")
_UNSAFE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

FindPaper = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of the query: what it is, what it says, where it stands."""

    kind: str
    text: str
    position: int

    def is_operator(self, *names: str) -> bool:
        return self.kind == "word" and self.text in (names or _OPERATORS)


def parse_search_query(text: str, find: FindPaper) -> Condition:
    """The condition that a query means; `find` gives the number of the paper of an id.

    Raises QueryError with the position of the trouble.
    """
    if len(text) > LONGEST:
        raise QueryError(f"The query is longer than {LONGEST} characters.", LONGEST)
    tokens = _tokens(_UNSAFE.sub(" ", text))
    if not tokens:
        raise QueryError("The query is empty.", 0)
    parser = _Parser(tokens, find)
    found = parser.query("all", 0)
    if parser.here is not None:
        raise QueryError("There is a closing parenthesis too many.", parser.here.position)
    return found


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            raise QueryError(f"“{text[start]}” is opened here and never closed.", start)
        kind = str(found.lastgroup)
        tokens.append(_Token(kind, found[kind], found.start(kind)))
        position = found.end()
    return tokens


class _Parser:
    """Reads tokens from left to right; `here` is the next one, None at the end."""

    def __init__(self, tokens: list[_Token], find: FindPaper) -> None:
        self._tokens = tokens
        self._next = 0
        self._find = find
        self._terms = 0

    @property
    def here(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def query(self, field: str, depth: int) -> Condition:
        """Parts joined by OR, up to a closing parenthesis or the end."""
        parts = [self._part(field, depth)]
        while self.here is not None and self.here.is_operator("OR"):
            self._next += 1
            parts.append(self._part(field, depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _part(self, field: str, depth: int) -> Condition:
        """Terms joined by AND, ANDNOT or nothing."""
        found = self._term(field, depth)
        while (token := self.here) is not None and token.kind != "close":
            if token.is_operator("OR"):
                break
            is_without = token.is_operator("ANDNOT")
            if token.is_operator():
                self._next += 1
            other = self._term(field, depth)
            found = Without(found, other) if is_without else _both(found, other)
        return found

    def _term(self, field: str, depth: int) -> Condition:
        token = self.here
        if token is None or token.kind == "close" or token.is_operator():
            position = token.position if token else self._tokens[-1].position
            raise QueryError("A term is missing beside an operator or parenthesis.", position)
        self._next += 1
        if token.kind == "open":
            return self._group(token, field, depth)
        if token.kind == "field":
            return self._of_field(token, depth)
        return self._value(token, field)

    def _group(self, token: _Token, field: str, depth: int) -> Condition:
        if depth >= DEEPEST:
            raise QueryError(f"Parentheses are nested more than {DEEPEST} deep.", token.position)
        found = self.query(field, depth + 1)
        if self.here is None:
            raise QueryError("A parenthesis is opened here and never closed.", token.position)
        self._next += 1
        return found

    def _of_field(self, token: _Token, depth: int) -> Condition:
        following = self.here
        if token.text not in FIELDS and token.text not in _DATES:
            names = ", ".join((*FIELDS, *_DATES))
            message = f"There is no field “{token.text[:40]}”. There are {names}."
            raise QueryError(message, token.position)
        if following is None or following.kind in {"close", "field"}:
            raise QueryError(f"There is nothing after “{token.text}:”.", token.position)
        if (token.text in _DATES) != (following.kind == "range"):
            message = "Dates are written as submittedDate:[202301010600 TO 202401010600]."
            raise QueryError(message, following.position)
        self._next += 1
        if following.kind == "open":
            return self._group(following, token.text, depth)
        return self._value(following, token.text)

    def _value(self, token: _Token, field: str) -> Condition:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise QueryError(f"The query has more than {MOST_TERMS} terms.", token.position)
        if token.kind == "range":
            return _between(token, field)
        if field == "id":
            number = self._find(token.text)
            return OneOf(frozenset(() if number is None else (number,)))
        if field == "cat":
            name = token.text.strip()
            return InCategory(name.rstrip("*").rstrip("."), is_prefix=name.endswith("*"))
        if "*" in token.text or "?" in token.text.rstrip("?"):
            raise QueryError("Wildcards are understood after cat: only.", token.position)
        return _words(token, field)


def _both(one: Condition, other: Condition) -> Condition:
    parts = one.parts if isinstance(one, Every) else (one,)
    return Every((*parts, other))


def _words(token: _Token, field: str) -> Condition:
    """Words of a field; underscores stand for blanks, and initials of authors say too little."""
    text = token.text.replace("_", " ")
    if field == "au":
        names = [name for name in re.split(r"[\s,.]+", text) if len(name) > 1] or text.split()
        text = " ".join(names)
    return HasWords(_COLUMNS[field], text, is_phrase=token.kind == "quoted" and " " in text)


def _between(token: _Token, field: str) -> Between:
    start, separator, end = token.text.partition(" TO ")
    if field not in _DATES or not separator:
        message = "Dates are written as submittedDate:[202301010600 TO 202401010600]."
        raise QueryError(message, token.position)
    moment = _DATES[field]
    return Between(moment, _instant(start, token, is_end=False), _instant(end, token, is_end=True))


def _instant(text: str, token: _Token, *, is_end: bool) -> datetime:
    """The first instant of a year, month, day, hour or minute in GMT, or the last."""
    found = _INSTANT.fullmatch(text.strip())
    if text.strip() == "*":
        return datetime(9999, 1, 1, tzinfo=UTC) if is_end else datetime(1, 1, 2, tzinfo=UTC)
    try:
        given = [int(part) for part in found.groups() if part] if found and text.isascii() else []
        least = [1, 1, 1, 0, 0, 0]
        start = datetime(*(given + least[len(given) :]), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        given = []
    if not given:
        message = f"“{text.strip()[:40]}” is not a date. Write 20230101, or 202301010600."
        raise QueryError(message, token.position)
    return _last_of(start, len(given)) if is_end else start


def _last_of(start: datetime, precision: int) -> datetime:
    """The last second of the period that so many parts of a date name."""
    if precision <= 2:  # noqa: PLR2004 - year, month
        months = 12 if precision == 1 else 1
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        last = start.replace(year=min(year, 9999), month=month + 1 if year <= 9999 else 12)  # noqa: PLR2004
        seconds = last.timestamp() - 1
    else:
        length = {3: 86_400, 4: 3_600, 5: 60, 6: 1}[precision]
        seconds = start.timestamp() + length - 1
    return datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC)


_LAST_SECOND = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
