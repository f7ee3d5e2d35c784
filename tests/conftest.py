"""Fixtures that every part of the tests shares: real databases, frozen time, the real data."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parts import PROJECT, missing_part

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)


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


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, empty database, once for each kind we support."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'broadsheet.sqlite'}"
        return
    import psycopg

    server: str = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex[:12]}"
    admin = server.format(name="postgres").replace("+psycopg", "")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield server.format(name=name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
