"""The vectors of one encoder in memory: 8 bits a number, searched in some cells.

Knows paper ids and vectors, nothing of what the papers are. Measured figures: docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import simsimd
from numpy.typing import NDArray

from broadsheet.index.layout import Floats, Layout
from broadsheet.index.numbering import Numbering

OVERSAMPLING = 4
LEAST_COMPARED = 1000
"""So many times the vectors that are asked for, and at least so many, are compared with the query's
exact numbers; some of them may be of papers that are gone or have newer vectors."""
EXACT_ROWS = 16_384
"""Up to so many papers that a filter leaves are compared one by one, wherever they lie."""
PROBED_CELLS = 80
"""A search looks into so many cells, those with the closest centroids. Of 2,048 and of 4,096 cells,
in which a million and 2.8 million papers lie, 97 of the true hundred are found in them."""
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


def dequantised(numbers: Bytes, scales: Floats) -> Floats:
    """The vectors (n, dim) float32 that bytes and their scales stand for."""
    vectors: Floats = numbers.astype(np.float32) * scales[:, None]
    return vectors


@dataclass(frozen=True, slots=True)
class Sought:
    """A vector that others are compared with, as the sum of two of bytes.

    `numbers` (2, dim): the second row has what rounding took from the first; `scales` (2,). A
    product with it differs from that with the vector itself by less than 0.0001.
    """

    numbers: Bytes
    scales: Floats

    @classmethod
    def of(cls, vector: Floats) -> Sought:
        """A vector (dim,) float32."""
        first, scale = quantise(vector[None])
        rest, rest_scale = quantise(vector[None] - first * scale[:, None])
        return cls(np.concatenate((first, rest)), np.concatenate((scale, rest_scale)))

    def rough_products(self, numbers: Bytes) -> Floats:
        """Inner products (n,) of the first row with bytes (n, dim), in its scale."""
        [products] = _products(self.numbers[:1], numbers)
        rough: Floats = products
        return rough

    def products(self, numbers: Bytes, scales: Floats) -> Floats:
        """Inner products (n,) with the vectors that bytes (n, dim) and their scales stand for."""
        products: Floats = self.scales @ _products(self.numbers, numbers) * scales
        return products


def _products(some: Bytes, others: Bytes) -> Floats:
    """All inner products (m, n) of bytes (m, dim) and (n, dim), exact up to 1,040 numbers."""
    if not len(others):
        return np.zeros((len(some), 0), np.float32)
    products: Floats = np.asarray(simsimd.cdist(some, others, "dot", out_dtype="float32"))
    return products


@dataclass(frozen=True, slots=True)
class Block:
    """Vectors of papers as bytes: `numbers` (n, dim) int8, each row times its of `scales` (n,).

    `text_hashes` (n,) tell which text each was made of; `numbering` has the places of the papers.
    """

    paper_ids: Ids
    text_hashes: NDArray[np.int64]
    numbers: Bytes
    scales: Floats
    numbering: Numbering

    @classmethod
    def of(cls, paper_ids: Ids, text_hashes: Ids, numbers: Bytes, scales: Floats) -> Block:
        """A block of these rows, each paper once."""
        return cls(paper_ids, text_hashes, numbers, scales, Numbering.of(paper_ids))

    def places(self, paper_ids: Ids) -> Ids:
        """Where papers stand, -1 for those that are not here."""
        return self.numbering.of_each(paper_ids)

    def at(self, places: Ids) -> Floats:
        """The vectors at some places, (len(places), dim) float32."""
        return dequantised(self.numbers[places], self.scales[places])

    def products(self, sought: Sought, places: Ids) -> Floats:
        """Inner products (len(places),) of a vector with those at some places."""
        return sought.products(self.numbers[places], self.scales[places])


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
        sought = Sought.of(vector)
        places = self._candidates(vector, sought, max(k * OVERSAMPLING, LEAST_COMPARED), passes)
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
                (self.base.products(sought, places), self.fresh.products(sought, later))
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
        sought = Sought.of(vector)
        cosines = np.full(len(paper_ids), np.nan, np.float32)
        for block in (self.base, self.fresh):
            places = block.places(paper_ids)
            is_known = places >= 0
            cosines[is_known] = block.products(sought, places[is_known])
        return cosines

    def vectors(self, paper_ids: Ids) -> dict[int, Floats]:
        """The vectors (dim,) of those papers that have one other than zeros."""
        found: dict[int, Floats] = {}
        for block in (self.base, self.fresh):
            places = block.places(paper_ids)
            is_known = places >= 0
            rows = block.at(places[is_known])
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

    def _candidates(self, vector: Floats, sought: Sought, keep: int, passes: Passes | None) -> Ids:
        """Places in the base of up to `keep` of the best, by rough products."""
        cells = self.layout.cells
        probed = min(PROBED_CELLS, cells)
        while True:
            places, scores = self._scan(self.layout.closest_cells(vector, probed), sought)
            if passes is not None:
                is_allowed = passes(self.base.paper_ids[places])
                places, scores = places[is_allowed], scores[is_allowed]
            if len(places) >= keep or probed >= cells:
                break
            probed = min(cells, probed * 4)
        if len(places) <= keep:
            return places
        return places[np.argpartition(scores, len(scores) - keep)[len(scores) - keep :]]

    def _scan(self, cells: NDArray[np.int64], sought: Sought) -> tuple[Ids, Floats]:
        """The places in some cells, ascending, and their rough products."""
        starts, ends = self.bounds[cells], self.bounds[cells + 1]
        sizes = ends - starts
        firsts = np.cumsum(sizes) - sizes
        places = np.arange(int(sizes.sum())) + np.repeat(starts - firsts, sizes)
        numbers = self.base.numbers
        products = [
            sought.rough_products(numbers[start:end])
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
        return places, np.concatenate(products) * self.base.scales[places]


def _best(paper_ids: Ids, scores: Floats, k: int) -> Hits:
    if len(scores) > k:
        is_among = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        paper_ids, scores = paper_ids[is_among], scores[is_among]
    order = np.lexsort((paper_ids, -scores))[:k]
    return paper_ids[order], scores[order]
