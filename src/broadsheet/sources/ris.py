"""Reads RIS: text to references with their tags. What the tags mean is `bibliography`'s matter.

After the RIS format specification: a tag of two signs, two blanks, a hyphen, a blank; `TY` opens a
reference and `ER` closes it. Missing blanks, a missing `ER` and wrapped lines are put up with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_LINE = re.compile(r"^\ufeff?([A-Z][A-Z0-9]) {0,2}- ?(.*)$")
_OPENING = re.compile(r"^\ufeff?\s*TY {0,2}- ?[A-Z0-9]{2,10}\s*$", re.MULTILINE)
_EXCERPT = 300


@dataclass(slots=True)
class _Open:
    line: int
    tags: dict[str, list[str]] = field(default_factory=dict)
    last: str = ""


@dataclass(frozen=True, slots=True)
class RisReference:
    """A reference: its tags in order, each with its values, and its first line."""

    tags: Mapping[str, Sequence[str]]
    line: int

    @property
    def excerpt(self) -> str:
        """The start of the reference for the list of rejects."""
        return " ".join(f"{tag}: {'; '.join(values)}" for tag, values in self.tags.items())[
            :_EXCERPT
        ]


def looks_like_ris(start: str) -> bool:
    """Whether the beginning of a file opens a reference of RIS with its type alone on a line."""
    return _OPENING.search(start) is not None


def references(text: str) -> Iterator[RisReference]:
    """The references of a text in order."""
    one: _Open | None = None
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.match(line)
        tag = found[1] if found else ""
        if tag in ("TY", "ER") and one is not None:
            yield RisReference(one.tags, one.line)
            one = None
        if tag == "TY":
            one = _Open(number)
        if one is not None:
            _take(one, tag, found[2] if found else line)
    if one is not None:
        yield RisReference(one.tags, one.line)


def _take(one: _Open, tag: str, value: str) -> None:
    """Add a value under its tag, or a wrapped line to the value before it."""
    value = value.strip()
    if tag:
        one.last = tag
        if value:
            one.tags.setdefault(tag, []).append(value)
    elif value and one.tags.get(one.last):
        one.tags[one.last][-1] += f" {value}"
