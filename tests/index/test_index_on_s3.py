"""The index in a bucket: the same as in a folder, shared by processes, and what may go wrong."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hands import built_in_parts

from broadsheet.errors import ConfigurationError, IndexUnavailable, StorageError
from broadsheet.index import bucket_lock, parts, places, watching
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.generations import Generations
from broadsheet.index.improvers import Improvers
from broadsheet.index.lance import PaperIndex
from broadsheet.index.places import Folder, place_of
from broadsheet.index.words import Column, Filter, Term, WordQuery
from feeds import document, shelf
from object_store import ObjectStore
from parts import PROJECT

UNASKED = WordQuery(required=(Term(Column.TITLE, "penguins"),))
"""A search that nobody has made before, so that nothing of it is in a cache."""

Open = Callable[[], PaperIndex]


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectStore]:
    started = ObjectStore()
    yield started
    started.stop()


@pytest.fixture
def bucket(server: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.1)
    return server.make()


@pytest.fixture
def address(bucket: str) -> str:
    return f"s3://{bucket}/library/index"


@pytest.fixture
def open_index(address: str, encoder: StaticEncoder) -> Open:
    """Opens the index as a process of its own would."""
    return lambda: PaperIndex(place_of(address), encoder)


def found(index: PaperIndex, words: str) -> list[int]:
    ids, _ = index.snapshot().search_words(WordQuery(words), Filter(), 100)
    return sorted(ids.tolist())


def wait_for(what: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_index_in_a_bucket_finds_what_one_in_a_folder_finds(
    open_index: Open, index: PaperIndex
) -> None:
    library = shelf(12)
    remote = open_index()
    for each in (remote, index):
        each.sync(library.feed())
    library.put(document(13, "A volcano awakes"), document(2, "A volcano sleeps"))
    library.remove(4)
    for each in (remote, index):
        assert each.sync(library.feed()) == 3
    ids = index.snapshot().columns.paper_ids.tolist()
    here, there = index.snapshot().vectors(ids), remote.snapshot().vectors(ids)
    assert found(remote, "volcano") == found(index, "volcano") == [2, 13]
    assert list(here) == list(there) == ids
    assert all((here[paper_id] == there[paper_id]).all() for paper_id in ids)


def test_other_processes_see_changes_and_new_generations_within_moments(open_index: Open) -> None:
    library = shelf(6)
    writer, reader = open_index(), open_index()
    writer.sync(library.feed())
    assert found(reader, "volcano") == []
    before = reader.stamp()
    writer.sync(library.put(document(7, "A volcano awakes")).feed())
    wait_for(lambda: found(reader, "volcano") == [7])
    assert reader.stamp() != before
    generation = reader.state().generation
    writer.rebuild(library.put(document(8, "A volcano sleeps")).feed())
    wait_for(lambda: found(reader, "volcano") == [7, 8])
    assert reader.state().generation != generation


def test_own_changes_are_found_at_once(open_index: Open) -> None:
    library = shelf(6)
    index = open_index()
    index.sync(library.feed())
    index.snapshot()
    index.sync(library.put(document(7, "A volcano awakes")).feed())
    assert found(index, "volcano") == [7]


def test_vectors_in_a_bucket_are_improved(address: str, encoder: StaticEncoder) -> None:
    other = dataclasses.replace(encoder, name="mirror-1")
    index = PaperIndex(place_of(address), encoder, Improvers("mirror-1", lambda _: other))
    library = shelf(4)
    index.sync(library.feed())
    index.improve([document for document, _ in library.changes(0, 2)])
    assert index.state().improved == 2
    assert len(index.snapshot().vectors([1, 2, 3, 4], "mirror-1")) == 2


def test_index_in_a_bucket_is_built_in_parts(
    address: str, encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_REVISIONS", 5)
    library = shelf(12)
    index = built_in_parts(place_of(address), encoder, library.feed())
    assert found(index, "penguins") == [1, 4, 6, 9, 11]
    assert sorted(index.snapshot().vectors(list(range(1, 13)))) == list(range(1, 13))


def test_two_processes_writing_at_once_lose_nothing(open_index: Open) -> None:
    library = shelf(12)
    indexes = [open_index(), open_index()]
    threads = [threading.Thread(target=each.sync, args=(library.feed(),)) for each in indexes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index = open_index()
    assert index.snapshot().columns.paper_ids.tolist() == list(range(1, 13))
    assert index.state().generation == "generation-000001"


_HOLD = """
import sys, time
from broadsheet.index.generations import Generations
from broadsheet.index.places import place_of
generations = Generations(place_of(sys.argv[1]))
with generations.writing(), generations.building():
    print("held", flush=True)
    time.sleep(60)
"""


def test_lock_of_a_killed_writer_is_taken_over(
    address: str, open_index: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, address], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert "being built" in open_index().state().reason
    holder.kill()
    holder.wait()
    monkeypatch.setattr(bucket_lock, "EXPIRY_SECONDS", 1.0)
    assert open_index().sync(shelf(3).feed()) == 3


def test_lock_is_kept_as_long_as_its_holder_lives(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_lock, "EXPIRY_SECONDS", 1.0)
    times: list[float] = []

    def wait() -> None:
        with Generations(place_of(address)).writing():
            times.append(time.monotonic())

    waiting = threading.Thread(target=wait)
    with Generations(place_of(address)).writing():
        waiting.start()
        time.sleep(2.5)
        released = time.monotonic()
    waiting.join()
    assert times[0] >= released


def test_writer_that_lost_its_lock_writes_nothing_more(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = Generations(place_of(address)), Generations(place_of(address))
    monkeypatch.setattr(bucket_lock.BucketLock, "_renew", lambda _: None)
    monkeypatch.setattr(bucket_lock, "EXPIRY_SECONDS", 0.5)
    with slow.writing():
        with quick.writing():
            quick.activate("generation-000002")
        with pytest.raises(OSError, match="taken over"):
            slow.activate("generation-000001")
    assert quick.current() == "generation-000002"


@pytest.mark.parametrize("how", ["silent", "deleted"])
def test_search_goes_on_while_a_bucket_is_gone_and_says_so_until_it_is_back(
    server: ObjectStore, bucket: str, open_index: Open, how: str
) -> None:
    library = shelf(6)
    index = open_index()
    index.sync(library.feed())
    known = found(index, "penguins")
    contents = server.take_away(bucket) if how == "deleted" else server.stop()
    try:
        wait_for(lambda: index.warning() != "")
        snapshot = index.snapshot()
        assert found(index, "penguins") == known
        assert len(snapshot.vectors([1, 2])) == 2
        assert index.state().is_available
        assert bucket in index.state().warning
        with pytest.raises(IndexUnavailable, match="just now"):
            index.snapshot().search_words(UNASKED, Filter(), 9)
        with pytest.raises(StorageError, match=bucket):
            index.sync(library.put(document(7)).feed())
    finally:
        server.give_back(bucket, contents) if how == "deleted" else server.start()
    wait_for(lambda: index.warning() == "")
    assert index.sync(library.put(document(8)).feed()) in {1, 2}
    assert index.state().generation == "generation-000001"


def test_bucket_that_never_answered_is_no_missing_index(
    server: ObjectStore, open_index: Open
) -> None:
    server.stop()
    try:
        index = open_index()
        assert "just now" in index.state().reason
        with pytest.raises(IndexUnavailable, match="just now"):
            index.snapshot()
    finally:
        server.start()


def test_replaced_generation_stays_for_other_servers_and_is_removed_later(
    open_index: Open, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelf(3)
    index = open_index()
    index.sync(library.feed())
    reader = open_index()
    reader.snapshot()
    index.rebuild(library.feed())
    place = place_of(address)
    assert sorted(place.folders()) == ["generation-000001", "generation-000002"]
    monkeypatch.setattr("broadsheet.index.bucket.BUCKET_GRACE_SECONDS", -1.0)
    index.sync(library.feed())
    assert place.folders() == ["generation-000002"]


def test_searches_do_not_ask_the_bucket_for_news(open_index: Open, server: ObjectStore) -> None:
    index = open_index()
    index.sync(shelf(3).feed())
    index.snapshot()
    server.stop()
    try:
        began = time.monotonic()
        for _ in range(200):
            index.snapshot()
            index.stamp()
        assert time.monotonic() - began < 0.5
    finally:
        server.start()


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("s3://key:secret@bucket/index", ""),
        ("s3://", ""),
        ("gs://bucket/index", ""),
        ("s3://bucket/index", "http://storage.example.org"),
    ],
)
def test_address_that_cannot_be_meant_is_refused_without_telling_secrets(
    address: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(ConfigurationError) as refused:
        place_of(address)
    assert "secret" not in str(refused.value)


def test_http_beyond_this_machine_is_possible_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.example.org")
    assert place_of("s3://bucket/index", may_use_http=True).uri == "s3://bucket/index"
    assert place_of("folder") == Folder(places.Path("folder"))


def test_nothing_of_object_stores_is_imported_for_a_folder() -> None:
    code = (
        "import sys; from broadsheet.services import open_services; "
        "import broadsheet.index.lance; print('obstore' in sys.modules, 'ray' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    assert done.stdout.split() == ["False", "False"]
