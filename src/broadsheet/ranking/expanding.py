"""Other names of what a query names: long forms of acronyms, and acronyms of long forms.

They come from what the library's own papers explain (`index.acronyms`), and only add to what was
typed.
"""

from __future__ import annotations

from broadsheet.index.acronyms import plain_long, singular
from broadsheet.index.encoder import split_words
from broadsheet.index.lexicon import Lexicon
from broadsheet.ranking.query import Query

LEAST_RATIO = 0.1
"""An acronym typed in small letters is taken for one where a tenth of the papers with that word
explain it; else it is the word (`art`, `clip`)."""
SHORTEST_ADDED = 3
"""Shorter acronyms are not added to their long forms: two letters mean too many things."""
MOST_NAMES = 4
_LONGEST = 6
_MOST_WORDS = 32
_EDGES = ".,;:!?()[]{}'\"“”"


def other_names(query: Query, lexicon: Lexicon) -> tuple[str, ...]:
    """Up to MOST_NAMES other names of what the plain words of a query name."""
    if not lexicon.acronyms:
        return ()
    typed = [word.strip(_EDGES) for word in query.words.split()[:_MOST_WORDS]]
    found = [long for word in typed for long in _long_forms(word, lexicon)]
    found += _short_forms(query, lexicon)
    there = f" {' '.join(split_words(query.meaning))} "
    new = [name for name in dict.fromkeys(found) if f" {name.lower()} " not in there]
    return tuple(new[:MOST_NAMES])


def _long_forms(word: str, lexicon: Lexicon) -> list[str]:
    short = singular(word)
    known = lexicon.by_short.get(short.lower())
    if not known and short.endswith("s") and not short.endswith("ss"):
        known = lexicon.by_short.get(short[:-1].lower())
    if not known:
        return []
    is_written_as_one = sum(character.isupper() for character in word) > 1
    if not is_written_as_one and not _is_mostly_acronym(known[0].short.lower(), lexicon):
        return []
    return [acronym.long for acronym in known]


def _is_mostly_acronym(word: str, lexicon: Lexicon) -> bool:
    explained = sum(acronym.papers for acronym in lexicon.by_short[word])
    return explained >= LEAST_RATIO * max(lexicon.count(word), 1)


def _short_forms(query: Query, lexicon: Lexicon) -> list[str]:
    words = split_words(query.words)[:_MOST_WORDS]
    found, start = [], 0
    while start < len(words) - 1:
        ends = range(min(start + _LONGEST, len(words)), start + 1, -1)  # the longest name first
        names = ((end, plain_long(" ".join(words[start:end]))) for end in ends)
        end, name = next(((e, n) for e, n in names if n in lexicon.by_long), (start + 1, ""))
        if name and len(lexicon.by_long[name].short) >= SHORTEST_ADDED:
            found.append(lexicon.by_long[name].short)
        start = end
    return found
