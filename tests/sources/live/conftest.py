"""A loopback server for every test, and a fetcher that may ask nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.sources.live.fetching import Fetcher, Gate
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
def fetch(server: Loopback, tmp_path: Path) -> Iterator[Fetcher]:
    """Asks the loopback server only, without pauses between requests."""
    gate = Gate(tmp_path / "gates", wait=lambda _: None)
    fetcher = Fetcher(frozenset({server.host}), 0.0, gate, silence=3.0, longest_answer=5.0)
    yield fetcher
    fetcher.close()
