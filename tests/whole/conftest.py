"""The whole program on invented papers: files in, the `broadsheet` command as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from programs import Run, environment, invented_paper


@pytest.fixture
def papers_file(tmp_path: Path) -> Path:
    """A file of 2,500 invented papers, several batches long."""
    path = tmp_path / "papers.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(invented_paper(number)) for number in range(2500)))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder that `run` works in."""
    return tmp_path / "data"


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Run:
    """Run `broadsheet` with arguments, as a process of its own."""

    def running(
        *arguments: str, code: int = 0, folder: Path = data, stdin: bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "broadsheet", *arguments],
            env=environment(folder),
            cwd=tmp_path,
            input=stdin.decode() if stdin is not None else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done

    return running
