"""Which word of the library a misspelled word of a query may be meant to be.

Only suggests: what was typed is searched all the same.
"""

from __future__ import annotations

import re
from dataclasses import replace

from broadsheet.index.encoder import split_words
from broadsheet.index.lexicon import LONG_WORD, SHORTEST, Lexicon
from broadsheet.ranking.query import Field, Query, to_text
from broadsheet.ranking.word_forms import is_form_of

MUCH_RARER = 300
"""A word that the library has is questioned only where a neighbour is so many times as frequent."""
MOST_MEASURED = 60
MOST_WORDS = 16
"""Only so many words of a query are looked at; who pastes a page wants no spelling lesson."""

_WORD = re.compile(r"[^\W\d_]+")


def corrected(query: Query, lexicon: Lexicon) -> str:
    """The query with words that are probably misspelled put right; empty where there are none."""
    if not lexicon.words or len(query.words.split()) > MOST_WORDS:
        return ""
    clauses = []
    for clause in query.clauses:
        is_text = clause.field in (Field.TEXT, Field.TITLE) and not clause.is_negated
        value = _put_right(clause.value, lexicon) if is_text else clause.value
        clauses.append(replace(clause, value=value))
    suggested = Query(tuple(clauses))
    return "" if suggested == query else to_text(suggested)


def _put_right(text: str, lexicon: Lexicon) -> str:
    if not text.isascii() or "\\" in text:
        return text
    return _WORD.sub(lambda found: suggestion(found[0], lexicon) or found[0], text)


def suggestion(word: str, lexicon: Lexicon) -> str:
    """What a word may be meant to be; empty where it seems right or nothing is near.

    A word without a paper becomes the nearest and most frequent word. One that some papers have is
    questioned only for a single edit within it and a neighbour MUCH_RARER times as frequent.
    """
    typed = "".join(split_words(word))
    if len(typed) < SHORTEST or word.isupper():
        return ""
    known = lexicon.count(typed)
    best: tuple[int, int, str] | None = None
    allowed = 1 if known or len(typed) < LONG_WORD else 2
    for other, count in _plausible(typed, known, lexicon, allowed):
        edits = distance(typed, other, allowed)
        if edits > allowed or (edits == allowed == 2 and other[0] != typed[0]):  # noqa: PLR2004
            continue
        if is_form_of(typed, other):
            return ""
        if best is None or (edits, -count) < best[:2]:
            best = (edits, -count, other)
    return best[2] if best else ""


def _plausible(typed: str, known: int, lexicon: Lexicon, allowed: int) -> list[tuple[str, int]]:
    letters = set(typed)
    found = [
        (other, count)
        for other, count in lexicon.alike(typed)
        if abs(len(other) - len(typed)) <= allowed
        and count >= known * MUCH_RARER
        and (not known or other[0] == typed[0])
        and len(letters.symmetric_difference(other)) <= 2 * allowed
    ]
    return found[:MOST_MEASURED]


def distance(word: str, other: str, most: int) -> int:
    """Letters to put in, take out, change or swap between two words; `most` + 1 for any more.

    The restricted distance of Damerau (1964) and Levenshtein (1966).
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(word, 1):
        current = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (letter != wanted))
            is_swap = row > 1 and column > 1 and letter == other[column - 2]
            if is_swap and word[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before, above = above, current
    return min(above[-1], most + 1)
