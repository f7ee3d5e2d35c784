"""Cosines of two encoders made comparable."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import numpy as np
import pytest

from broadsheet.index.snapshot import Meaning, Snapshot
from broadsheet.ranking.closeness import LEAST_TO_COMPARE, closeness

NAN = float("nan")
IDS = np.arange(40)
FIRST = np.linspace(-0.2, 0.8, 40)


@dataclasses.dataclass(frozen=True)
class Measured:
    """Answers cosines that were measured beforehand, by encoder."""

    cosines_of: dict[str, Any]

    def cosines(self, _: object, paper_ids: np.ndarray, encoder: str) -> np.ndarray:
        return np.array(self.cosines_of[encoder], np.float32)[paper_ids]


def close(**cosines_of: Any) -> Any:
    meanings = [Meaning(encoder, np.ones(2, np.float32)) for encoder in cosines_of]
    return closeness(cast("Snapshot", Measured(cosines_of)), meanings, IDS)


def test_without_meanings_nothing_is_close() -> None:
    assert not close().values.any()


def test_one_encoder_is_taken_as_it_is() -> None:
    found = close(static=FIRST)
    assert found.values == pytest.approx(FIRST, abs=1e-6)
    assert set(found.encoders) == {"static"}
    assert found.improved_share == 0


def test_paper_without_any_vector_counts_as_zero_and_names_no_encoder() -> None:
    found = close(static=[NAN, *FIRST[1:]])
    assert found.values[0] == 0
    assert found.encoders[0] == ""


def test_improved_cosines_replace_the_first_where_there_are_any() -> None:
    finer = np.where(IDS < 30, FIRST**2, NAN)
    found = close(static=FIRST, finer=finer)
    assert found.values[:30] == pytest.approx(FIRST[:30] ** 2, abs=1e-6)
    assert found.encoders.tolist() == ["finer"] * 30 + ["static"] * 10
    assert found.improved_share == pytest.approx(0.75)


def test_papers_without_an_improved_vector_are_put_on_its_scale() -> None:
    finer = np.where(IDS % 2 == 0, 0.1 + 0.5 * FIRST, NAN)
    found = close(static=FIRST, finer=finer)
    assert found.values == pytest.approx(0.1 + 0.5 * FIRST, abs=1e-6)
    assert found.cosines[1] == pytest.approx(FIRST[1], abs=1e-6)


def test_few_improved_papers_change_nothing() -> None:
    finer = np.where(IDS < LEAST_TO_COMPARE - 1, 0.99, NAN)
    assert close(static=FIRST, finer=finer).values == pytest.approx(FIRST, abs=1e-6)
