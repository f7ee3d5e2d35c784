"""A disk that is full or read-only: a sentence, exit code 1, and nothing half done."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from programs import Run

from parts import missing_part

Mount = Callable[[str], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        missing_part("the right to mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_a_sentence_and_leaves_the_library_whole(
    run: Run, papers_file: Path, small_disk: Path
) -> None:
    done = run("import", str(papers_file), code=1, folder=small_disk / "data")
    assert "full" in done.stderr
    assert "Traceback" not in done.stderr
    status = json.loads(run("status", "--json", folder=small_disk / "data").stdout)
    assert status["papers"] % 1000 == 0


def test_a_read_only_folder_is_a_sentence(run: Run, papers_file: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for command in (("import", str(papers_file)), ("serve", "--port", "0"), ("reindex",)):
        done = run(*command, code=1, folder=small_disk / "data")
        assert "Traceback" not in done.stderr
        assert str(small_disk) in done.stderr
