"""Acronyms that texts explain themselves: `generative adversarial network (GAN)`.

The algorithm of Schwartz and Hearst, A Simple Algorithm for Identifying Abbreviation Definitions in
Biomedical Text (2003): the letters of the acronym are found in the words before it, from the right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

LEAST_PAPERS = 3
"""Papers that must explain an acronym alike before it counts."""
LEAST_SHARE = 0.3
"""Of the papers that explain an acronym, so many must mean the same by it."""
MOST_MEANINGS = 2
_LONGEST = 10
_LEAST_CAPITALS = 2
_MOST_WORDS_MORE = 5

_BRACKET = re.compile(r"\(([A-Za-z0-9][\w&/.-]{1,11})[);,]")
_SENTENCE = re.compile(r"(?<=[.;:!?])\s")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Acronym:
    """A short form as it is written, its long form in lower case, and how many papers say so."""

    short: str
    long: str
    papers: int


@dataclass(slots=True)
class AcronymCounts:
    """What many texts say about acronyms; each text counts a pair once."""

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    spellings: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Take in one text."""
        found = {(singular(short), plain_long(long)) for short, long in explained(text)}
        for short, long in found:
            self.pairs[short.lower(), long] += 1
            self.spellings.setdefault(short.lower(), Counter())[short] += 1

    def settled(self) -> list[Acronym]:
        """The pairs that enough papers agree on, those of most papers first."""
        totals: Counter[str] = Counter()
        for (short, _), papers in self.pairs.items():
            totals[short] += papers
        kept: Counter[str] = Counter()
        settled = []
        for (short, long), papers in self.pairs.most_common():
            if papers < LEAST_PAPERS:
                break
            if papers >= LEAST_SHARE * totals[short] and kept[short] < MOST_MEANINGS:
                kept[short] += 1
                spelling = self.spellings[short].most_common(1)[0][0]
                settled.append(Acronym(spelling, long, papers))
        return settled


def explained(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of short and long form in a text, as they are written."""
    for bracket in _BRACKET.finditer(text):
        short = bracket[1].rstrip(".-/&")
        if not _is_short_form(short):
            continue
        window = text[max(0, bracket.start() - 200) : bracket.start()]
        before = _SENTENCE.split(window)[-1].split()
        letters = sum(character.isalnum() for character in short)
        words = before[-min(letters + _MOST_WORDS_MORE, letters * 2) :]
        long = _long_form(short, " ".join(words))
        if long:
            yield short, long


def _is_short_form(short: str) -> bool:
    """Whether it can be an acronym: at least two capitals, no mere number or roman numeral."""
    capitals = sum(character.isupper() for character in short)
    is_roman = re.fullmatch("[IVX]+", short)
    return _LEAST_CAPITALS <= capitals <= len(short) <= _LONGEST and not is_roman


def _long_form(short: str, words: str) -> str:
    """The shortest end of `words` that holds the letters of `short` in order; empty without.

    The first letter must begin a word. Words that begin with just these letters come before all
    others, which Schwartz and Hearst do not say: `proximal policy optimization` (PPO).
    """
    letters = [character for character in singular(short).lower() if character.isalnum()]
    starts = list(_WORD.finditer(words))[-len(letters) :]
    if [start[0][0].lower() for start in starts] == letters:
        return words[starts[0].start() :] if len(letters) > 1 else ""
    place = len(words)
    for number in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= 0 and not (
            words[place].lower() == letters[number]
            and (number or not place or not words[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return ""
    long = words[words.rfind(" ", 0, place) + 1 :].strip("\"'“”‘’([{")
    return long if _is_long_form(short, long) else ""


def _is_long_form(short: str, long: str) -> bool:
    parts = _WORD.findall(long.lower())
    return len(long) > len(short) and len(parts) > 1 and singular(short).lower() not in parts


def singular(word: str) -> str:
    """`GANs` as `GAN`, `ViTs` as `ViT`; other words as they are."""
    return word[:-1] if len(word) > len("As") and word[-1] == "s" and word[-2].isupper() else word


def plain_long(long: str) -> str:
    """A long form in lower case without hyphens, in the singular: what equal ones share."""
    words = _WORD.findall(long.lower())
    last = words[-1]
    is_plural = (
        len(last) > len("gas") and last.endswith("s") and not last.endswith(("ss", "is", "us"))
    )
    return " ".join([*words[:-1], last[:-1] if is_plural else last])


def by_short(acronyms: Iterable[Acronym]) -> Mapping[str, tuple[Acronym, ...]]:
    """The acronyms under their short forms in lower case."""
    found: dict[str, tuple[Acronym, ...]] = {}
    for acronym in acronyms:
        key = acronym.short.lower()
        found[key] = (*found.get(key, ()), acronym)
    return found


def by_long(acronyms: Iterable[Acronym]) -> Mapping[str, Acronym]:
    """The acronym of most papers under each long form."""
    found: dict[str, Acronym] = {}
    for acronym in acronyms:
        found.setdefault(acronym.long, acronym)
    return found
