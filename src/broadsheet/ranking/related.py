"""Further searches: phrases that the titles and keywords of the first papers found share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from broadsheet.domain import Choice, Hit
from broadsheet.index.encoder import split_words
from broadsheet.latex import readable
from broadsheet.ranking.query import Query, plain, to_text
from broadsheet.ranking.word_forms import is_form_of

MOST_RELATED = 5
LEAST_PAPERS = 3
"""So many of the papers looked at must share a phrase."""
_LENGTHS = (3, 2)
_BREAK = re.compile(r"[:;,.!?()\[\]|/–—]| - ")
_EMPTY_WORDS = (
    "a an and are as at based be beyond by can do does for from how in into is it its large less "
    "more new not of on one or our over simple study that the their this to towards toward under "
    "up using via we what when where which with without your novel approach method methods paper "
    "all you need survey"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


def related_searches(
    hits: Sequence[Hit], query: Query, also: Sequence[str] = ()
) -> tuple[Choice, ...]:
    """Up to MOST_RELATED phrases of two or three words, or keywords, of at least LEAST_PAPERS hits.

    Those of most papers first, longer ones before shorter; none that says only what the query, its
    other names in `also` or one before it does.
    """
    typed = split_words(" ".join((query.meaning, *also)))
    shared: Counter[str] = Counter()
    for hit in hits:
        shared.update(set(_phrases(hit)))
    ranked = sorted(
        ((phrase, count) for phrase, count in shared.items() if count >= LEAST_PAPERS),
        key=lambda item: (-item[1] * len(item[0].split()), item[0]),
    )
    chosen: list[str] = []
    for phrase, _ in ranked:
        words = phrase.split()
        if not _is_said_by(words, typed) and not any(_is_like(words, each) for each in chosen):
            chosen.append(phrase)
    return tuple(Choice(phrase, to_text(plain(phrase)), None) for phrase in chosen[:MOST_RELATED])


def _phrases(hit: Hit) -> Iterator[str]:
    for part in _BREAK.split(readable(hit.paper.title)):
        words = split_words(part)
        for length in _LENGTHS:
            for start in range(len(words) - length + 1):
                phrase = words[start : start + length]
                if not any(word in _EMPTY or word.isdigit() for word in phrase):
                    yield " ".join(phrase)
    for keyword in hit.paper.keywords:
        words = split_words(keyword)
        if 1 < len(words) <= max(_LENGTHS):
            yield " ".join(words)


def _is_like(words: Sequence[str], phrase: str) -> bool:
    others = phrase.split()
    return _is_said_by(words, others) or _is_said_by(others, words)


def _is_said_by(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether each of the words is a form of one of the others."""
    return all(any(is_form_of(word, other) for other in others) for word in words)
