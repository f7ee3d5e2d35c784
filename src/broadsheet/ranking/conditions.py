"""Exact questions: conditions joined by and, or and without, nested at will, and their answers.

The search language (`query`) is for people and ranks what is near; this is for protocols whose
queries say exactly which papers they mean. No meanings are compared here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from broadsheet.index.snapshot import Snapshot
from broadsheet.index.words import Column, Filter, Term, WordQuery

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]


class Moment(StrEnum):
    """Which instant of a paper a condition or an order is about."""

    SUBMITTED = "submitted"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class HasWords:
    """Any of the columns holds all the words, side by side if they are a phrase."""

    columns: tuple[Column, ...]
    words: str
    is_phrase: bool = False


@dataclass(frozen=True, slots=True)
class InCategory:
    """In a category or archive; with `is_prefix`, in any whose name begins so."""

    name: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these papers."""

    paper_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Between:
    """Submitted or updated within two instants, both included."""

    moment: Moment
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The first holds and the second does not."""

    wanted: Condition
    unwanted: Condition


Condition = HasWords | InCategory | OneOf | Between | Every | Some | Without


@dataclass(frozen=True, slots=True)
class Matches:
    """The papers of an answer in order: `paper_ids` (n,), and their number."""

    paper_ids: NDArray[np.int64]

    @property
    def total(self) -> int:
        """How many papers there are."""
        return len(self.paper_ids)


def leaves(condition: Condition) -> Iterator[Condition]:
    """The conditions that are not made of others, from left to right."""
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Without):
        yield from leaves(condition.wanted)
        yield from leaves(condition.unwanted)
    else:
        yield condition


def matching(
    snapshot: Snapshot,
    condition: Condition,
    *,
    order: Moment | None = None,
    is_ascending: bool = False,
) -> Matches:
    """Every paper for which a condition holds.

    In the order of an instant, or without one by the sum of the BM25 scores of the words that were
    found, newest first where they are equal. A condition of stop words alone says nothing: it is
    passed over, and where nothing else is left, no paper matches. Raises IndexUnavailable.
    """
    found = _Evaluation(snapshot).of(condition)
    if found is None:
        return Matches(np.zeros(0, np.int64))
    mask, scores = found
    rows = np.flatnonzero(mask)
    columns = snapshot.columns
    submitted = columns.submitted_at[rows]
    if order is None:
        first: NDArray[np.generic] = scores[rows]
    else:
        first = submitted if order is Moment.SUBMITTED else columns.updated_at[rows]
    places = np.lexsort((columns.paper_ids[rows], submitted, first))
    ordered = rows[places if is_ascending else places[::-1]]
    return Matches(columns.paper_ids[ordered])


Found = tuple[Mask, Scores] | None


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """Conditions as masks over the rows of a snapshot; None for what says nothing."""

    snapshot: Snapshot

    def of(self, condition: Condition) -> Found:
        if isinstance(condition, Every):
            return _joined([self.of(part) for part in condition.parts], is_all=True)
        if isinstance(condition, Some):
            return _joined([self.of(part) for part in condition.parts], is_all=False)
        if isinstance(condition, Without):
            return self._without(condition)
        if isinstance(condition, HasWords):
            return self._words(condition)
        return self._plain(self._mask(condition))

    def _without(self, condition: Without) -> Found:
        wanted, unwanted = self.of(condition.wanted), self.of(condition.unwanted)
        if wanted is None or unwanted is None:
            return wanted
        return wanted[0] & ~unwanted[0], wanted[1]

    def _words(self, condition: HasWords) -> Found:
        terms = [Term(each, condition.words, condition.is_phrase) for each in condition.columns]
        telling = [term for term in terms if self.snapshot.has_words(term)]
        return _joined([self._term(term) for term in telling], is_all=False)

    def _term(self, term: Term) -> tuple[Mask, Scores]:
        columns = self.snapshot.columns
        query = WordQuery(required=(term,))
        ids, found = self.snapshot.search_words(query, Filter(), len(columns.paper_ids))
        rows = columns.rows(ids)
        mask = np.zeros(len(columns.paper_ids), np.bool_)
        scores = np.zeros(len(columns.paper_ids), np.float32)
        mask[rows], scores[rows] = True, found
        return mask, scores

    def _mask(self, condition: InCategory | OneOf | Between) -> Mask:
        columns = self.snapshot.columns
        if isinstance(condition, OneOf):
            return columns.membership(np.fromiter(condition.paper_ids, np.int64))
        if isinstance(condition, InCategory):
            return self._in_category(condition)
        is_submission = condition.moment is Moment.SUBMITTED
        instants = columns.submitted_at if is_submission else columns.updated_at
        start, end = condition.start.timestamp(), condition.end.timestamp()
        is_between: Mask = (instants >= start) & (instants <= end)
        return is_between

    def _in_category(self, condition: InCategory) -> Mask:
        columns = self.snapshot.columns
        name = condition.name.lower()
        known = columns.categories.rows_of
        names = [each for each in known if each.startswith(name)] if condition.is_prefix else [name]
        mask = np.zeros(len(columns.paper_ids), np.bool_)
        for each in names:
            mask[known.get(each, np.zeros(0, np.int64))] = True
        return mask

    def _plain(self, mask: Mask) -> tuple[Mask, Scores]:
        return mask, np.zeros(len(mask), np.float32)


def _joined(parts: Sequence[Found], *, is_all: bool) -> Found:
    """The parts together; scores add up, and count only where their part holds."""
    telling = [part for part in parts if part is not None]
    if not telling:
        return None
    mask, scores = telling[0]
    for other, more in telling[1:]:
        mask = mask & other if is_all else mask | other
        scores = scores + more
    return mask, scores
