"""Keeps the table of words quick: new rows into the indexes, few parts, few small files.

New rows become a part of their own: to write the whole index anew would take 25 s and a gigabyte
for 200,000 papers, where a part of 1,500 takes 0.3 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from broadsheet.index.vector_tables import KEPT_VERSIONS

SMALL_FILE_ROWS = 20_000
"""Files of fewer rows are joined from time to time; larger ones stay as they are."""
MOST_SMALL_FILES = 8
LARGE_PART_ROWS = 100_000
"""A part of an index with so many rows is not written again; joining it would take too long."""
JOINED_FROM = 4
"""A part is joined with later ones that together have more than a fourth of its rows."""


def tidy(words: Any) -> None:
    """Bring the indexes of a table (a Lance dataset) up to its rows, and drop old versions."""
    facts = words.stats.index_stats("text_idx")
    joined = parts_to_join(facts["num_indexed_rows_per_delta"], facts["num_unindexed_rows"])
    words.optimize.optimize_indices(num_indices_to_merge=joined)
    if _small_files(words) > MOST_SMALL_FILES:
        words.optimize.compact_files(target_rows_per_fragment=SMALL_FILE_ROWS)
    words.cleanup_old_versions(older_than=KEPT_VERSIONS)


def unindexed_rows(words: Any) -> int:
    """How many rows of a table (a Lance dataset) are not in its word index."""
    return int(words.stats.index_stats("text_idx")["num_unindexed_rows"])


def parts_to_join(parts: Sequence[int], new: int) -> int:
    """How many of the last parts of an index, given by their rows, to join with `new` rows.

    So each row is written again a few times in a year of days, and a search, which takes a
    millisecond for each part, finds few: sizes rise by JOINED_FROM, as in a log-structured merge
    tree (O'Neil et al., 1996), up to LARGE_PART_ROWS.
    """
    joined = 0
    for rows in reversed(parts):
        if rows >= min(LARGE_PART_ROWS, JOINED_FROM * new):
            break
        new += rows
        joined += 1
    return joined


def _small_files(words: Any) -> int:
    """How many files of a table are worth joining: a build leaves large ones."""
    return sum(each.physical_rows < SMALL_FILE_ROWS for each in words.get_fragments())
