"""Hybrid search: BM25 over words and cosine over vectors, fused over a fixed window of candidates.

Ranks ids only; parsing is `query`'s matter, papers and paging are `listings`'s. The window is the
same for every page, so pages of one search neither repeat nor lose a paper.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain import Sort
from broadsheet.index.layout import Floats
from broadsheet.index.snapshot import Meaning, Snapshot
from broadsheet.index.vectors import Ids
from broadsheet.index.words import Column, Filter, Term, WordQuery
from broadsheet.ranking.closeness import Names, closeness
from broadsheet.ranking.feedback import looked_at_again
from broadsheet.ranking.fusion import IMPROVED_WEIGHT, VECTOR_WEIGHT, Fused, fuse
from broadsheet.ranking.query import Clause, Field, Query
from broadsheet.ranking.questions import without_question_words
from broadsheet.ranking.ranked import Ranked, Signal

WORD_WINDOW = 1000
"""Candidates by words; a search never lists more of them."""
VECTOR_WINDOW = 300
"""Candidates by meaning. Everything is similar to some degree, so fewer come in by this alone."""
LEAST_COSINE = 0.3
"""A paper that meaning alone brings up is at least this close to the query.

With the shipped encoder and 7,600 papers, unrelated papers lie at 0.0 ± 0.1; the best paper for a
subject the library does not have (wine, glaciers, chromodynamics) at 0.17 to 0.35, and the
twentieth for a subject that it has at 0.37 to 0.77.
"""
MOST_WORDS = 64
"""Only so many words of a query are looked up, repetitions included; a pasted abstract has more."""
LONGEST_TEXT = 2_000
"""And only so many characters: signs alone between them make many words of one."""
PINNED_SCORE = 100.0
"""Added to papers that the query names: far above any fused score, which stay below 40."""

_COLUMNS = {Field.TEXT: Column.TEXT, Field.TITLE: Column.TITLE, Field.AUTHOR: Column.AUTHORS}


class Mode(StrEnum):
    """Which scores count; all but HYBRID are for measuring."""

    WORDS = "words"
    VECTORS = "vectors"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Question:
    """A query made ready for the index.

    `meanings` are what it means to each encoder, none where meanings cannot be compared; `pinned`
    are papers that the query names by id or whole title.
    """

    words: WordQuery
    filter: Filter
    meanings: tuple[Meaning, ...] = ()
    pinned: tuple[int, ...] = ()


def word_query(query: Query) -> WordQuery:
    """The words and textual conditions of a query."""
    required = [clause for clause in query.clauses if _is_term(clause) and not clause.is_negated]
    excluded = [clause for clause in query.clauses if _is_term(clause) and clause.is_negated]
    words = without_question_words(query.words.split())
    return WordQuery(
        words=_looked_up(words),
        required=tuple(_term(clause) for clause in required),
        excluded=tuple(_term(clause) for clause in excluded),
    )


def _is_term(clause: Clause) -> bool:
    """Whether the clause is a condition on text; plain wanted words are none."""
    if clause.field is Field.TEXT:
        return clause.is_negated or clause.is_quoted
    return clause.field in _COLUMNS


def _term(clause: Clause) -> Term:
    value = clause.text
    if clause.field is Field.AUTHOR:
        family, comma, given = value.partition(",")
        value = f"{given.strip()} {family.strip()}" if comma else value
    return Term(_COLUMNS[clause.field], _looked_up(value.split()), is_phrase=clause.is_quoted)


def _looked_up(words: Sequence[str]) -> str:
    """The first of many words: a pasted book is answered as soon as a pasted abstract."""
    return " ".join(words[:MOST_WORDS])[:LONGEST_TEXT]


def day_and_category_filter(query: Query) -> Filter:
    """The conditions of a query that are not textual, apart from ids."""
    end = query.end_before
    wanted, unwanted = query.of(Field.CATEGORY), query.of(Field.CATEGORY, is_negated=True)
    has_code: bool | None = None
    if query.of(Field.HAS) or query.of(Field.HAS, is_negated=True):
        has_code = bool(query.of(Field.HAS))
    return Filter(
        start=query.start,
        end=end - timedelta(days=1) if end else None,
        categories=tuple(clause.value for clause in wanted),
        without_categories=tuple(clause.value for clause in unwanted),
        has_code=has_code,
        sources=tuple(clause.value for clause in query.of(Field.SOURCE)),
        without_sources=tuple(clause.value for clause in query.of(Field.SOURCE, is_negated=True)),
    )


def search(
    snapshot: Snapshot,
    question: Question,
    *,
    sort: Sort = Sort.RELEVANCE,
    mode: Mode = Mode.HYBRID,
    vector_weight: float | None = None,
) -> Ranked:
    """The candidates of a question, best first; newest first where nothing ranks them.

    For Sort.DATE and Sort.VOTES the candidates are the papers that hold every word of the query
    (or, where none does, the best of the usual candidates): sorting by something else than
    relevance must not bring up what is barely relevant. They come by day; votes are the store's.
    Raises IndexUnavailable.
    """
    words = question.words
    if not (words.words or words.required or question.pinned or question.meanings):
        return Ranked(snapshot.select(words, question.filter), None)
    if sort is not Sort.RELEVANCE:
        return _by_date(snapshot, question)
    return _by_relevance(snapshot, question, mode, vector_weight)


def _by_date(snapshot: Snapshot, question: Question) -> Ranked:
    strict = dataclasses.replace(question.words, is_every_word_needed=True)
    ids, _ = snapshot.search_words(strict, question.filter, WORD_WINDOW)
    if len(ids):
        ids = np.union1d(ids, np.array(question.pinned, np.int64))
    else:
        ids = _by_relevance(snapshot, question, Mode.HYBRID, None).paper_ids[:100]
    return Ranked(snapshot.newest_first(ids), None, is_total_exact=len(ids) < WORD_WINDOW)


def _by_relevance(
    snapshot: Snapshot, question: Question, mode: Mode, vector_weight: float | None
) -> Ranked:
    found = candidates(snapshot, question, mode, vector_weight)
    pinned = np.isin(found.fused.paper_ids, question.pinned)
    return Ranked(
        found.fused.paper_ids,
        found.fused.scores,
        (*_signals(found), _named(pinned)),
        is_total_exact=found.is_whole,
    )


@dataclass(frozen=True, slots=True)
class Candidates:
    """The fused candidates; `is_whole` tells that no window was too small for them.

    `encoders` (n,) names what each cosine was measured with, in the order of `fused`.
    """

    fused: Fused
    is_whole: bool
    encoders: Names


def candidates(
    snapshot: Snapshot,
    question: Question,
    mode: Mode = Mode.HYBRID,
    vector_weight: float | None = None,
) -> Candidates:
    """The best papers by words and by meaning and the pinned ones, with their scores.

    Where words are searched too, meaning alone brings up only what is at LEAST_COSINE.
    """
    meanings = question.meanings if mode is not Mode.WORDS else ()
    words = question.words if mode is not Mode.VECTORS else WordQuery()
    searching = snapshot.start_search_words(words, question.filter, WORD_WINDOW)
    by_vector = _by_meaning(snapshot, question, meanings, mode)
    by_words, scores = searching()
    pinned = np.array(question.pinned, np.int64)
    found = np.unique(np.concatenate((by_words, *by_vector, pinned)))
    close = closeness(snapshot, meanings, found)
    weight = _weight(mode, vector_weight, close.improved_share, has_vector=bool(meanings))
    fused = fuse(
        found,
        _at(found, by_words, scores),
        close.values,
        weight,
        np.where(np.isin(found, question.pinned), np.float64(PINNED_SCORE), np.float64(0)),
        floor=float(scores.min()) if len(by_words) >= WORD_WINDOW else 0.0,
    )
    if 0 < weight < 1:
        fused = looked_at_again(snapshot, meanings, fused)
    order = np.searchsorted(found, fused.paper_ids)
    fused = dataclasses.replace(fused, cosines=close.cosines[order])
    longest = max(map(len, (by_words, *by_vector)))
    return Candidates(fused, longest < WORD_WINDOW, close.encoders[order])


def _by_meaning(
    snapshot: Snapshot, question: Question, meanings: tuple[Meaning, ...], mode: Mode
) -> list[Ids]:
    """The closest papers by each encoder."""
    window = VECTOR_WINDOW if mode is Mode.HYBRID else WORD_WINDOW
    least = LEAST_COSINE if mode is Mode.HYBRID else 0
    found = []
    for meaning in meanings:
        ids, cosines = snapshot.search_vectors(
            meaning.vector, question.words, question.filter, window, meaning.encoder
        )
        found.append(ids[cosines >= least])
    return found


def _weight(
    mode: Mode, vector_weight: float | None, improved_share: float, *, has_vector: bool
) -> float:
    if mode is Mode.VECTORS:
        return 1.0
    if not has_vector:
        return 0.0
    if vector_weight is not None:
        return vector_weight
    return VECTOR_WEIGHT + improved_share * (IMPROVED_WEIGHT - VECTOR_WEIGHT)


def _at(found: Ids, by_words: Ids, scores: Floats) -> NDArray[np.float64]:
    """The BM25 scores at the candidates' places, 0 for those that words did not find."""
    values = np.zeros(len(found))
    values[np.searchsorted(found, by_words)] = scores
    return values


def _signals(found: Candidates) -> tuple[Signal, Signal, Signal]:
    fused = found.fused

    def words(place: int) -> str | None:
        bm25 = fused.bm25[place]
        return f"The words match (BM25 {bm25:.1f})." if bm25 > 0 else None

    def meaning(place: int) -> str | None:
        cosine, encoder = fused.cosines[place], found.encoders[place]
        how = "close" if cosine >= LEAST_COSINE else "distant"
        return f"The meaning is {how} (cosine {cosine:.2f}, {encoder})." if cosine > 0 else None

    def alike(place: int) -> str | None:
        value = fused.alike[place]
        how = "well too" if value > 0 else "less well"
        return f"Papers like it match {how}." if value else None

    return (
        Signal("words", fused.words, words),
        Signal("meaning", fused.vectors, meaning),
        Signal("alike", fused.alike, alike),
    )


def _named(is_pinned: NDArray[np.bool_]) -> Signal:
    def named(place: int) -> str | None:
        return "The query names this paper." if is_pinned[place] else None

    return Signal("named", is_pinned * np.float64(PINNED_SCORE), named)
