"""Building in parts gives what building on one machine gives, whoever does the parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import OwnHands, built_in_parts

from broadsheet.errors import IndexUnavailable
from broadsheet.index import layout, parts, vector_tables
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.lance import PaperIndex
from broadsheet.index.parts import Bench
from broadsheet.index.places import Folder
from broadsheet.index.words import Column, Filter, Term, WordQuery
from feeds import Library, document, shelf


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes at which ninety papers are many parts and their vectors lie in cells."""
    monkeypatch.setattr(parts, "PART_REVISIONS", 20)
    monkeypatch.setattr(parts, "FRAGMENTS_AT_ONCE", 2)
    for module in (layout, vector_tables):
        monkeypatch.setattr(module, "CELL_ROWS", 20)
    monkeypatch.setattr(layout, "ROWS_PER_CENTROID", 2)


def changed_library() -> Library:
    library = shelf(90)
    library.put(document(5, "Penguins on glass bridges"), document(91, "A volcano awakes"))
    library.remove(7)
    return library


QUERIES = (
    WordQuery("penguin colonies"),
    WordQuery("glass volcano"),
    WordQuery(required=(Term(Column.TITLE, "sea ice", is_phrase=True),)),
    WordQuery("penguins", required=(Term(Column.AUTHORS, "Lin"),)),
)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("times", [1, 2])
def test_index_built_in_parts_equals_one_built_alone(
    index: PaperIndex, tmp_path: Path, encoder: StaticEncoder, times: int
) -> None:
    library = changed_library()
    index.rebuild(library.feed())
    parted = built_in_parts(Folder(tmp_path / "parted"), encoder, library.feed(), times)
    one, other = index.snapshot(), parted.snapshot()
    ids = one.columns.paper_ids.tolist()
    assert other.columns.paper_ids.tolist() == ids
    assert other.sets[0].layout.cells == one.sets[0].layout.cells > 1
    here, there = one.vectors(ids), other.vectors(ids)
    for paper_id in ids:  # sums of other blocks round otherwise: at most one step of 8 bits
        assert there[paper_id] == pytest.approx(here[paper_id], abs=0.004)
    for query in QUERIES:
        found, scores = one.search_words(query, Filter(), 100)
        again, others = other.search_words(query, Filter(), 100)
        assert len(found)
        assert again.tolist() == found.tolist()
        assert others == pytest.approx(scores)


@pytest.mark.usefixtures("small")
def test_index_built_in_parts_is_kept_up_like_any_other(
    tmp_path: Path, encoder: StaticEncoder
) -> None:
    library = changed_library()
    index = built_in_parts(Folder(tmp_path / "parted"), encoder, library.feed())
    assert index.sync(library.feed()) == 0
    index.sync(library.put(document(92, "Volcanoes on ice")).feed())
    index.optimize()
    ids, _ = index.snapshot().search_words(WordQuery("volcano"), Filter(), 9)
    assert sorted(ids.tolist()) == [91, 92]


def test_empty_library_is_built_in_parts_too(tmp_path: Path, encoder: StaticEncoder) -> None:
    library = Library()
    index = built_in_parts(Folder(tmp_path / "parted"), encoder, library.feed())
    index.sync(library.put(document(1, "Penguins")).feed())
    ids, _ = index.snapshot().search_words(WordQuery("penguins"), Filter(), 9)
    assert ids.tolist() == [1]


@pytest.mark.parametrize("what", ["database", "folder"])
def test_machine_that_sees_another_library_or_folder_writes_nothing(
    tmp_path: Path, encoder: StaticEncoder, what: str
) -> None:
    library = shelf(5)
    index = PaperIndex(tmp_path / "index", encoder)
    index.sync(library.feed())
    feed = Library().feed() if what == "database" else library.feed()
    place = Folder(tmp_path / ("elsewhere" if what == "folder" else "index"))
    with pytest.raises(IndexUnavailable, match=f"another {what}"):
        index.rebuild(library.feed(), hands=OwnHands(Bench(place, feed, encoder)))
    assert index.state().generation == "generation-000001"
    assert index.state().documents == 5
