"""Several tables of the same words as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def average(tables: Sequence[Floats]) -> Floats:
    """The plain mean; the tables must have started from the same vectors."""
    return np.mean(np.stack(tables), axis=0, dtype=np.float32)


def fisher_average(tables: Sequence[Floats], importances: Sequence[Floats]) -> Floats:
    """The mean weighted by how much each run's loss depends on each number.

    After Matena and Raffel, Merging Models with Fisher-Weighted Averaging (2022); `importances` are
    mean squared gradients, such as Adam's second moments.
    """
    weights = np.stack(importances) + 1e-12
    return (np.sum(weights * np.stack(tables), axis=0) / weights.sum(axis=0)).astype(np.float32)


def side_by_side(tables: Sequence[Floats]) -> Floats:
    """All numbers of every table: similarities add up (Zhang and Bottou 2023); the widest."""
    return np.hstack(tables)
