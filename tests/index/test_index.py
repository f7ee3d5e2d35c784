"""The index as a whole: building, keeping up, surviving, and telling its state."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from broadsheet.errors import IndexUnavailable, StorageError
from broadsheet.index import tidying, vector_tables, writing
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.generations import Generations
from broadsheet.index.lance import PaperIndex
from broadsheet.index.places import GRACE_SECONDS, Folder
from broadsheet.index.vector_tables import VectorWriter
from broadsheet.index.words import Filter, WordQuery
from feeds import Library, document, shelf

Contents = dict[int, tuple[object, ...]]


def found(index: PaperIndex, words: str) -> list[int]:
    ids, _ = index.snapshot().search_words(WordQuery(words), Filter(), 100)
    return sorted(ids.tolist())


def contents(index: PaperIndex) -> Contents:
    """Every row of the table but its revision, vectors included."""
    snapshot = index.snapshot()
    rows = snapshot.table.scan(["paper_id", "text", "authors", "categories"]).to_pylist()
    vectors = snapshot.vectors([row["paper_id"] for row in rows])
    assert [len(held) for held in snapshot.sets] == [len(rows)]
    return {
        row["paper_id"]: (
            row["text"],
            row["authors"],
            row["categories"],
            tuple(vectors[row["paper_id"]].tolist()),
        )
        for row in rows
    }


def unindexed_rows(index: PaperIndex, root: Path) -> int:
    folder = Folder(root / index.state().generation)
    return tidying.unindexed_rows(writing.open_table(folder))


def test_missing_index_says_so_and_raises_when_searched(index: PaperIndex) -> None:
    assert not index.state().is_available
    assert "no search index" in index.state().reason
    with pytest.raises(IndexUnavailable, match="broadsheet reindex"):
        index.snapshot()


def test_sync_builds_a_missing_index(index: PaperIndex) -> None:
    assert index.sync(shelf(7).feed()) == 7
    state = index.state()
    assert (state.is_available, state.documents, state.revision) == (True, 7, 7)
    assert found(index, "penguins") == [1, 4, 6]


def test_words_are_found_by_their_stem_and_without_accents(index: PaperIndex) -> None:
    index.sync(Library().put(document(1, "The naïve crackling of bread")).feed())
    assert found(index, "naive") == [1]
    assert found(index, "crackle") == [1]


def test_sync_takes_in_new_changed_and_removed_papers(index: PaperIndex) -> None:
    library = shelf(20)
    index.sync(library.feed())
    library.put(document(21, "Volcanic glass"), document(3, "Glass bridges"))
    library.remove(4)
    assert index.sync(library.feed()) == 3
    assert found(index, "glass") == [3, 21]
    assert 4 not in found(index, "penguins")
    assert index.state().documents == 20


def test_sync_without_news_changes_nothing(index: PaperIndex) -> None:
    library = shelf(5)
    index.sync(library.feed())
    before = index.state()
    assert index.sync(library.feed()) == 0
    assert index.state() == before


def test_sync_updates_in_place_when_few_papers_changed(index: PaperIndex) -> None:
    library = shelf(20)
    index.sync(library.feed())
    generation = index.state().generation
    index.sync(library.put(document(21)).feed())
    assert index.state().generation == generation


def test_sync_builds_anew_when_most_papers_changed(index: PaperIndex) -> None:
    library = shelf(4)
    index.sync(library.feed())
    generation = index.state().generation
    index.sync(library.put(*(document(paper_id) for paper_id in range(5, 12))).feed())
    assert index.state().generation != generation
    assert index.state().documents == 11


def test_index_of_another_encoder_is_built_anew(
    index: PaperIndex, encoder: StaticEncoder, tmp_path: Path
) -> None:
    library = shelf(5)
    index.sync(library.feed())
    other = PaperIndex(tmp_path / "index", dataclasses.replace(encoder, name="other-1"))
    assert other.query_vector(other.snapshot(), "penguins") is None
    other.sync(library.feed())
    assert other.state().encoder == "other-1"
    assert other.query_vector(other.snapshot(), "penguins") is not None


def test_index_without_encoder_finds_words(tmp_path: Path) -> None:
    index = PaperIndex(tmp_path / "index", None)
    index.sync(shelf(5).feed())
    assert found(index, "penguins") == [1, 4]
    assert index.query_vector(index.snapshot(), "penguins") is None


def test_index_of_another_library_is_built_anew(index: PaperIndex) -> None:
    index.sync(shelf(9).feed())
    index.sync(shelf(3).feed())
    assert index.state().documents == 3


def test_empty_library_has_an_index_in_which_nothing_is_found(index: PaperIndex) -> None:
    index.sync(Library().feed())
    assert index.state().is_available
    assert found(index, "penguins") == []
    assert (
        not index.snapshot()
        .search_vectors(np.ones(256, np.float32), WordQuery(), Filter(), 10)[0]
        .size
    )


def test_index_can_lose_its_last_paper_and_gain_another(index: PaperIndex) -> None:
    library = shelf(1)
    index.sync(library.feed())
    library.remove(1)
    index.sync(library.feed())
    assert found(index, "penguins") == []
    index.sync(library.put(document(2, "Penguins")).feed())
    assert found(index, "penguins") == [2]


@pytest.mark.parametrize("lost", ["papers.lance", "papers.lance/data", "papers.lance/_versions"])
def test_damaged_index_is_unavailable_until_it_is_synced(
    tmp_path: Path, encoder: StaticEncoder, lost: str
) -> None:
    library = shelf(6)
    writer = PaperIndex(tmp_path / "index", encoder)
    writer.sync(library.feed())
    shutil.rmtree(tmp_path / "index" / writer.state().generation / lost)
    reader = PaperIndex(tmp_path / "index", encoder)
    with pytest.raises(IndexUnavailable):
        found(reader, "penguins")
    reader.sync(library.put(document(7)).feed())
    if lost != "papers.lance/data":  # there, only reading old rows shows the damage
        assert found(reader, "penguins") == [1, 4, 6]
    reader.rebuild(library.feed())
    assert found(reader, "penguins") == [1, 4, 6]


@pytest.mark.parametrize("lost", ["papers.lance/data", "papers.lance/_indices", "vectors-1.lance"])
def test_damage_that_a_changed_paper_meets_is_mended_by_syncing(
    tmp_path: Path, encoder: StaticEncoder, lost: str
) -> None:
    library = shelf(40)
    index = PaperIndex(tmp_path / "index", encoder)
    index.sync(library.feed())
    folder = tmp_path / "index" / index.state().generation / lost
    for file in [file for file in folder.rglob("*") if file.is_file()]:
        file.write_bytes(file.read_bytes()[:10])
    index.sync(library.put(document(3, "Volcanic glass"), document(41, "Glass bridges")).feed())
    assert found(index, "glass") == [3, 41]
    assert len(contents(index)) == 41


@pytest.mark.parametrize("left", ["data/half.lance", "_versions/1.manifest"])
def test_build_that_was_killed_while_it_made_a_table_goes_on(
    tmp_path: Path, encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    monkeypatch.setattr(vector_tables, "CELL_ROWS", 8)
    library = shelf(40)
    index = PaperIndex(tmp_path / "index", encoder)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(VectorWriter, "_write_ordered", killed)
        index.sync(library.feed())
    unfinished = next((tmp_path / "index").glob("generation-*")) / "vectors-2.lance" / left
    unfinished.parent.mkdir(parents=True)
    unfinished.write_bytes(b"half")
    index.sync(library.feed())
    assert len(contents(index)) == 40


def test_rebuild_gives_what_syncing_gave(index: PaperIndex) -> None:
    library = shelf(12)
    index.sync(library.feed())
    library.put(document(13), document(2, "Changed"))
    library.remove(5)
    index.sync(library.feed())
    synced = contents(index)
    index.rebuild(library.feed())
    assert contents(index) == synced


def test_rebuild_leaves_changes_that_come_meanwhile_to_the_end(index: PaperIndex) -> None:
    library = shelf(10)

    def meanwhile(_: int) -> None:
        if library.newest == 10:
            library.put(document(3, "Rewritten meanwhile"), document(11, "Added meanwhile"))
            library.remove(5)

    feed = library.feed()
    changes = feed.changes

    def changing(after: int, limit: int) -> list[tuple[object, int]]:
        answer = changes(after, limit)
        meanwhile(0)
        return list(answer)

    index.rebuild(dataclasses.replace(feed, changes=changing))  # type: ignore[arg-type]
    assert found(index, "meanwhile") == [3, 11]
    assert index.state().documents == 10
    assert index.state().revision == library.newest


def test_searches_go_on_during_and_after_a_rebuild(index: PaperIndex) -> None:
    library = shelf(6)
    index.sync(library.feed())
    snapshot = index.snapshot()
    index.rebuild(library.put(document(7)).feed())
    ids, _ = snapshot.search_words(WordQuery("penguins"), Filter(), 10)
    assert sorted(ids.tolist()) == [1, 4, 6]


def test_replaced_generation_is_removed_once_nobody_can_be_reading_it(
    index: PaperIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelf(3)
    index.sync(library.feed())
    first = tmp_path / "index" / index.state().generation
    index.rebuild(library.feed())
    assert first.is_dir()
    monkeypatch.setattr("broadsheet.index.places.GRACE_SECONDS", -GRACE_SECONDS)
    index.sync(library.feed())
    assert not first.exists()


class Killed(BaseException):
    """Stands for a process that ends at once: nothing of ours catches it."""


def _die_at(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die at the n-th step that writes something: a table commit or a replaced file."""
    left = [calls]

    def dying(step: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return step(*args, **kwargs)

        return run

    monkeypatch.setattr(Folder, "write", dying(Folder.write))
    for name in ("_append", "_upsert", "_forget", "_index_rows", "_look_after"):
        monkeypatch.setattr(writing._Generation, name, dying(getattr(writing._Generation, name)))
    for name in ("create", "put", "remove", "rows"):
        monkeypatch.setattr(VectorWriter, name, dying(getattr(VectorWriter, name)))
    monkeypatch.setattr(writing, "create_indexes", dying(writing.create_indexes))


@pytest.mark.parametrize("calls", range(1, 17))
def test_sync_killed_between_any_two_steps_and_run_again_gives_the_same(
    tmp_path: Path, encoder: StaticEncoder, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 3)
    library = shelf(20)
    index = PaperIndex(tmp_path / "index", encoder)
    index.sync(library.feed())
    library.put(*(document(paper_id, f"Late news {paper_id}") for paper_id in (3, 9, 21, 22)))
    library.remove(10)
    with monkeypatch.context() as patch:
        _die_at(calls, patch)
        with contextlib.suppress(Killed):
            index.sync(library.feed())
    again = PaperIndex(tmp_path / "index", encoder)
    again.sync(library.feed())
    whole = PaperIndex(tmp_path / "whole", encoder)
    whole.sync(library.feed())
    assert contents(again) == contents(whole)
    assert again.state().revision == whole.state().revision


def test_reader_finds_the_right_papers_when_rows_came_that_no_manifest_tells_of(
    index: PaperIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelf(20)
    index.sync(library.feed())
    before = index.snapshot().search_words(WordQuery("glass"), Filter(), 50)[0].tolist()
    library.put(*(document(paper_id, f"Glass news {paper_id}") for paper_id in (3, 21, 22)))

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writing._Generation, "_move", die)
        with contextlib.suppress(Killed):
            index.sync(library.feed())
    generations = index._generations
    name = generations.current()
    assert name is not None
    manifest = generations.manifest(name)
    assert manifest is not None
    generations.write_manifest(name, manifest)  # as when somebody improves vectors
    found = index.snapshot().search_words(WordQuery("glass"), Filter(), 50)[0].tolist()
    assert set(found) == {*before, 3, 21, 22}


@pytest.mark.parametrize("calls", range(1, 10))
def test_build_killed_between_any_two_steps_and_run_again_gives_the_same(
    tmp_path: Path, encoder: StaticEncoder, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelf(8)
    index = PaperIndex(tmp_path / "index", encoder)
    with monkeypatch.context() as patch:
        _die_at(calls, patch)
        with pytest.raises(BaseException, match=r"^$|Killed"):
            index.sync(library.feed())
    assert not index.state().is_available
    again = PaperIndex(tmp_path / "index", encoder)
    assert again.sync(library.feed()) == 8
    assert sorted(contents(again)) == list(range(1, 9))
    assert len(list((tmp_path / "index").glob("generation-*"))) == 1


def test_another_process_sees_changes_at_once(
    index: PaperIndex, tmp_path: Path, encoder: StaticEncoder
) -> None:
    library = shelf(20)
    reader = PaperIndex(tmp_path / "index", encoder)
    index.sync(library.feed())
    assert found(reader, "volcano") == []
    index.sync(library.put(document(21, "A volcano awakes")).feed())
    assert found(reader, "volcano") == [21]
    index.rebuild(library.put(document(22, "A volcano sleeps")).feed())
    assert found(reader, "volcano") == [21, 22]


def test_reader_that_keeps_up_holds_the_same_vectors_as_a_new_one(
    index: PaperIndex, tmp_path: Path, encoder: StaticEncoder
) -> None:
    library = shelf(30)
    index.sync(library.feed())
    index.snapshot()
    library.put(document(7, "Quantum chess"), document(31, "Glaciers on fire"))
    library.remove(2)
    index.sync(library.feed())
    kept, fresh = index.snapshot(), PaperIndex(tmp_path / "index", encoder).snapshot()
    assert kept.columns.paper_ids.tolist() == fresh.columns.paper_ids.tolist()
    ids = fresh.columns.paper_ids.tolist()
    one, other = kept.vectors(ids), fresh.vectors(ids)
    assert sorted(one) == sorted(other) == ids
    assert all((one[paper_id] == other[paper_id]).all() for paper_id in ids)


def test_two_writers_at_once_both_finish_and_nothing_is_lost(
    tmp_path: Path, encoder: StaticEncoder
) -> None:
    library = shelf(40)
    troubles: list[BaseException] = []

    def write() -> None:
        try:
            PaperIndex(tmp_path / "index", encoder).sync(library.feed())
        except BaseException as error:  # noqa: BLE001
            troubles.append(error)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index = PaperIndex(tmp_path / "index", encoder)
    assert troubles == []
    assert sorted(contents(index)) == list(range(1, 41))


_HOLD = """
import sys, time
from pathlib import Path
from broadsheet.index.generations import Generations
from broadsheet.index.places import Folder
generations = Generations(Folder(Path(sys.argv[1])))
with generations.writing(), generations.building():
    print("held", flush=True)
    time.sleep(60)
"""


def test_state_tells_of_a_build_in_another_process_until_it_dies(
    index: PaperIndex, tmp_path: Path
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path / "index")], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert index.state().is_building
    assert "being built" in index.state().reason
    holder.kill()
    holder.wait()
    assert not index.state().is_building


def test_optimize_keeps_every_row_and_takes_new_ones_into_the_word_index(
    index: PaperIndex, tmp_path: Path
) -> None:
    library = shelf(30)
    index.sync(library.feed())
    index.sync(library.put(document(31, "A volcano awakes")).feed())
    before = contents(index)
    index.optimize()
    assert contents(index) == before
    assert unindexed_rows(index, tmp_path / "index") == 0


def test_many_new_rows_are_taken_into_the_word_index_by_themselves(
    index: PaperIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "UNINDEXED_ROWS", 2)
    library = shelf(30)
    index.sync(library.feed())
    index.sync(library.put(document(31), document(32), document(33)).feed())
    assert unindexed_rows(index, tmp_path / "index") == 0


def test_optimize_of_a_missing_index_raises(index: PaperIndex) -> None:
    with pytest.raises(IndexUnavailable):
        index.optimize()


def test_folder_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, encoder: StaticEncoder
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        PaperIndex(tmp_path / "file" / "index", encoder).sync(shelf(1).feed())


def test_progress_counts_up_to_all_documents(index: PaperIndex) -> None:
    seen: list[int] = []
    index.sync(shelf(7).feed(), seen.append)
    assert seen[-1] == 7


def test_manifest_of_another_format_is_not_read(index: PaperIndex, tmp_path: Path) -> None:
    index.sync(shelf(3).feed())
    folders = Generations(Folder(tmp_path / "index"))
    manifest = folders.manifest(index.state().generation)
    assert manifest is not None
    folders.write_manifest(
        index.state().generation, dataclasses.replace(manifest, format=manifest.format + 1)
    )
    assert not index.state().is_available
    assert index.sync(shelf(3).feed()) == 3
