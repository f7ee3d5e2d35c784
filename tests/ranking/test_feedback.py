"""The second look at candidates: what company adds, and that nothing else changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest
from shelves import Shelf

from broadsheet.domain import Hit, Listing, ListingKind, Reason
from broadsheet.index.snapshot import Meaning, Snapshot
from broadsheet.index.words import Filter, WordQuery
from broadsheet.ranking.explaining import explained
from broadsheet.ranking.feedback import (
    FEEDBACK_WEIGHT,
    LOOKED_AT,
    NEIGHBOURS,
    SHARED_PART,
    SHARING_PAPERS,
    looked_at_again,
    moved_towards,
    shared,
)
from broadsheet.ranking.fusion import Fused, fuse
from broadsheet.ranking.search import PINNED_SCORE, Candidates, Mode, Question, candidates

EAST, NORTH, UP = np.eye(3, dtype=np.float32)
WEIGHT = 0.4

Held = dict[int, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Known:
    """Answers with vectors that are given, by paper id; of one encoder."""

    held: Held

    def vectors(self, paper_ids: Sequence[int], _: str) -> dict[int, np.ndarray]:
        return {each: self.held[each] for each in paper_ids if each in self.held}

    def cosines(self, vector: np.ndarray, paper_ids: np.ndarray, _: str) -> np.ndarray:
        nothing = np.full(3, np.nan, np.float32)
        return np.array([self.held.get(each, nothing) @ vector for each in paper_ids.tolist()])


def known(held: Held) -> Snapshot:
    return cast("Snapshot", Known(held))


def first_look(held: Held, bm25: list[float], pinned: int = 0) -> Fused:
    """Papers 1, 2, ... with these BM25 scores, asked for by what lies east."""
    ids = np.arange(1, len(bm25) + 1)
    cosines = np.array([float(held.get(each, UP * 0) @ EAST) for each in ids.tolist()])
    return fuse(ids, np.array(bm25), cosines, WEIGHT, (ids == pinned) * PINNED_SCORE)


def second_look(held: Held, first: Fused) -> Fused:
    return looked_at_again(known(held), (Meaning("static", EAST),), first)


def place(found: Fused, paper_id: int) -> int:
    return int(np.flatnonzero(found.paper_ids == paper_id)[0])


def test_meaning_moves_towards_the_best_papers() -> None:
    (moved,) = moved_towards(known({7: NORTH}), (Meaning("static", EAST),), np.array([7]))
    assert moved.vector == pytest.approx(EAST + FEEDBACK_WEIGHT * NORTH)
    assert moved.vector.dtype == np.float32


def test_the_better_a_paper_stands_the_more_meaning_moves_towards_it() -> None:
    held = {1: NORTH, 2: UP}
    (moved,) = moved_towards(known(held), (Meaning("static", EAST),), np.array([1, 2]))
    assert moved.vector[1] > moved.vector[2] > 0


def test_meaning_stays_where_the_best_papers_have_no_vectors() -> None:
    meaning = Meaning("static", EAST)
    assert moved_towards(known({}), (meaning,), np.array([1, 2])) == (meaning,)


def test_a_paper_is_not_its_own_neighbour() -> None:
    mixed = shared(np.array([1.0, 0.0]), np.stack([EAST, NORTH]))
    assert mixed == pytest.approx([1 - SHARED_PART, SHARED_PART])


def test_scores_are_shared_with_the_nearest_only() -> None:
    near, far = [EAST] * (NEIGHBOURS + 1), [NORTH] * (NEIGHBOURS + 1)
    scores = np.array([5.0] * NEIGHBOURS + [1.0] + [0.0] * NEIGHBOURS + [1.0])
    mixed = shared(scores, np.stack(near + far))
    assert mixed[NEIGHBOURS] == pytest.approx(1 + SHARED_PART * 4)
    assert mixed[-1] == pytest.approx(1 - SHARED_PART)


def test_of_two_equal_papers_the_one_like_the_best_rises() -> None:
    held: Held = {1: EAST + NORTH, 2: EAST + NORTH, 3: EAST + NORTH, 4: NORTH, 5: UP, 6: UP, 7: UP}
    first = first_look(held, [9.0, 8.0, 7.0, 3.0, 3.0, 0.0, 0.0])
    assert place(first, 5) < place(first, 4)  # equal scores stand by id
    assert place(second_look(held, first), 4) < place(second_look(held, first), 5)


def test_scores_stay_comparable_with_those_of_papers_that_are_not_looked_at() -> None:
    count = 2 * LOOKED_AT
    slopes = np.linspace(1, 0, count, dtype=np.float32)
    held = {each: slope * EAST for each, slope in enumerate(slopes, 1)}
    first = first_look(held, np.linspace(20, 0, count).tolist())
    again = second_look(held, first)  # the best lie where the query points: nothing moves
    assert again.alike[:SHARING_PAPERS].any()
    assert again.alike[SHARING_PAPERS:] == pytest.approx(0, abs=1e-5)


def test_parts_add_up_and_no_paper_comes_or_goes() -> None:
    held: Held = {1: EAST, 2: NORTH, 3: UP, 5: (EAST + UP) / 2}
    first = first_look(held, [2.0, 9.0, 4.0, 5.0, 1.0], pinned=3)
    again = second_look(held, first)
    assert again.words + again.vectors + again.alike + again.bonus == pytest.approx(again.scores)
    assert again.alike.any()
    assert sorted(again.paper_ids) == [1, 2, 3, 4, 5]
    assert (np.diff(again.scores) <= 0).all()


def test_named_paper_stays_first_and_lends_its_bonus_to_nobody() -> None:
    held: Held = {1: EAST, 2: EAST, 3: UP}
    again = second_look(held, first_look(held, [9.0, 8.0, 0.0], pinned=3))
    assert again.paper_ids[0] == 3
    assert again.scores[1:].max() < 10


def test_without_any_vectors_the_order_of_words_stays() -> None:
    first = first_look({}, [2.0, 9.0, 4.0])
    again = second_look({}, first)
    assert again.paper_ids.tolist() == first.paper_ids.tolist() == [2, 3, 1]
    assert not again.alike.any()


@pytest.mark.filterwarnings("error")
def test_where_nothing_was_found_there_is_nothing_to_look_at() -> None:
    assert not len(second_look({}, first_look({}, [])).paper_ids)


def found(shelf: Shelf, mode: Mode, *, has_meaning: bool = True) -> Candidates:
    text = "ovens that bake bread"
    snapshot = shelf.index.snapshot()
    meanings = shelf.index.meanings(snapshot, text) if has_meaning else ()
    return candidates(snapshot, Question(WordQuery(text), Filter(), meanings), mode)


def test_search_looks_twice_at_candidates_by_words_and_meaning(bakery: Shelf) -> None:
    assert found(bakery, Mode.HYBRID).fused.alike.any()


@pytest.mark.parametrize(
    ("mode", "has_meaning"),
    [(Mode.WORDS, True), (Mode.VECTORS, True), (Mode.HYBRID, False)],
)
def test_search_looks_once_where_one_of_both_is_missing(
    bakery: Shelf, mode: Mode, *, has_meaning: bool
) -> None:
    fused = found(bakery, mode, has_meaning=has_meaning).fused
    assert len(fused.paper_ids)
    assert not fused.alike.any()


def test_reasons_of_a_hit_add_up_to_its_score(bakery: Shelf) -> None:
    listing = Listing(ListingKind.SEARCH, query="ovens that bake bread")
    first = bakery.ranking.page(listing).hits[0]
    assert {"words", "meaning", "alike"} <= {reason.signal for reason in first.reasons}
    assert sum(reason.value for reason in first.reasons) == pytest.approx(first.score or 0)


def test_share_of_meaning_counts_what_company_adds(bakery: Shelf) -> None:
    paper = bakery.ranking.page(Listing(ListingKind.SEARCH, query="bread")).hits[0].paper
    values = {"words": 1.0, "meaning": 2.0, "alike": 1.0}
    reasons = tuple(Reason(name, value, "A part.") for name, value in values.items())
    (hit,) = explained((Hit(paper, 4.0, reasons),), (), "", lambda _: None)
    assert hit.reasons[1].text == "A part; 50% of what speaks for it."
