"""Fusion of scores: standardised, weighted, in a settled order."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet.ranking.fusion import fuse, standardise

IDS = np.array([1, 2, 3])
NONE = np.zeros(3)


def test_standard_scores_have_mean_zero_and_deviation_one() -> None:
    scores = standardise(np.array([1.0, 5.0, 12.0]))
    assert scores.mean() == pytest.approx(0)
    assert scores.std() == pytest.approx(1)


@pytest.mark.parametrize("scores", [[], [3.0], [2.0, 2.0]])
def test_scores_that_do_not_differ_count_nothing(scores: list[float]) -> None:
    assert not standardise(np.array(scores)).any()


def test_units_of_a_score_do_not_matter() -> None:
    words, vectors = np.array([3.0, 1.0, 2.0]), np.array([0.1, 0.9, 0.3])
    one = fuse(IDS, words, vectors, 0.4, NONE)
    other = fuse(IDS, words * 100 + 7, vectors, 0.4, NONE)
    assert one.paper_ids.tolist() == other.paper_ids.tolist()
    assert one.scores == pytest.approx(other.scores)


@pytest.mark.parametrize(("weight", "first"), [(0.0, 1), (1.0, 2)])
def test_weight_decides_which_score_counts(weight: float, first: int) -> None:
    fused = fuse(IDS, np.array([9.0, 1.0, 0.0]), np.array([0.1, 0.9, 0.0]), weight, NONE)
    assert fused.paper_ids[0] == first


def test_parts_add_up_to_the_score() -> None:
    bonus = np.array([0.0, 0.0, 100.0])
    fused = fuse(IDS, np.array([3.0, 1.0, 2.0]), np.array([0.1, 0.9, 0.3]), 0.4, bonus)
    assert fused.paper_ids[0] == 3
    assert fused.words + fused.vectors + np.sort(bonus)[::-1] == pytest.approx(fused.scores)


def test_what_words_did_not_find_counts_as_the_last_that_they_found() -> None:
    fused = fuse(IDS, np.array([9.0, 4.0, 0.0]), NONE, 0.0, NONE, floor=4.0)
    assert fused.scores[1] == fused.scores[2]
    assert sorted(fused.bm25) == [0.0, 4.0, 9.0]


def test_equal_scores_stand_newest_id_first() -> None:
    assert fuse(IDS, NONE, NONE, 0.4, NONE).paper_ids.tolist() == [3, 2, 1]
