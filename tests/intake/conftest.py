"""A library, a clock that the test moves, and a server that stands for the outside world."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Command, Done
from outside import Clock

from broadsheet.cli import run_command_line
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from loopback import Loopback


@pytest.fixture(scope="session")
def one_loopback() -> Iterator[Loopback]:
    with Loopback.running() as server:
        yield server


@pytest.fixture
def server(one_loopback: Loopback) -> Loopback:
    one_loopback.forget()
    return one_loopback


@pytest.fixture
def moving() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database; copying it is faster than making another."""
    folder = tmp_path_factory.mktemp("empty") / "data"
    open_services(Settings(data=folder)).store.close()
    return folder


@pytest.fixture
def services(tmp_path: Path, empty_library: Path, moving: Clock) -> Iterator[Services]:
    shutil.copytree(empty_library, tmp_path / "data")
    opened = open_services(Settings(data=tmp_path / "data"), moving)
    yield opened
    opened.store.close()


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs `broadsheet` with arguments, in the data folder of `services`, on the real clock."""
    monkeypatch.setenv("BROADSHEET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    on_interrupt = signal.getsignal(signal.SIGINT)

    def running(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["broadsheet", *arguments])
        capsys.readouterr()
        code: object = 0
        try:
            run_command_line()
        except SystemExit as end:
            code = end.code or 0
        written = capsys.readouterr()
        return Done(int(str(code)), written.out, written.err)

    yield running
    signal.signal(signal.SIGINT, on_interrupt)
