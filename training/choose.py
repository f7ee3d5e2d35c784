"""Transformers beside each other by the measures that may choose, each against the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.compare import AnyEncoder
    from training.held_out_texts import Choosing

    Floats = NDArray[np.float32]


def choose(encoders: Mapping[str, AnyEncoder], questions: Choosing) -> Iterator[dict[str, object]]:
    """A row for each encoder: means, and how far they are from the first one's.

    `_gain` is the mean difference question by question, `_error` its standard error: what is
    smaller than two errors may be chance.
    """
    first: dict[str, Floats] = {}
    for name, encoder in encoders.items():
        found = questions.figures(encoder.encode)
        first = first or found
        row: dict[str, object] = {"encoder": name}
        for measure, figures in found.items():
            gains = figures - first[measure]
            row[measure] = round(float(np.mean(figures)), 4)
            row[f"{measure}_gain"] = round(float(np.mean(gains)), 4)
            row[f"{measure}_error"] = round(float(np.std(gains) / len(gains) ** 0.5), 4)
        yield row
