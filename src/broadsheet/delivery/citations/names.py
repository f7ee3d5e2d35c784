"""Names of authors as reference managers want them: family and given name, or one literal."""

from __future__ import annotations

import re
from dataclasses import dataclass

from broadsheet.latex import readable

_PARTICLES = frozenset((
    "al", "ap", "bin", "d", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du",
    "el", "het", "la", "las", "le", "les", "ten", "ter", "van", "von", "y", "zu", "zum", "zur",
))  # fmt: skip
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_GROUP = re.compile(
    r"\b(?:and|team|group|collaboration|consortium|laborator(?:y|ies)|institute|university|project"
    r"|network|committee|initiative|for|of|the|on behalf)\b|&|\d",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A person by `family` and `given` name, with a `suffix`; or a group by `literal` alone."""

    family: str = ""
    given: str = ""
    suffix: str = ""
    literal: str = ""

    @property
    def inverted(self) -> str:
        """`Lovelace, Ada` or `King, Martin Luther, Jr.`; a literal as it is."""
        return self.literal or ", ".join(filter(None, (self.family, self.given, self.suffix)))


def name_of(text: str) -> Name:
    """The parts of a name as a source wrote it; a group's name, or one of one word, is literal."""
    text = readable(text)
    family, comma, given = (part.strip() for part in text.partition(","))
    if comma and family and given:
        given, _, suffix = (part.strip() for part in given.partition(","))
        return Name(family, given, suffix)
    words = family.split()
    if len(words) < 2 or _GROUP.search(text):  # noqa: PLR2004
        return Name(literal=text.strip(" ,"))
    return _of_words(words)


def _of_words(words: list[str]) -> Name:
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""  # noqa: PLR2004
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES and words[start - 1].islower():
        start -= 1
    return Name(" ".join(words[start:]), " ".join(words[:start]), suffix)


def names_of(authors: tuple[str, ...]) -> list[Name]:
    """The names of all authors in order, without empty ones."""
    found = map(name_of, authors)
    return [name for name in found if name.inverted]
