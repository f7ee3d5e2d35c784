"""Vectors of two encoders side by side: filling, searching, growing, replacing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from broadsheet.errors import ConfigurationError
from broadsheet.index import layout, vector_tables, vectors
from broadsheet.index import snapshot as snapshots
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.improvers import Improvers
from broadsheet.index.lance import PaperIndex
from broadsheet.index.layout import Layout, learn_layout
from broadsheet.index.vectors import Sought, dequantised, quantise
from broadsheet.index.words import Filter, WordQuery
from feeds import Library, document, shelf


@dataclasses.dataclass(frozen=True)
class Mirror:
    """An encoder with a space of its own: that of another, its numbers in reverse and negated."""

    inner: StaticEncoder
    name: str = "mirror-1"

    @property
    def dim(self) -> int:
        return self.inner.dim

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.ascontiguousarray(-self.inner.encode(texts)[:, ::-1])

    encode_queries = encode


def improvers(*names: str) -> Improvers:
    """Mirrors under these names, the last of which is wanted."""
    encoder = StaticEncoder.load()
    return Improvers(names[-1], lambda name: Mirror(encoder, name))


@pytest.fixture
def both(tmp_path: Path, encoder: StaticEncoder) -> PaperIndex:
    return PaperIndex(tmp_path / "index", encoder, improvers("mirror-1"))


def improve(index: PaperIndex, library: Library, paper_ids: list[int]) -> None:
    index.improve([library.documents[paper_id][0] for paper_id in paper_ids])


def waiting(index: PaperIndex, *first: int, most: int = 1000) -> list[int]:
    return index.unimproved(first, 1000, most)[0]


def test_papers_wait_for_the_improver_newest_and_wanted_first(both: PaperIndex) -> None:
    library = shelf(3).put(document(9, listed_on=document(1).listed_on.replace(year=2030)))
    both.sync(library.feed())
    assert waiting(both) == [9, 3, 2, 1]
    assert waiting(both, 2) == [2, 9, 3, 1]
    assert waiting(both, 2, most=2) == [2, 9]
    assert both.unimproved([], 1, 1000) == ([9], 4)


def test_improved_papers_wait_no_more_and_are_counted(both: PaperIndex) -> None:
    library = shelf(4)
    both.sync(library.feed())
    improve(both, library, [2, 3])
    assert waiting(both) == [4, 1]
    assert (both.state().improver, both.state().improved) == ("mirror-1", 2)


def test_paper_whose_text_changed_waits_again_and_keeps_its_older_vector(both: PaperIndex) -> None:
    library = shelf(4)
    both.sync(library.feed())
    improve(both, library, [1, 2, 3, 4])
    both.sync(library.put(document(2, "Rewritten from the ground up")).feed())
    assert waiting(both) == [2]
    assert 2 in both.snapshot().vectors([2], "mirror-1")
    improve(both, library, [2])
    assert waiting(both) == []


def test_paper_that_only_moved_to_another_day_does_not_wait(both: PaperIndex) -> None:
    library = shelf(4)
    both.sync(library.feed())
    improve(both, library, [1, 2, 3, 4])
    both.sync(library.put(document(2, has_code=True)).feed())
    assert waiting(both) == []


def test_removed_paper_is_found_by_no_encoder(both: PaperIndex, encoder: StaticEncoder) -> None:
    library = shelf(4)
    both.sync(library.feed())
    improve(both, library, [1, 2])
    library.remove(1)
    both.sync(library.feed())
    for each in (encoder, Mirror(encoder)):
        vector = each.encode(["penguins"])[0]
        found = both.snapshot().search_vectors(vector, WordQuery(), Filter(), 9, each.name)[0]
        assert 1 not in found.tolist()
    assert both.state().improved == 1


def test_each_encoder_measures_in_its_own_space(both: PaperIndex) -> None:
    library = shelf(5)
    both.sync(library.feed())
    improve(both, library, [1, 2, 3, 4, 5])
    snapshot = both.snapshot()
    meanings = both.meanings(snapshot, "penguins in the air")
    assert [meaning.encoder for meaning in meanings] == ["static-1", "mirror-1"]
    ids = np.arange(1, 6)
    one, other = (snapshot.cosines(each.vector, ids, each.encoder) for each in meanings)
    assert other == pytest.approx(one, abs=0.01)


def test_rebuilt_index_starts_without_improved_vectors_and_is_searched_meanwhile(
    both: PaperIndex,
) -> None:
    library = shelf(5)
    both.sync(library.feed())
    improve(both, library, [1, 2])
    both.rebuild(library.feed())
    assert [meaning.encoder for meaning in both.meanings(both.snapshot(), "penguins")] == [
        "static-1"
    ]
    assert len(waiting(both)) == 5


def used(index: PaperIndex) -> list[str]:
    """The encoders that a query goes through."""
    return [meaning.encoder for meaning in index.meanings(index.snapshot(), "penguins")]


def test_another_improver_takes_over_once_it_has_seen_as_many_papers(
    both: PaperIndex, tmp_path: Path, encoder: StaticEncoder
) -> None:
    library = shelf(6)
    both.sync(library.feed())
    improve(both, library, [1, 2, 3])
    later = PaperIndex(tmp_path / "index", encoder, improvers("mirror-1", "mirror-2"))
    assert len(waiting(later)) == 6
    improve(later, library, [6, 5])
    assert used(later) == ["static-1", "mirror-1"]
    improve(later, library, [4])
    assert used(later) == ["static-1", "mirror-2"]
    assert [held.encoder for held in later.snapshot().sets] == ["static-1", "mirror-2"]


def test_improver_that_cannot_be_loaded_leaves_the_first_encoder_and_says_why(
    both: PaperIndex, tmp_path: Path, encoder: StaticEncoder
) -> None:
    library = shelf(4)
    both.sync(library.feed())
    improve(both, library, [1, 2])

    def broken(_: str) -> Mirror:
        raise ConfigurationError("The model is damaged.")

    reader = PaperIndex(tmp_path / "index", encoder, Improvers("mirror-1", broken))
    assert used(reader) == ["static-1"]
    assert waiting(reader) == []
    assert reader.state().trouble == "The model is damaged."
    assert reader.state().improved == 2


def small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes at which sixty vectors are many."""
    for module in (vectors, snapshots):
        monkeypatch.setattr(module, "EXACT_ROWS", 10)
    for module in (layout, vector_tables):
        monkeypatch.setattr(module, "CELL_ROWS", 20)
    monkeypatch.setattr(vector_tables, "FRESH_ROWS", 8)
    monkeypatch.setattr(layout, "ROWS_PER_CENTROID", 2)
    monkeypatch.setattr(vectors, "PROBED_CELLS", 4)
    monkeypatch.setattr(vectors, "LEAST_COMPARED", 10)


def test_set_that_outgrows_its_layout_is_arranged_and_keeps_its_vectors(
    both: PaperIndex, encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelf(60)
    both.sync(library.feed())
    small_sizes(monkeypatch)
    for start in range(1, 60, 10):
        improve(both, library, list(range(start, start + 10)))
    held = both.snapshot().set_of("mirror-1")
    assert held is not None
    assert held.layout.cells > 1
    assert len(held) == 60
    texts = [f"{each.title}\n{each.abstract}" for each, _ in library.documents.values()]
    known = both.snapshot().vectors(list(library.documents), "mirror-1")
    for text, vector in zip(texts, known.values(), strict=True):
        assert float(Mirror(encoder).encode([text])[0] @ vector) > 0.98


def test_first_set_that_is_arranged_anew_leaves_the_improved_vectors_alone(
    both: PaperIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelf(120)
    both.sync(library.feed())
    improve(both, library, list(range(1, 31)))
    before = both.snapshot().vectors(list(range(1, 31)), "mirror-1")
    small_sizes(monkeypatch)
    both.sync(library.put(*(document(paper_id) for paper_id in range(121, 126))).feed())
    both.optimize()
    snapshot = both.snapshot()
    assert snapshot.sets[0].layout.cells > 1
    assert len({held.table for held in snapshot.sets}) == len(snapshot.sets) == 2
    after = snapshot.vectors(list(range(1, 31)), "mirror-1")
    assert after.keys() == before.keys()
    assert all(after[paper_id] @ before[paper_id] > 0.999 for paper_id in before)


def test_reader_sees_new_vectors_without_reading_the_old_ones_again(
    both: PaperIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelf(60)
    both.sync(library.feed())
    improve(both, library, list(range(1, 41)))
    small_sizes(monkeypatch)
    improve(both, library, [43])  # arranges what has outgrown these sizes
    before = both.snapshot().set_of("mirror-1")
    improve(both, library, [41, 42, 3])
    after = both.snapshot().set_of("mirror-1")
    assert before is not None
    assert after is not None
    assert after.table == before.table
    assert after.base is before.base
    assert sorted(after.fresh.paper_ids.tolist()) == [3, 41, 42]
    vector = both.snapshot().vectors([3], "mirror-1")[3]
    ids, _ = both.snapshot().search_vectors(vector, WordQuery(), Filter(), 60, "mirror-1")
    assert len(set(ids.tolist())) == len(ids)


def lose(index: PaperIndex, folder: Path, table: str) -> PaperIndex:
    """Rename a table away; a reader that has not seen it yet."""
    lost = folder / index.state().generation / f"{table}.lance"
    lost.rename(lost.with_suffix(".lost"))
    encoder = StaticEncoder.load()
    return PaperIndex(folder, encoder, improvers("mirror-1"))


def test_lost_vectors_cost_neither_words_nor_the_other_encoder(
    both: PaperIndex, tmp_path: Path
) -> None:
    library = shelf(5)
    both.sync(library.feed())
    improve(both, library, [1, 2])
    snapshot = lose(both, tmp_path / "index", "vectors-2").snapshot()
    assert snapshot.unreadable == ("mirror-1",)
    assert [held.encoder for held in snapshot.sets] == ["static-1"]
    ids, _ = snapshot.search_words(WordQuery("penguins"), Filter(), 9)
    assert sorted(ids.tolist()) == [1, 4]


def test_lost_vectors_of_the_improver_are_made_again(both: PaperIndex, tmp_path: Path) -> None:
    library = shelf(5)
    both.sync(library.feed())
    improve(both, library, [1, 2])
    reader = lose(both, tmp_path / "index", "vectors-2")
    improve(reader, library, [3])
    assert waiting(reader) == [5, 4, 2, 1]
    assert reader.snapshot().unreadable == ()


def test_lost_vectors_of_the_first_encoder_leave_words_and_are_built_anew(
    both: PaperIndex, tmp_path: Path
) -> None:
    library = shelf(5)
    both.sync(library.feed())
    reader = lose(both, tmp_path / "index", "vectors-1")
    assert reader.snapshot().unreadable == ("static-1",)
    reader.sync(library.put(document(6)).feed())
    assert len(reader.snapshot().sets[0]) == 6


def test_quantised_vectors_are_close_to_what_they_were() -> None:
    rows = np.random.default_rng(1).normal(size=(50, 96)).astype(np.float32)
    rows[7] = 0
    numbers, scales = quantise(rows)
    assert np.abs(numbers * scales[:, None] - rows).max() < 0.02
    assert not numbers[7].any()


def test_products_are_those_of_the_quantised_vectors() -> None:
    chance = np.random.default_rng(3)
    rows = chance.normal(size=(50, 96)).astype(np.float32)
    rows[7] = 0
    sought = chance.normal(size=96).astype(np.float32)
    numbers, scales = quantise(rows)
    lengths = np.linalg.norm(sought) * np.linalg.norm(rows, axis=1).max()
    exact = dequantised(numbers, scales) @ sought
    assert Sought.of(sought).products(numbers, scales) == pytest.approx(
        exact, abs=float(1e-4 * lengths)
    )
    assert not Sought.of(np.zeros(96, np.float32)).products(numbers, scales).any()
    assert Sought.of(sought).products(numbers[:0], scales[:0]).shape == (0,)


def test_layout_survives_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "CELL_ROWS", 100)
    rows = np.random.default_rng(2).normal(size=(400, 96)).astype(np.float32)
    learned = learn_layout(rows, 400)
    assert learned.centroids.shape == (32, 96)
    read = Layout.from_bytes(learned.to_bytes())
    assert (read.centroids == learned.centroids).all()
    with pytest.raises(ValueError, match=r".*"):
        Layout.from_bytes(b"not a layout")
