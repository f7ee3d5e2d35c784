"""One database of each kind for a file of tests, emptied before each of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from broadsheet.services import Services
from talk import Clock, Talk, begin, open_services_at


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept_services(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Services, Clock]]:
    """Services on a database that outlives a test: making one takes longer than emptying it."""
    folder = tmp_path_factory.mktemp("talk")
    if request.param == "sqlite":
        services, clock = open_services_at(folder)
        yield services, clock
        services.store.close()
        return
    import psycopg

    server: str = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex[:12]}"
    admin = server.format(name="postgres").replace("+psycopg", "")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    services, clock = open_services_at(folder, server.format(name=name))
    yield services, clock
    services.store.close()


@pytest.fixture
def talk(kept_services: tuple[Services, Clock]) -> Talk:
    """A new community on a kept database."""
    return begin(*kept_services)
