"""Names of authors out of the strings that feeds and repositories put them in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from broadsheet.sources.fields import fold
from broadsheet.sources.live.plain_text import plain

_AND = re.compile(r",?\s+(?:and|&)\s+")
_MOST_INITIALS = 4


def names_in(creators: Sequence[str]) -> tuple[str, ...]:
    """Names in reading order, each once, from strings that hold one or several."""
    is_one_each = len(creators) > 1
    found = (
        fold(name)
        for creator in creators
        for name in _names(plain(creator), is_one_each=is_one_each)
    )
    return tuple(dict.fromkeys(filter(None, found)))


def _names(creator: str, *, is_one_each: bool) -> list[str]:
    if ";" in creator:
        return [_turned(part) for part in creator.split(";")]
    parts = [part.strip() for part in _AND.sub(", ", creator).split(",") if part.strip()]
    if len(parts) % 2 == 0 and all(map(_is_initials, parts[1::2])):
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [f"{initials} {last}" for last, initials in pairs]
    # Two names in full both hold blanks; family and given name seldom do.
    is_pair = len(parts) == 2 and not all(" " in part for part in parts)  # noqa: PLR2004
    if (is_one_each or is_pair) and creator.count(",") == 1 and not _AND.search(creator):
        return [_turned(creator)]
    return parts


def _is_initials(part: str) -> bool:
    letters = re.sub(r"[.\s-]", "", part)
    return letters.isupper() and len(letters) <= _MOST_INITIALS


def _turned(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first} {last}" if comma else name
