"""One database of each kind for a file of tests, and one server that gets deliveries."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from hooks import Clock, Pier, begin, open_hooks

from broadsheet.services import Services
from loopback import Loopback


@pytest.fixture(scope="session")
def receiver() -> Iterator[Loopback]:
    with Loopback.running() as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept_hooks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Services, Clock]]:
    """Services on a database that outlives a test: making one takes longer than emptying it."""
    folder = tmp_path_factory.mktemp("hooks")
    if request.param == "sqlite":
        services, clock = open_hooks(folder)
        yield services, clock
        services.store.close()
        return
    import psycopg

    server: str = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex[:12]}"
    admin = server.format(name="postgres").replace("+psycopg", "")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    services, clock = open_hooks(folder, server.format(name=name))
    yield services, clock
    services.store.close()


@pytest.fixture
def pier(kept_hooks: tuple[Services, Clock], receiver: Loopback) -> Pier:
    """An empty library with Alice and Bob."""
    return begin(*kept_hooks, receiver)
