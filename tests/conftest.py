"""Fixtures that every part of the tests shares: real databases, frozen time, the real data."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import pytest

from broadsheet.store import Store
from parts import PROJECT, missing_part

# Servers of tests that are about something else do not encode papers meanwhile.
os.environ.setdefault("BROADSHEET_IMPROVER", "none")

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)


JOURNEYS = (
    "tests/whole/",
    "tests/delivery/people/test_browser_",
    "tests/delivery/people/test_api_survives_anything.py",
    "tests/delivery/test_browser.py",
    "tests/delivery/people/test_web_elsewhere.py",
    "tests/delivery/people/test_routes_and_roles.py",
    "tests/sources/test_real_data.py",
    "tests/mail/test_kills.py",
    "tests/mail/test_sending.py",
    "tests/index/test_index_on_s3.py",
    "tests/index/test_parts.py",
    "tests/delivery/protocols/test_protocol_clients.py",
    "tests/delivery/protocols/test_reading_clients.py",
    "tests/delivery/protocols/test_writing_clients.py",
    "tests/store/test_processes.py",
    "tests/store/test_order.py",
    "tests/intake/test_kill.py",
    "tests/webhooks/test_webhook_kills.py",
    "tests/intake/test_fortnight.py",
    "tests/delivery/protocols/test_oai_pmh.py::test_the_corpus_is_harvested",
    "tests/delivery/agents/test_mcp_tools.py::test_the_command_serves",
)
"""Tests that start programs and browsers, kill them, or try everything with everybody and all data:
`make journeys`, a part of `make check`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(JOURNEYS):
            item.add_marker("journey")


@pytest.fixture
def now() -> datetime:
    """The frozen time of the tests."""
    return NOW


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """A clock that stands still at `NOW`."""
    return lambda: NOW


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("BROADSHEET_TEST_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is not at {folder}; set BROADSHEET_TEST_DATA")
    return folder


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _as_postgres(command: list[str]) -> None:
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=60)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL cluster that lives as long as the test run."""
    binaries = _postgres_binaries()
    if binaries is None:
        missing_part("PostgreSQL")
    folder = Path(f"/tmp/broadsheet-postgres-{uuid.uuid4().hex[:8]}")
    _as_postgres(
        [str(binaries / "initdb"), "-D", str(folder), "-A", "trust", "-U", "postgres", "-N"]
    )
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
    _as_postgres(
        [str(binaries / "pg_ctl"), "-D", str(folder), "-o", options, "-l", f"{folder}/log", "start"]
    )
    try:
        yield f"postgresql+psycopg://postgres@/{{name}}?host={folder}"
    finally:
        _as_postgres([str(binaries / "pg_ctl"), "-D", str(folder), "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables; copying it is faster than migrating another."""
    file = tmp_path_factory.mktemp("tables") / "broadsheet.sqlite"
    Store.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def postgres_library(postgres_server: str) -> str:
    """The name of a PostgreSQL database with all tables, to make others from."""
    name = f"tables{uuid.uuid4().hex[:8]}"
    _on_postgres(postgres_server, f'CREATE DATABASE "{name}"')
    Store.open(postgres_server.format(name=name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a library that holds nothing, once for each kind of database we support."""
    if request.param == "sqlite":
        file = tmp_path / "broadsheet.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_library"), file)
        yield f"sqlite:///{file}"
        return
    template = request.getfixturevalue("postgres_library")
    yield from _postgres_database(request.getfixturevalue("postgres_server"), template)


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, once for each kind we support."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'broadsheet.sqlite'}"
        return
    yield from _postgres_database(request.getfixturevalue("postgres_server"), "template1")


def _postgres_database(server: str, template: str) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex[:12]}"
    _on_postgres(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield server.format(name=name)
    _on_postgres(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _on_postgres(server: str, statement: LiteralString) -> None:
    import psycopg

    admin = server.format(name="postgres").replace("+psycopg", "")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(statement)
