"""The vectors of one encoder in memory: 8 bits a number, searched in two passes over some cells.

Knows paper ids and vectors, nothing of what the papers are. Measured figures: docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.index.layout import Floats, Layout
from broadsheet.index.numbering import Numbering

OVERSAMPLING = 4
"""The first pass keeps so many times the vectors that are asked for."""
LEAST_CANDIDATES, MOST_CANDIDATES = 1000, 8000
KEPT_SHARE = 1 / 125
"""The first pass keeps this share of all vectors, within these bounds: the more there are, the more
look alike by their heads. Of a million, 96 of the true hundred are found so, in 96 cells;
more cells lose some, as the heads of a small field's vectors tell little."""
EXACT_ROWS = 16_384
"""Up to so many vectors are compared in full."""
LEAST_PROBED_ROWS = 16_384
PROBED_SHARE = 1 / 16
"""A search looks into so many of the cells, those with the closest centroids."""
MOST_PROBED_CELLS = 96
_LARGEST_BYTE = np.float32(127)

Ids = NDArray[np.int64]
Bytes = NDArray[np.int8]
Mask = NDArray[np.bool_]
Passes = Callable[[Ids], Mask]
Hits = tuple[Ids, Floats]


def quantise(vectors: Floats) -> tuple[Bytes, Floats]:
    """Vectors (n, dim) as int8 and a scale for each: their product is the vector.

    A cosine changes by less than 0.005; memory is a quarter of float32.
    """
    largest = np.abs(vectors).max(axis=1, initial=0)
    factors = np.divide(_LARGEST_BYTE, largest, out=np.zeros_like(largest), where=largest > 0)
    return np.rint(vectors * factors[:, None]).astype(np.int8), largest / _LARGEST_BYTE


@dataclass(frozen=True, slots=True)
class Block:
    """Vectors of papers, turned and as bytes: `heads` (n, head), `tails` (n, dim - head), int8.

    `text_hashes` (n,) tell which text each was made of; `numbering` has the places of the papers.
    """

    paper_ids: Ids
    text_hashes: NDArray[np.int64]
    heads: Bytes
    tails: Bytes
    scales: Floats
    numbering: Numbering

    @classmethod
    def of(
        cls, paper_ids: Ids, text_hashes: Ids, heads: Bytes, tails: Bytes, scales: Floats
    ) -> Block:
        """A block of these rows, each paper once."""
        return cls(paper_ids, text_hashes, heads, tails, scales, Numbering.of(paper_ids))

    def places(self, paper_ids: Ids) -> Ids:
        """Where papers stand, -1 for those that are not here."""
        return self.numbering.of_each(paper_ids)

    def at(self, places: Ids) -> Floats:
        """The turned vectors at some places, (len(places), dim) float32."""
        numbers = np.concatenate((self.heads[places], self.tails[places]), axis=1)
        return numbers.astype(np.float32) * self.scales[places, None]

    def products(self, turned: Floats, places: Ids) -> Floats:
        """Inner products of a turned vector (dim,) with those at some places."""
        head = self.heads.shape[1]
        products: Floats = self.heads[places].astype(np.float32) @ turned[:head]
        products += self.tails[places].astype(np.float32) @ turned[head:]
        return products * self.scales[places]


@dataclass(frozen=True, slots=True)
class VectorSet:
    """All vectors of one encoder. `base` lies in cells: cell i is `bounds[i]` to `bounds[i + 1]`.

    `fresh` came after the base was read, and replaces what the base has of the same papers.
    `table` is where they lie; `base_turn` and `turn` are the numbers of the last writes that are
    in the base and in both.
    """

    encoder: str
    table: str
    layout: Layout
    bounds: NDArray[np.int64]
    base: Block
    fresh: Block
    base_turn: int
    turn: int

    def __len__(self) -> int:
        return len(self.base.paper_ids) + len(self.fresh.paper_ids)

    def nearest(
        self, vector: Floats, k: int, is_here: Passes, passes: Passes | None = None
    ) -> Hits:
        """The `k` papers whose vectors have the largest cosine with `vector` (dim,), best first.

        `is_here` tells which papers the index still holds, `passes` which a filter allows (None:
        all). Equal cosines stand by paper id.
        """
        turned = self.layout.turn(vector)
        share = min(int(len(self.base.paper_ids) * KEPT_SHARE), MOST_CANDIDATES)
        keep = max(k * OVERSAMPLING, LEAST_CANDIDATES, share)
        places = self._candidates(turned, keep, passes)
        ids = self.base.paper_ids[places]
        is_current = is_here(ids) & (self.fresh.places(ids) < 0)
        places, ids = places[is_current], ids[is_current]
        later = np.arange(len(self.fresh.paper_ids))
        is_allowed = is_here(self.fresh.paper_ids)
        if passes is not None:
            is_allowed &= passes(self.fresh.paper_ids)
        later = later[is_allowed]
        return _best(
            np.concatenate((ids, self.fresh.paper_ids[later])),
            np.concatenate(
                (self.base.products(turned, places), self.fresh.products(turned, later))
            ),
            k,
        )

    def nearest_of(self, vector: Floats, k: int, paper_ids: Ids) -> Hits:
        """The same among these papers alone, each compared in full."""
        cosines = self.cosines(vector, paper_ids)
        is_known = ~np.isnan(cosines)
        return _best(paper_ids[is_known], cosines[is_known], k)

    def cosines(self, vector: Floats, paper_ids: Ids) -> Floats:
        """The cosine of `vector` with each paper's vector; NaN for papers without one."""
        turned = self.layout.turn(vector)
        cosines = np.full(len(paper_ids), np.nan, np.float32)
        for block in (self.base, self.fresh):
            places = block.places(paper_ids)
            is_known = places >= 0
            cosines[is_known] = block.products(turned, places[is_known])
        return cosines

    def vectors(self, paper_ids: Ids) -> dict[int, Floats]:
        """The vectors (dim,) of those papers that have one other than zeros."""
        found: dict[int, Floats] = {}
        for block in (self.base, self.fresh):
            places = block.places(paper_ids)
            is_known = places >= 0
            rows = self.layout.turn_back(block.at(places[is_known]))
            found.update(zip(paper_ids[is_known].tolist(), rows, strict=True))
        return {paper_id: vector for paper_id, vector in found.items() if vector.any()}

    def text_hashes(self, paper_ids: Ids) -> Ids:
        """The hash of the text that each paper's vector was made of; 0 for those without one."""
        hashes = np.zeros(len(paper_ids), np.int64)
        for block in (self.base, self.fresh):
            places = block.places(paper_ids)
            is_known = places >= 0
            hashes[is_known] = block.text_hashes[places[is_known]]
        return hashes

    def _candidates(self, turned: Floats, keep: int, passes: Passes | None) -> Ids:
        """Places in the base among which the best are, the first pass's choice."""
        count = len(self.base.paper_ids)
        if count <= max(EXACT_ROWS, keep):
            places = np.arange(count)
            return places if passes is None else places[passes(self.base.paper_ids)]
        cells = self.layout.cells
        probed = self._first_probes(cells)
        while True:
            places, scores = self._scan(self.layout.closest_cells(turned, probed), turned)
            if passes is not None:
                is_allowed = passes(self.base.paper_ids[places])
                places, scores = places[is_allowed], scores[is_allowed]
            if len(places) >= keep or probed >= cells:
                break
            probed = min(cells, probed * 4)
        if len(places) <= keep:
            return places
        return places[np.argpartition(scores, len(scores) - keep)[len(scores) - keep :]]

    def _first_probes(self, cells: int) -> int:
        share = max(PROBED_SHARE, LEAST_PROBED_ROWS / len(self.base.paper_ids))
        return min(cells, MOST_PROBED_CELLS, max(1, round(cells * share)))

    def _scan(self, cells: NDArray[np.int64], turned: Floats) -> tuple[Ids, Floats]:
        """The places in some cells, ascending, and the products of their heads."""
        starts, ends = self.bounds[cells], self.bounds[cells + 1]
        sizes = ends - starts
        firsts = np.cumsum(sizes) - sizes
        places = np.arange(int(sizes.sum())) + np.repeat(starts - firsts, sizes)
        head = turned[: self.layout.head]
        scores = np.empty(len(places), np.float32)
        # Cell by cell, so that the numbers made of a cell's bytes never leave the cache.
        numbers = np.empty((int(sizes.max(initial=0)), len(head)), np.float32)
        heads = self.base.heads
        for start, size, first in zip(
            starts.tolist(), sizes.tolist(), firsts.tolist(), strict=True
        ):
            cell = numbers[:size]
            cell[...] = heads[start : start + size]
            np.dot(cell, head, out=scores[first : first + size])
        return places, scores * self.base.scales[places]


def _best(paper_ids: Ids, scores: Floats, k: int) -> Hits:
    if len(scores) > k:
        is_among = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        paper_ids, scores = paper_ids[is_among], scores[is_among]
    order = np.lexsort((paper_ids, -scores))[:k]
    return paper_ids[order], scores[order]
