"""Labels counted over few rows and over most give the same."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa

from broadsheet.index.labels import Labels

LISTS = [["cs", "cs.lg"], [], ["math"], ["cs", "cs.cl", "math"]] * 10
LABELS = Labels.of(pa.array(LISTS))


def test_labels_are_counted_over_few_rows_and_over_most() -> None:
    for rows in ([0, 3, 5], list(range(40)), list(range(39, -1, -2)), []):
        expected = Counter(label for row in rows for label in LISTS[row])
        assert LABELS.counts(np.array(rows, np.int64)) == expected


def test_rows_are_allowed_by_labels_wanted_and_unwanted() -> None:
    assert np.flatnonzero(LABELS.allowed(["CS"], ["math"]))[:3].tolist() == [0, 4, 8]
    assert not LABELS.allowed(["none"], []).any()
