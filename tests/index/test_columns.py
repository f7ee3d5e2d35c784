"""Columns that are brought up to date hold what columns read from the beginning hold."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from broadsheet.index import columns as reading
from broadsheet.index.columns import Columns, read_columns
from broadsheet.index.labels import Labels
from broadsheet.index.lance import PaperIndex
from broadsheet.index.numbering import Numbering, RowNumbering
from feeds import Library, document, shelf

PLAIN = ("paper_ids", "ascending_titles", "text_hashes", "days", "has_code", "submitted_at",
         "updated_at")  # fmt: skip


def labels(of: Labels) -> list[list[str]]:
    each = np.split(of.codes, of.bounds[1:-1])
    return [[of.names[code] for code in codes] for codes in each]


def assert_same(found: Columns, expected: Columns) -> None:
    for name in PLAIN:
        assert getattr(found, name).tolist() == getattr(expected, name).tolist(), name
    for name in ("categories", "sources"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert labels(ours) == labels(theirs)
        for label in theirs.rows_of:
            assert ours.mask(label).tolist() == theirs.mask(label).tolist(), label
    assert found.rows(expected.paper_ids).tolist() == list(range(len(expected.paper_ids)))
    for title in expected.ascending_titles:
        wanted = expected.with_title_hash(title).tolist()
        assert found.with_title_hash(title).tolist() == wanted


@pytest.fixture
def library() -> Library:
    return shelf(200).put(document(900, categories=("math.CO", "cs.LG"), sources=("arxiv_oai",)))


def changed(library: Library) -> Library:
    """New papers between and behind the others, a changed one, a new label, two titles alike."""
    library.remove(17)
    library.remove(900)
    return library.put(
        document(40, "Knots in rope and in theory", categories=("math.GT",), has_code=True),
        document(500, "Penguins asleep", categories=(), sources=("crossref",)),
        document(499, "Penguins asleep", listed_on=date(2025, 1, 2), submitted_at=1_700_000_000),
    )


def test_changed_columns_are_those_of_a_full_reading(
    index: PaperIndex, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sync(library.feed())
    index.snapshot()
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_columns", None)  # so that only what changed can be read
        index.sync(changed(library).feed())
        snapshot = index.snapshot()
    assert 500 in snapshot.columns.paper_ids
    assert_same(snapshot.columns, read_columns(snapshot.table))
    asleep = snapshot.with_title("penguins asleep")
    assert asleep.tolist() == [499, 500]


def test_rows_that_moved_to_other_files_are_found(index: PaperIndex, library: Library) -> None:
    index.sync(library.feed())
    index.snapshot()
    for day in range(9):  # so many small files are joined
        index.sync(library.put(*(document(1000 + 70 * day + i) for i in range(70))).feed())
        snapshot = index.snapshot()
        assert_same(snapshot.columns, read_columns(snapshot.table))
    row_ids = snapshot.table.scan(["paper_id"])
    rows = snapshot.columns.places.of_each(row_ids["_rowid"].to_numpy())
    assert snapshot.columns.paper_ids[rows].tolist() == row_ids["paper_id"].to_pylist()


@pytest.mark.parametrize(
    "numbers", [[], [0], [3, 1, 2], [7, 10**12, 8], [-5, 4], list(range(50, 0, -1))]
)
def test_numbers_are_found_where_they_stand(numbers: list[int]) -> None:
    numbering = Numbering.of(np.array(numbers, np.int64))
    assert numbering.of_each(np.array(numbers, np.int64)).tolist() == list(range(len(numbers)))
    others = np.array([-1, 5 * 10**12, 59, 51], np.int64)
    assert numbering.of_each(others).tolist() == [-1] * 4


def test_row_ids_of_several_files_are_found() -> None:
    files = np.array([3, 0, 3, 70], np.uint64) << np.uint64(32)
    row_ids = files + np.array([5, 0, 0, 2], np.uint64)
    assert RowNumbering.of(row_ids).of_each(row_ids[::-1]).tolist() == [3, 2, 1, 0]
    assert not len(RowNumbering.of(row_ids[:0]).of_each(row_ids[:0]))
