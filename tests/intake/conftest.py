"""A library, a clock that the test moves, and a server that stands for the outside world."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from outside import Clock

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


@pytest.fixture
def services(tmp_path: Path, moving: Clock) -> Iterator[Services]:
    opened = open_services(Settings(data=tmp_path / "data"), moving)
    yield opened
    opened.store.close()
