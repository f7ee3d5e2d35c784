"""Names of authors out of the strings that feeds and repositories put them in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from broadsheet.sources.fields import fold
from broadsheet.sources.live.plain_text import plain

_AND = re.compile(r",?\s+(?:and|&)\s+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}")


def names_in(creators: Sequence[str]) -> tuple[str, ...]:
    """Names in reading order, each once, from strings that hold one or several."""
    found = (fold(name) for creator in creators for name in _names(plain(creator)))
    return tuple(dict.fromkeys(filter(None, found)))


def _names(creator: str) -> list[str]:
    if ";" in creator:
        return [_turned(part) for part in creator.split(";")]
    parts = [part.strip() for part in _AND.sub(", ", creator).split(",") if part.strip()]
    if len(parts) > 1 and len(parts) % 2 == 0 and all(map(_INITIALS.fullmatch, parts[1::2])):
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [f"{initials} {last}" for last, initials in pairs]
    if len(parts) == 2 and " " not in parts[0]:  # noqa: PLR2004 - family and given name
        return [_turned(creator)] if not _AND.search(creator) else parts
    return parts


def _turned(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first} {last}" if comma else name
