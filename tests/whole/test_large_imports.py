"""Large imports: they go on where they were killed, and are indexed in a process beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from programs import environment, invented_paper

from broadsheet import indexing_beside, pipeline
from broadsheet.domain import ImportCounts
from broadsheet.errors import IndexUnavailable
from broadsheet.indexing_beside import IndexingBeside
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.file_imports import FileImports

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
IMPORT = """
import sys
from pathlib import Path
from broadsheet import pipeline
from broadsheet.services import open_services
from broadsheet.settings import load_settings
pipeline.LARGE_FILE, pipeline.BATCH, pipeline.BULK_BATCH = 1, 100, 100
print(pipeline.import_files(open_services(load_settings()), [Path(sys.argv[1])]).counts.new)
"""


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@contextmanager
def opened(folder: Path) -> Iterator[Services]:
    services = open_services(Settings(data=folder), lambda: NOW)
    yield services
    services.store.close()


def papers_of(folder: Path) -> list[dict[str, Any]]:
    with opened(folder) as services:
        papers = sorted(pipeline.export(services), key=lambda paper: paper["id"])
    for paper in papers:
        del paper["added_at"]
    return papers


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large, and batches are small."""
    for name, value in (("LARGE_FILE", 1), ("BATCH", 200), ("BULK_BATCH", 200)):
        monkeypatch.setattr(pipeline, name, value)


@pytest.mark.usefixtures("large")
def test_an_import_that_died_reads_no_line_of_a_large_file_twice(
    papers_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, calls = FileImports.store, 0

    def dying(*arguments: Any) -> ImportCounts:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise Killed
        return store(*arguments)

    with opened(tmp_path) as services:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(FileImports, "store", dying)
            pipeline.import_files(services, [papers_file])
        rest = pipeline.import_files(services, [papers_file])
        assert (rest.counts, rest.resumed) == (ImportCounts(new=2500 - 4 * 200), True)
        again = pipeline.import_files(services, [papers_file])
        assert (again.counts, again.resumed) == (ImportCounts(unchanged=2500), False)


@pytest.mark.usefixtures("large")
def test_a_large_file_that_has_changed_since_is_read_from_its_start(
    papers_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*_: Any) -> None:
        raise Killed

    with opened(tmp_path) as services:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(FileImports, "forget", dying)
            pipeline.import_files(services, [papers_file])
        changed = {**invented_paper(0), "title": "Counting Lanterns Once More"}
        rest = papers_file.read_bytes().split(b"\n")[1:]
        papers_file.write_bytes(b"\n".join([orjson.dumps(changed), *rest]))
        counts = pipeline.import_files(services, [papers_file]).counts
        assert counts == ImportCounts(updated=1, unchanged=2499)


def test_killed_at_any_time_a_large_import_ends_as_one_that_was_left_alone(
    papers_file: Path, tmp_path: Path
) -> None:
    bad = b"\n".join([papers_file.read_bytes(), b'{"title": ', b'{"id": "2612.00001"}'])
    papers_file.write_bytes(bad)
    command = [sys.executable, "-c", IMPORT, str(papers_file)]
    subprocess.run(
        command, env=environment(tmp_path / "whole"), check=True, stdout=subprocess.DEVNULL
    )
    log = tmp_path / "broken" / "broadsheet.sqlite-wal"
    for size in (500_000, 1_000_000):
        process = subprocess.Popen(
            command, env=environment(tmp_path / "broken"), stdout=subprocess.DEVNULL
        )
        while process.poll() is None and not (log.exists() and log.stat().st_size > size):
            time.sleep(0.002)
        process.kill()
        assert process.wait() == -signal.SIGKILL, "the import was through before it was killed"
    last = subprocess.run(
        command, env=environment(tmp_path / "broken"), check=True, capture_output=True
    )
    assert 0 < int(last.stdout) < 2500
    assert papers_of(tmp_path / "broken") == papers_of(tmp_path / "whole")
    with opened(tmp_path / "broken") as services:
        assert services.store.rejects()[1] == 2


def test_a_large_import_is_indexed_beside_it(
    papers_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing_beside, "LARGE_IMPORT", 500)
    told: list[int] = []
    with opened(tmp_path) as services, IndexingBeside(services) as beside:
        pipeline.import_files(services, [papers_file], report=lambda done: beside.look(done.counts))
        assert beside.is_started
        assert beside.finish(told.append) == told[-1] == 2500
        state = services.index.state()
        assert (state.documents, state.revision) == (2500, services.store.revision())


@pytest.mark.parametrize("least", [0, 10_000])
def test_news_are_indexed_in_a_process_beside_the_readers_of_a_large_library(
    papers_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(indexing_beside, "LARGE_LIBRARY", least)
    started: list[bool] = []
    start = IndexingBeside.start
    monkeypatch.setattr(IndexingBeside, "start", lambda it: (started.append(True), start(it)))
    with opened(tmp_path) as services:
        pipeline.import_files(services, [papers_file])
        indexing_beside.sync_for_readers(services)
        assert bool(started) == (least == 0)
        state = services.index.state()
        assert (state.documents, state.revision) == (2500, services.store.revision())


def test_a_dead_index_process_is_told_and_leaves_the_papers(
    papers_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing_beside, "LARGE_IMPORT", 500)
    with opened(tmp_path) as services, IndexingBeside(services) as beside:
        pipeline.import_files(services, [papers_file], report=lambda done: beside.look(done.counts))
        assert beside._process is not None
        assert beside._process.pid is not None
        os.kill(beside._process.pid, signal.SIGKILL)
        with pytest.raises(IndexUnavailable, match=r"code -9.*broadsheet reindex"):
            beside.finish()
        assert services.store.count() == 2500
        assert pipeline.sync_index(services) == 2500


def test_the_index_process_ends_with_the_import_that_dies(
    papers_file: Path, tmp_path: Path
) -> None:
    program = (
        "import broadsheet.indexing_beside as b; b.LARGE_IMPORT = 1\n"
        "if __name__ == '__main__':\n"
        "    import sys, time\n"
        "    from broadsheet.services import open_services\n"
        "    from broadsheet.settings import load_settings\n"
        "    from broadsheet.domain import ImportCounts\n"
        "    beside = b.IndexingBeside(open_services(load_settings()))\n"
        "    beside.look(ImportCounts(new=1))\n"
        "    print(beside._process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    file = tmp_path / "importing_and_waiting.py"
    file.write_text(program)
    process = subprocess.Popen(
        [sys.executable, str(file)],
        env=environment(tmp_path / "data"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "the index process outlives the import"
        time.sleep(0.1)
