"""Real processes: two imports at once, two first starts at once, and a kill in the middle."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from pathlib import Path
from time import sleep

import pytest
from importing import import_wheels, open_new_libraries, wheels
from invented import NOW, arxiv, facts, listing

from broadsheet.store import Store

_spawn = multiprocessing.get_context("spawn")


def test_two_imports_at_once_into_a_new_library_both_finish(unmigrated_url: str) -> None:
    start = _spawn.Barrier(2)
    importers = [
        _spawn.Process(target=import_wheels, args=(unmigrated_url, first, first + 400, start))
        for first in (0, 200)
    ]
    for importer in importers:
        importer.start()
    for importer in importers:
        importer.join(120)
    assert [importer.exitcode for importer in importers] == [0, 0]
    store = Store.open(unmigrated_url)
    assert store.count() == 600
    assert store.revision() == 600
    store.close()


def test_many_first_starts_at_once_all_succeed(tmp_path: Path) -> None:
    start = _spawn.Barrier(4)
    openers = [
        _spawn.Process(target=open_new_libraries, args=(str(tmp_path), 60, start)) for _ in range(4)
    ]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(180)
    assert [opener.exitcode for opener in openers] == [0, 0, 0, 0]


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.08, 0.2])
def test_killed_import_run_again_gives_an_equal_library(unmigrated_url: str, wait: float) -> None:
    store = Store.open(unmigrated_url)
    importer = _spawn.Process(target=import_wheels, args=(unmigrated_url, 0, 1000, None))
    importer.start()
    while store.count() == 0 and importer.is_alive():
        sleep(0.005)
    sleep(wait)
    assert importer.pid is not None
    os.kill(importer.pid, signal.SIGKILL)
    importer.join(60)
    assert store.count() % 20 == 0
    store.ingest(wheels(0, 1000), now=NOW)
    assert store.count() == store.revision() == 1000
    assert len(_keys(store)) == 1000
    store.close()


def _keys(store: Store) -> set[str]:
    return {paper.key for paper, _ in store.every_paper()}


def test_reader_sees_whole_batches_while_an_import_runs(unmigrated_url: str) -> None:
    store = Store.open(unmigrated_url)
    importer = _spawn.Process(target=import_wheels, args=(unmigrated_url, 0, 600, None))
    importer.start()
    counts = set()
    while importer.is_alive():
        counts.add(store.count())
        sleep(0.01)
    assert all(count % 20 == 0 for count in counts)
    assert store.count() == 600
    store.close()


def test_threads_share_a_store(unmigrated_url: str) -> None:
    store = Store.open(unmigrated_url)
    threads = [
        threading.Thread(
            target=store.ingest, args=(wheels(n * 50, n * 50 + 80),), kwargs={"now": NOW}
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 230
    store.close()


def test_failing_batch_leaves_nothing_behind(
    unmigrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(unmigrated_url)
    store.ingest([listing()], now=NOW)
    before, revision = facts(store), store.revision()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("broadsheet.store.reconcile.relate", fail)
    with pytest.raises(KeyboardInterrupt):
        store.ingest([arxiv(), *wheels(0, 5)], now=NOW)
    assert (facts(store), store.revision()) == (before, revision)
    store.close()
