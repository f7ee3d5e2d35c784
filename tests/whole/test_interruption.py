"""An import may die at any moment; running it again gives what an uninterrupted run gives."""

from __future__ import annotations

import json
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

import pytest
from programs import environment

from broadsheet import pipeline
from broadsheet.domain import Listing, ListingKind
from broadsheet.index.writing import Writer
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.file_imports import FileImports

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@contextmanager
def opened(folder: Path) -> Iterator[Services]:
    services = open_services(Settings(data=folder), lambda: NOW)
    yield services
    services.store.close()


def bring_in(folder: Path, file: Path) -> None:
    with opened(folder) as services:
        pipeline.import_files(services, [file])
        pipeline.sync_index(services)


def library(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """All papers, and what a search over the index finds."""
    with opened(folder) as services:
        papers = sorted(pipeline.export(services), key=lambda paper: paper["id"])
        for paper in papers:
            del paper["added_at"]
        listing = Listing(ListingKind.SEARCH, query="beehives", limit=100)
        found = [hit.paper.key for hit in services.ranking.page(listing).hits]
        assert services.index.state().documents == len(papers)
        return papers, found


STEPS = [
    (FileImports, "store", 1),
    (FileImports, "store", 2),
    (FileImports, "forget", 1),
    (Writer, "build", 1),
    (Writer, "apply_changes", 1),
]


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "step", "count"), STEPS)
def test_an_import_that_died_between_two_steps_is_completed_by_the_next(
    owner: type,
    step: str,
    count: int,
    is_after: bool,
    papers_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bring_in(tmp_path / "whole", papers_file)
    work = getattr(owner, step)
    calls = 0

    def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and not is_after:
            raise Killed
        result = work(*arguments, **named)
        if calls == count:
            raise Killed
        return result

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(owner, step, dying)
        bring_in(tmp_path / "broken", papers_file)
    bring_in(tmp_path / "broken", papers_file)
    assert library(tmp_path / "broken") == library(tmp_path / "whole")


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.85, 0.95])
def test_an_import_killed_by_the_system_is_completed_by_the_next(
    share: float, papers_file: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "broadsheet", "import", str(papers_file)]
    started = time.monotonic()
    subprocess.run(
        command, env=environment(tmp_path / "whole"), check=True, stdout=subprocess.DEVNULL
    )
    seconds = time.monotonic() - started
    process = subprocess.Popen(
        command, env=environment(tmp_path / "broken"), stdout=subprocess.DEVNULL
    )
    time.sleep(seconds * share)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(
        command, env=environment(tmp_path / "broken"), check=True, stdout=subprocess.DEVNULL
    )
    assert library(tmp_path / "broken") == library(tmp_path / "whole")


def test_two_imports_at_once_both_finish(papers_file: Path, data: Path) -> None:
    command = [sys.executable, "-m", "broadsheet", "import", "--json", str(papers_file)]
    both = [
        subprocess.Popen(command, env=environment(data), stdout=subprocess.PIPE) for _ in range(2)
    ]
    summaries = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(summary["new"] for summary in summaries) == 2500
    assert sum(summary["unchanged"] for summary in summaries) == 2500
    papers, _ = library(data)
    assert len(papers) == 2500
