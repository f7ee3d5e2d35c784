"""One consistent view of the index: a version of the table and the columns read from it.

Answers in paper ids and scores. Which words and filters a reader meant, and how scores are
combined, is ranking's matter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from broadsheet.errors import IndexUnavailable
from broadsheet.index.analyser import analysed
from broadsheet.index.columns import Columns
from broadsheet.index.documents import title_hash
from broadsheet.index.generations import Manifest
from broadsheet.index.layout import Floats
from broadsheet.index.lexicon import Lexicon
from broadsheet.index.places import PlaceTrouble
from broadsheet.index.reading import Answer, Table
from broadsheet.index.vectors import EXACT_ROWS, Hits, Ids, Passes, VectorSet
from broadsheet.index.words import (
    Filter,
    Term,
    WordQuery,
    full_text_queries,
    sql_filter,
)

NO_LEXICON = Lexicon()
_REMEMBERED_TERMS = 64
_LANCE_ERRORS = (RuntimeError, OSError, ValueError, pa.ArrowException)


@contextmanager
def lance_errors() -> Iterator[None]:
    """Turn what Lance raises over a missing or damaged file into IndexUnavailable."""
    try:
        yield
    except PlaceTrouble as trouble:
        raise IndexUnavailable(f"The search index cannot be read just now: {trouble}.") from trouble
    except _LANCE_ERRORS as error:
        message = (
            "The search index cannot be read; it may be damaged. "
            "Run `broadsheet reindex` to build it anew."
        )
        raise IndexUnavailable(message) from error


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text means to one encoder: its vector (dim,) float32, not all zeros."""

    encoder: str
    vector: Floats


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index as it was when it was opened; safe to use from several threads.

    Vectors of the encoders in `unreadable` are damaged; words are found without them. Every search
    raises IndexUnavailable when the files behind it are gone or damaged.
    """

    table: Table
    columns: Columns
    sets: tuple[VectorSet, ...]
    manifest: Manifest
    unreadable: tuple[str, ...] = ()
    lexicon: Lexicon = NO_LEXICON
    _terms: dict[Term, Ids] = field(default_factory=dict)

    def search_words(self, query: WordQuery, filter_: Filter, k: int) -> Hits:
        """The `k` papers with the highest BM25 scores: (paper ids, scores), best first."""
        return self.start_search_words(query, filter_, k)()

    def start_search_words(self, query: WordQuery, filter_: Filter, k: int) -> Callable[[], Hits]:
        """Begin `search_words`, to do other work meanwhile; call the answer for the hits."""
        asked = full_text_queries(self._checkable(query))
        if not asked or not len(self.columns.paper_ids):
            return lambda: _NOTHING
        condition = sql_filter(filter_)
        with lance_errors():
            parts = [(self.table.search(part, condition, k), weight) for part, weight in asked]
        return lambda: self._hits(parts, k)

    def _hits(self, parts: Sequence[tuple[Answer[pa.Table], float]], k: int) -> Hits:
        with lance_errors():
            found = [(answer.result(), weight) for answer, weight in parts]
        ids = np.concatenate([self._ids(hits["_rowid"].to_numpy()) for hits, _ in found])
        scores = np.concatenate([hits["_score"].to_numpy() * weight for hits, weight in found])
        if len(found) > 1:
            ids, owners = np.unique(ids, return_inverse=True)
            scores = np.bincount(owners, scores).astype(np.float32)
        order = np.lexsort((-ids, -scores))[:k]
        return ids[order], scores[order]

    def _ids(self, row_ids: NDArray[np.uint64]) -> Ids:
        return self.columns.paper_ids[self.columns.places.of_each(row_ids)]

    def set_of(self, encoder: str) -> VectorSet | None:
        """The vectors of an encoder, if there are any."""
        return next((each for each in self.sets if each.encoder == encoder), None)

    def search_vectors(
        self, vector: Floats, query: WordQuery, filter_: Filter, k: int, encoder: str = ""
    ) -> Hits:
        """The `k` papers closest to `vector` (dim,): (paper ids, cosines), best first.

        `encoder` made the vector; unnamed, it is the one whose vectors every paper has. The
        conditions of `query` hold for the papers; its words are not looked at. Papers at a right
        angle or beyond have nothing to do with the query and are left out.
        """
        held = self._set(encoder)
        if held is None or len(vector) != held.layout.dim or not vector.any():
            return _NOTHING
        mask = self._mask(query, filter_)
        if mask is not None and mask.sum() <= EXACT_ROWS:
            ids, scores = held.nearest_of(vector, k, self.columns.paper_ids[mask])
        else:
            ids, scores = held.nearest(vector, k, self._is_here, self._passes(mask))
        is_close = scores > 0
        return ids[is_close], scores[is_close]

    def _set(self, encoder: str) -> VectorSet | None:
        if encoder:
            return self.set_of(encoder)
        return self.sets[0] if self.sets else None

    def _is_here(self, paper_ids: Ids) -> NDArray[np.bool_]:
        return self.columns.rows(paper_ids) >= 0

    def _passes(self, mask: NDArray[np.bool_] | None) -> Passes | None:
        if mask is None:
            return None

        def passes(paper_ids: Ids) -> NDArray[np.bool_]:
            rows = self.columns.rows(paper_ids)
            return (rows >= 0) & mask[rows]

        return passes

    def cosines(self, vector: Floats, paper_ids: Ids, encoder: str = "") -> Floats:
        """The cosine of `vector` with each paper's vector; NaN for papers without one."""
        held = self._set(encoder)
        if held is None or len(vector) != held.layout.dim:
            return np.full(len(paper_ids), np.nan, np.float32)
        return held.cosines(vector, paper_ids)

    def vectors(self, paper_ids: Sequence[int], encoder: str = "") -> dict[int, Floats]:
        """The vectors (dim,) of those papers that have one."""
        held = self._set(encoder)
        ids = np.asarray(paper_ids, dtype=np.int64)
        return held.vectors(ids[self._is_here(ids)]) if held else {}

    def without_vectors(
        self, encoder: str, first: Sequence[int], limit: int, most: int
    ) -> tuple[list[int], int]:
        """Up to `limit` papers that lack a vector of their present text, and how many do in all.

        Among those in `first` and the newest, `most` together; in that order.
        """
        chosen = np.asarray(first, dtype=np.int64)[:most]
        chosen = chosen[self._is_here(chosen)]
        newest = self.newest_first(self.columns.paper_ids)
        others = newest[~np.isin(newest, chosen)][: most - len(chosen)]
        ids = np.concatenate((chosen, others))
        held = self.set_of(encoder)
        if held is not None:
            ids = ids[held.text_hashes(ids) != self.columns.text_hashes[self.columns.rows(ids)]]
        return ids[:limit].tolist(), len(ids)

    def holds(self, paper_id: int) -> bool:
        """Whether a paper is in the index."""
        return bool(self.columns.rows(np.array([paper_id]))[0] >= 0)

    def select(self, query: WordQuery, filter_: Filter) -> Ids:
        """Every paper that the filter and the conditions of `query` allow, newest first."""
        mask = self._mask(query, filter_)
        rows = np.arange(len(self.columns.paper_ids)) if mask is None else np.flatnonzero(mask)
        ids = self.columns.paper_ids[rows]
        return ids[np.lexsort((-ids, -self.columns.days[rows]))]

    def allowed(self, paper_ids: Sequence[int], query: WordQuery, filter_: Filter) -> Ids:
        """Those of the papers that the filter and the conditions of `query` allow, in order."""
        ids = np.asarray(paper_ids, dtype=np.int64)
        rows = self.columns.rows(ids)
        mask = self._mask(query, filter_)
        return ids[rows >= 0] if mask is None else ids[(rows >= 0) & mask[rows]]

    def newest_first(self, paper_ids: Ids) -> Ids:
        """The papers by day, then by paper id, both descending."""
        rows = self.columns.rows(paper_ids)
        return paper_ids[np.lexsort((-paper_ids, -self.columns.days[rows]))]

    def with_title(self, title: str) -> Ids:
        """The papers whose title has the same letters and digits, in the same order."""
        wanted = title_hash(title)
        if not wanted:
            return _NOTHING[0]
        return self.columns.paper_ids[self.columns.with_title_hash(wanted)]

    def _mask(self, query: WordQuery, filter_: Filter) -> NDArray[np.bool_] | None:
        query = self._checkable(query)
        mask = self.columns.mask(filter_)
        if not query.required and not query.excluded:
            return mask
        passes = np.ones(len(self.columns.paper_ids), np.bool_) if mask is None else mask
        for term in query.required:
            passes &= self.columns.membership(self._matching(term))
        for term in query.excluded:
            passes &= ~self.columns.membership(self._matching(term))
        return passes

    def _matching(self, term: Term) -> Ids:
        """All papers for which a term holds; remembered, as every page of a listing asks."""
        known = self._terms.get(term)
        if known is None:
            hits = self.search_words(
                WordQuery(required=(term,)), Filter(), len(self.columns.paper_ids)
            )
            known = hits[0]
            if len(self._terms) >= _REMEMBERED_TERMS:
                self._terms.clear()
            self._terms[term] = known
        return known

    def _checkable(self, query: WordQuery) -> WordQuery:
        """The query without terms of stop words or punctuation alone, which match nothing."""
        return dataclasses.replace(
            query,
            required=tuple(term for term in query.required if self.has_words(term)),
            excluded=tuple(term for term in query.excluded if self.has_words(term)),
        )

    def has_words(self, term: Term) -> bool:
        """Whether a term holds anything that can be looked up: more than stop words and signs."""
        return bool(analysed(term.words, term.column))


_NOTHING: Hits = (np.zeros(0, np.int64), np.zeros(0, np.float32))
