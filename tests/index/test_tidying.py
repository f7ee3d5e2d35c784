"""How the parts of a word index are joined in the course of days."""

from __future__ import annotations

from pathlib import Path

from broadsheet.index.lance import PaperIndex
from broadsheet.index.places import Folder
from broadsheet.index.tables import dataset
from broadsheet.index.tidying import JOINED_FROM, LARGE_PART_ROWS, parts_to_join
from feeds import document, shelf


def after_days(days: int, base: int, papers: int) -> tuple[list[int], int]:
    """The parts of an index after so many days, and how many rows were written in all."""
    parts, written = [base], 0
    for _ in range(days):
        joined = parts_to_join(parts, papers)
        at = len(parts) - joined
        parts = [*parts[:at], papers + sum(parts[at:])]
        written += parts[-1]
    return parts, written


def test_a_year_of_days_leaves_few_parts_and_writes_no_row_often() -> None:
    parts, written = after_days(365, 1_000_000, 1500)
    assert sum(parts) == 1_000_000 + 365 * 1500
    assert parts[0] == 1_000_000
    assert len(parts) <= 10
    assert written <= 12 * 365 * 1500


def test_the_first_part_of_a_small_library_is_joined_when_it_is_outgrown() -> None:
    assert parts_to_join([100], 100 // JOINED_FROM) == 0
    assert parts_to_join([100], 100 // JOINED_FROM + 1) == 1


def test_large_parts_stay_as_they_are() -> None:
    assert parts_to_join([LARGE_PART_ROWS, 50], LARGE_PART_ROWS) == 1
    assert parts_to_join([], 10) == 0


def test_an_index_of_many_days_has_few_parts(index: PaperIndex, tmp_path: Path) -> None:
    library = shelf(300)
    index.sync(library.feed())
    for day in range(5):
        first = 1000 + 70 * day
        index.sync(library.put(*(document(first + i) for i in range(70))).feed())
    words = dataset(Folder(tmp_path / "index" / index.state().generation), "papers")
    facts = words.stats.index_stats("text_idx")
    assert facts["num_indexed_rows_per_delta"] == after_days(5, 300, 70)[0] == [580, 70]
