"""Says of each paper on a page which words of the query it has, where, and which of its sentences
is nearest to the query in meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np

from broadsheet.domain import Hit, Reason
from broadsheet.index.analyser import STOP_WORDS
from broadsheet.index.encoder import split_words
from broadsheet.index.layout import Floats
from broadsheet.latex import opening, readable
from broadsheet.ranking.word_forms import forms_of

LEAST_NEARNESS = 0.35
"""A sentence further from the query than this says nothing about it."""
MOST_SENTENCES = 8
_LONGEST_READ = 3_000
_LONGEST_SHOWN = 300
_MOST_TERMS = 12
_SCORED = ("words", "meaning", "alike")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“\"(])")

Encode = Callable[[Sequence[str]], Floats | None]


def explained(
    hits: Sequence[Hit], terms: Sequence[str], meaning: str, encode: Encode
) -> tuple[Hit, ...]:
    """The hits with fuller reasons; `encode` gives unit vectors (n, dim) of texts, or None."""
    nearest = _nearest_sentences(hits, meaning, encode) if meaning else [""] * len(hits)
    return tuple(
        replace(hit, reasons=_reasons(hit, terms[:_MOST_TERMS], sentence))
        for hit, sentence in zip(hits, nearest, strict=True)
    )


def _reasons(hit: Hit, terms: Sequence[str], sentence: str) -> tuple[Reason, ...]:
    by_signal = {reason.signal: reason for reason in hit.reasons}
    words, meaning = by_signal.get("words"), by_signal.get("meaning")
    parts = (by_signal[name].value for name in _SCORED if name in by_signal)
    in_favour = sum(value for value in parts if value > 0)
    found = []
    for reason in hit.reasons:
        text = reason.text
        if reason is words:
            text = matched_words(hit, terms) or text
        elif reason is meaning and words is not None and min(words.value, reason.value) > 0:
            share = reason.value / in_favour
            text = f"{text.removesuffix('.')}; {share:.0%} of what speaks for it."
        found.append(replace(reason, text=text))
    if sentence and meaning is not None:
        found.append(Reason("sentence", 0.0, f"Nearest sentence: “{sentence}”"))
    return tuple(found)


def matched_words(hit: Hit, terms: Sequence[str]) -> str:
    """Which of the terms stand in title and abstract, as a sentence; empty where none does."""
    paper = hit.paper
    parts = {
        "title": _words(readable(paper.title)),
        "abstract": _words(opening(paper.abstract)),
        "authors": _words(readable(", ".join(paper.authors)[:_LONGEST_READ])),
    }
    places: dict[str, list[str]] = {}
    for term in (term for term in terms if term not in STOP_WORDS):
        where = [name for name, words in parts.items() if _has_form_of(term, words)]
        if where:
            places.setdefault(" and ".join(where), []).append(term)
    found = [f"{', '.join(words)} in {where}" for where, words in places.items()]
    return f"Words: {'; '.join(found)}." if found else ""


def _words(text: str) -> set[str]:
    return set(split_words(text[:_LONGEST_READ]))


def _has_form_of(term: str, words: set[str]) -> bool:
    """Whether one of the words is a form of the term: begins with a form that both have."""
    forms = forms_of(term)
    beginnings = tuple(forms)
    return term in words or any(
        word.startswith(beginnings) and not forms.isdisjoint(forms_of(word)) for word in words
    )


def sentences(abstract: str) -> tuple[str, ...]:
    """The first sentences of an abstract, readable."""
    text = opening(abstract)[:_LONGEST_READ]
    return tuple(_SENTENCE.split(text)[:MOST_SENTENCES]) if text else ()


def _nearest_sentences(hits: Sequence[Hit], meaning: str, encode: Encode) -> list[str]:
    """For each hit the sentence of its abstract that is closest to the query, or nothing."""
    texts = [sentences(hit.paper.abstract) for hit in hits]
    bounds = [0, *accumulate(map(len, texts))]
    vectors = encode([meaning, *(sentence for each in texts for sentence in each)])
    if vectors is None:
        return [""] * len(hits)
    closeness = vectors[1:] @ vectors[0]
    return [
        _shown(text, closeness[start:end])
        for text, (start, end) in zip(texts, pairwise(bounds), strict=True)
    ]


def _shown(text: tuple[str, ...], closeness: Floats) -> str:
    if not text or closeness.max() < LEAST_NEARNESS:
        return ""
    sentence = text[int(np.argmax(closeness))]
    if len(sentence) <= _LONGEST_SHOWN:
        return sentence
    return sentence[: sentence.rfind(" ", 0, _LONGEST_SHOWN)] + "…"
