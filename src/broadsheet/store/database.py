"""Connections and transactions on SQLite and PostgreSQL, and the sentences for their failures.

One writer at a time: SQLite by BEGIN IMMEDIATE, PostgreSQL by an advisory lock that ends with the
transaction. Readers see the last commit and never wait.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError

from broadsheet.errors import ConfigurationError, StorageError
from broadsheet.store.schema import SCHEMA_REVISION

WAIT_SECONDS = 60

_WRITER_LOCK = 0x62_73_68_74
_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
_SHARED_LOCK = text("SELECT pg_advisory_xact_lock_shared(:lock)")
_WRITES = "broadsheet_writes"
_WAL_PAUSE_SECONDS = 0.01
_SQLITE_SENTENCES = {
    "SQLITE_FULL": "The disk is full: {place} could not be written. Free some space, then try "
    "again; nothing was half done.",
    "SQLITE_READONLY": "{place} is read-only. Allow writing to the file and its folder, or name "
    "another folder with BROADSHEET_DATA.",
    "SQLITE_CANTOPEN": "{place} cannot be opened. Check that its folder exists and may be written, "
    "or name another folder with BROADSHEET_DATA.",
    "SQLITE_NOTADB": "{place} is not a Broadsheet database. Move the file away, or name another "
    "folder with BROADSHEET_DATA.",
    "SQLITE_CORRUPT": "{place} is damaged. Restore it from a backup, or move it away and import "
    "again.",
    "SQLITE_BUSY": "{place} has been locked by another process for too long. Wait until that "
    "process has finished, then try again.",
    "SQLITE_LOCKED": "{place} is locked by another connection. Try again.",
    "SQLITE_IOERR": "{place} cannot be read or written: the disk reports an error. Check the disk "
    "and its free space.",
}
_POSTGRESQL_SENTENCES = {
    "53100": "The disk of {place} is full. Free some space, then try again; nothing was half done.",
    "25006": "{place} is read-only. Use an address that allows writing.",
    "55P03": "{place} has been locked by another process for too long. Wait until that process has "
    "finished, then try again.",
    "42501": "The user may not write to {place}. Grant it the rights on the database and schema.",
}


class Database:
    """One database: reads and writes as transactions, failures as StorageError."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._place = place
        # Threads that wait for SQLite's own lock sleep and retry; here each gets its turn at once.
        self._turn = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite; the only other kind is PostgreSQL."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in a transaction that sees one state throughout and writes nothing."""
        with self._sentences(), self._engine.connect() as connection:
            yield connection.execution_options(**self._reading)

    @contextmanager
    def write(self, *, beside_others: bool = False) -> Iterator[Connection]:
        """A connection in a transaction of the only writer; committed when the block ends well.

        A transaction `beside_others` runs on PostgreSQL at the same time as its like, but never as
        one of the only writer: it must lock the rows it counts on (a paper's first).
        """
        with self._sentences(), self._in_turn(), self._engine.connect() as connection:
            writer = connection.execution_options(**{_WRITES: True})
            with writer.begin():
                if not self.is_sqlite:
                    writer.execute(_SHARED_LOCK if beside_others else _LOCK, {"lock": _WRITER_LOCK})
                yield writer

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise StorageError(_SQLITE_SENTENCES["SQLITE_BUSY"].format(place=self._place))
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, ProgrammingError) as error:
            if getattr(error.orig, "sqlstate", None) not in _POSTGRESQL_SENTENCES:
                raise
            raise StorageError(self._sentence(error)) from error
        except DBAPIError as error:
            raise StorageError(self._sentence(error)) from error

    def _sentence(self, error: DBAPIError) -> str:
        cause = error.orig
        if isinstance(cause, sqlite3.Error):
            name = getattr(cause, "sqlite_errorname", "")
            found = next((s for n, s in _SQLITE_SENTENCES.items() if name.startswith(n)), None)
        else:
            found = _POSTGRESQL_SENTENCES.get(getattr(cause, "sqlstate", None) or "")
        reason = " ".join(str(cause).split())
        return (found or "{place} cannot be used: {reason}").format(
            place=self._place, reason=reason
        )


def open_database(url: str) -> Database:
    """The database at a SQLAlchemy address, its folder created and its tables brought up to date.

    Raises ConfigurationError for an address that is none, StorageError for a database that cannot
    be used.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "BROADSHEET_DATABASE_URL is no database address. Write sqlite:///FILE or "
            "postgresql+psycopg://USER:PASSWORD@HOST/NAME."
        ) from error
    database = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
    migrate(database)
    return database


def _sqlite(address: URL) -> Database:
    name = address.database or ""
    if not name or name == ":memory:":
        raise ConfigurationError("A library needs a file: write the address as sqlite:///FILE.")
    path = Path(name.removeprefix("file:"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder {path.parent} cannot be created ({error.strerror}). Allow writing there, "
            "or name another folder with BROADSHEET_DATA."
        ) from error
    engine = create_engine(
        address,
        connect_args={"timeout": WAIT_SECONDS},
        pool_size=5,
        max_overflow=60,
        pool_use_lifo=True,  # the connection used last has the warmest page cache
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, f"The database {path}")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # sqlite3 must not begin transactions by itself, or BEGIN IMMEDIATE would come too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.execute("PRAGMA temp_store = MEMORY")
    # A checkpoint after every batch of an import would write the same index pages again and again.
    cursor.execute("PRAGMA wal_autocheckpoint = 8000")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Turn on write-ahead logging.

    SQLite refuses the switch at once, whatever the busy timeout, while another process makes it on
    the same new file; so the waiting is done here.
    """
    deadline = monotonic() + WAIT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(_WAL_PAUSE_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _postgresql(address: URL) -> Database:
    if address.get_backend_name() != "postgresql":
        raise ConfigurationError(
            f"Broadsheet keeps papers in SQLite or PostgreSQL, not in {address.drivername}."
        )
    address = address.set(drivername="postgresql+psycopg")
    options = f"-c lock_timeout={WAIT_SECONDS}s -c timezone=UTC"
    try:
        engine = create_engine(
            address,
            connect_args={"options": options},
            pool_pre_ping=True,
            # As many as the server has threads: making a connection takes longer than a vote.
            pool_size=40,
            max_overflow=25,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "PostgreSQL needs the psycopg package: pip install 'broadsheet[postgresql]'."
        ) from error
    return Database(engine, f"The database {address.render_as_string(hide_password=True)}")


def migrate(database: Database) -> None:
    """Bring the tables to the revision that this code knows.

    Raises StorageError when the database was written by a newer Broadsheet.
    """
    with database.read() as connection:
        if _revision(connection) == SCHEMA_REVISION:
            return
    with database.write() as connection:
        _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    # Alembic takes 0.15 s to import, and a database that is up to date does not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StorageError(
            f"The database was written by a newer Broadsheet (tables of revision {found}; this one "
            f"knows {SCHEMA_REVISION}). Upgrade Broadsheet, or use another database."
        )
    command.upgrade(config, SCHEMA_REVISION)
