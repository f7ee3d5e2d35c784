"""Opening, upgrading and failing: what people read when a database cannot be used."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from importing import write_as_nobody
from invented import arxiv
from sqlalchemy import event, text

import broadsheet.store.database as database_module
from broadsheet.errors import ConfigurationError, StorageError
from broadsheet.store import Store, schema

MIGRATIONS = Path(database_module.__file__).parent / "migrations"


def test_store_makes_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "b.sqlite"
    Store.open(f"sqlite:///{path}").close()
    assert path.is_file()


def test_migrations_build_the_tables_that_the_code_expects(store: Store) -> None:
    with store._database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []


def test_code_knows_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.SCHEMA_REVISION


def test_opening_again_keeps_what_is_there(unmigrated_url: str, now: datetime) -> None:
    first = Store.open(unmigrated_url)
    first.ingest([arxiv()], now=now)
    first.close()
    second = Store.open(unmigrated_url)
    assert second.count() == 1
    second.close()


def test_database_of_a_newer_broadsheet_is_refused(unmigrated_url: str) -> None:
    store = Store.open(unmigrated_url)
    with store._database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StorageError, match=r"newer Broadsheet.*9999"):
        Store.open(unmigrated_url)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.sqlite"
    path.write_text("Dear reader, this is not a database. " * 100)
    with pytest.raises(StorageError, match="not a Broadsheet database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear reader")


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"folder .*file/data cannot be created"):
        Store.open(f"sqlite:///{tmp_path}/file/data/b.sqlite")


def test_folder_in_place_of_the_file_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        Store.open(f"sqlite:///{tmp_path}")


def test_read_only_sqlite_says_so(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "b.sqlite"
    Store.open(f"sqlite:///{path}").close()
    store = Store.open(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StorageError, match="is read-only"):
        store.ingest([arxiv()], now=now)
    store.close()


@pytest.mark.parametrize("unmigrated_url", ["postgresql"], indirect=True)
def test_read_only_postgresql_says_so(unmigrated_url: str, now: datetime) -> None:
    store = Store.open(unmigrated_url)

    @event.listens_for(store._database._engine, "begin")
    def _refuse(connection: object) -> None:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")  # type: ignore[attr-defined]

    with pytest.raises(StorageError, match="is read-only"):
        store.ingest([arxiv()], now=now)
    store.close()


def test_read_only_folder_says_so() -> None:
    with TemporaryDirectory() as folder:
        Store.open(f"sqlite:///{folder}/b.sqlite").close()
        (Path(folder) / "open").mkdir()
        (Path(folder) / "open").chmod(0o777)
        Path(folder).chmod(0o555)
        writer = multiprocessing.get_context("spawn").Process(
            target=write_as_nobody, args=(folder,)
        )
        writer.start()
        writer.join(60)
        Path(folder).chmod(0o755)
        sentence = (Path(folder) / "open" / "sentence").read_text()
    assert "name another folder with BROADSHEET_DATA" in sentence


@pytest.fixture
def full_store(tmp_path: Path, now: datetime) -> Iterator[Store]:
    """A store whose disk holds one paper and a little more."""
    store = Store.open(f"sqlite:///{tmp_path / 'b.sqlite'}")
    store.ingest([arxiv()], now=now)

    @event.listens_for(store._database._engine, "checkout")
    def _shrink(connection: sqlite3.Connection, *_rest: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    yield store
    store.close()


def test_full_disk_is_a_sentence_and_nothing_is_half_done(full_store: Store, now: datetime) -> None:
    many = [arxiv(f"2604.{n:05}", title=f"Oak {n}", abstract="long " * 999) for n in range(50)]
    with pytest.raises(StorageError, match="disk is full"):
        full_store.ingest(many, now=now)
    assert full_store.count() == 1
    assert full_store.pending(0) == 1


def test_long_locked_database_is_a_sentence(
    unmigrated_url: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "WAIT_SECONDS", 1)
    store = Store.open(unmigrated_url)
    is_held, may_end = Event(), Event()

    def hold() -> None:
        with store._database.write():
            is_held.set()
            may_end.wait(30)

    holder = Thread(target=hold)
    holder.start()
    is_held.wait(30)
    try:
        with pytest.raises(StorageError, match="locked by another process for too long"):
            store.ingest([arxiv()], now=now)
        assert store.count() == 0
    finally:
        may_end.set()
        holder.join()
        store.close()


def test_server_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(StorageError, match="cannot be used") as caught:
        Store.open("postgresql://reader:secret@127.0.0.1:1/papers")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["papers", "mysql://host/papers", "sqlite://", "sqlite:///:memory:"]
)
def test_address_of_no_usable_database_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Store.open(url)


def test_damaged_database_is_a_sentence(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "b.sqlite"
    store = Store.open(f"sqlite:///{path}")
    many = [arxiv(f"2604.{n:05}", title=f"Oak {n}", abstract="long " * 999) for n in range(50)]
    store.ingest(many, now=now)
    store.close()
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xa5" * (len(raw) - 4096)
    path.write_bytes(raw)
    with pytest.raises(StorageError, match="is damaged"):
        list(Store.open(f"sqlite:///{path}").every_paper())
