"""What people type, as it is kept: without what databases, logs and screens cannot take."""

from __future__ import annotations

import unicodedata

from broadsheet.errors import InputError

_KEPT_CONTROLS = frozenset("\n\t")
_HIDDEN = frozenset(("Cc", "Cs", "Co", "Cn"))
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows, and can make a line read as another."""


def line(text: str, field: str, longest: int) -> str:
    """One line: spaces between words are single. Raises InputError when it is too long."""
    return _short_enough(" ".join(_clean(text).split()), field, longest)


def paragraphs(text: str, field: str, longest: int) -> str:
    """Text with its line breaks. Raises InputError when it is too long."""
    lines = _clean(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return _short_enough("\n".join(each.rstrip() for each in lines).strip(), field, longest)


def _clean(text: str) -> str:
    kept = (
        each
        for each in unicodedata.normalize("NFC", text)
        if each in _KEPT_CONTROLS
        or (unicodedata.category(each) not in _HIDDEN and each not in _TURNING)
    )
    return "".join(kept)


def _short_enough(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise InputError(f"This is {len(text):,} characters long; {longest:,} are possible.", field)
    return text
