"""Fixtures of mail: a real mail server, a library on each kind of database, readers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import Clock, Opened, open_desk

from broadsheet.services import Services
from mail_sink import Sink


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A mail server that does as the recipients' names say."""
    with Sink.running(tmp_path / "sink") as server:
        yield server


@pytest.fixture
def moving() -> Clock:
    """A clock that the test moves."""
    return Clock()


@pytest.fixture(scope="session")
def ready_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the papers of one day, to be copied: making one takes longer."""
    folder = tmp_path_factory.mktemp("ready") / "data"
    open_desk(folder).store.close()
    return folder


@pytest.fixture
def opened(tmp_path: Path, ready_made: Path, moving: Clock) -> Iterator[Opened]:
    """Opens libraries in the test's folder, and closes them."""
    kept: list[Services] = []

    def opening(port: int = 9, **values: Any) -> Services:
        if not values.keys() & {"database_url", "records"}:
            shutil.copytree(ready_made, tmp_path / "data", dirs_exist_ok=True)
            values["records"] = []
        services = open_desk(tmp_path / "data", port, **{"clock": moving, **values})
        kept.append(services)
        return services

    yield opening
    for services in kept:
        services.store.close()
