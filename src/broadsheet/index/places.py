"""Where the files of the index lie: a folder of this machine, or a part of a bucket (`bucket`).

Small whole files, folders and a lock; what is in them is not its matter. Tables below a place are
Lance's own: `uri` and `options` are what it opens them with.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from broadsheet.errors import ConfigurationError

GRACE_SECONDS = 60.0
"""How long a replaced generation stays in a folder, for searches that still read it."""


class PlaceTrouble(OSError):
    """A place that cannot be reached just now; the message says which, and why."""


class Place(Protocol):
    """A folder and what may be done in it; every method may raise OSError.

    A file is replaced as a whole: a reader finds the old or the new one, never half of it.
    """

    @property
    def uri(self) -> str:
        """What Lance opens: a path, or an address of the form s3://bucket/prefix."""

    @property
    def options(self) -> Mapping[str, str] | None:
        """How Lance reaches it; None for a folder."""

    @property
    def is_remote(self) -> bool:
        """Whether every look goes over the network."""

    @property
    def trouble(self) -> str:
        """Why the place could not be reached when it was last tried; empty if it could."""

    @property
    def grace_seconds(self) -> float:
        """How long a replaced generation stays, for searches that still read it."""

    def below(self, name: str) -> Place:
        """A folder in this one."""

    def exists(self) -> bool:
        """Whether anything is here."""

    def make(self) -> None:
        """Make the folder, and those above it."""

    def folders(self) -> list[str]:
        """The names of the folders in this one."""

    def remove_folder(self, name: str) -> None:
        """Remove a folder with everything in it, as far as that is possible."""

    def read(self, name: str) -> bytes | None:
        """A whole file; None where there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Replace a whole file, durably."""

    def remove(self, name: str) -> None:
        """Remove a file, which need not be there."""

    def mark(self, name: str) -> object:
        """A value that differs once a file is replaced; None where there is none."""

    def age(self, name: str) -> float | None:
        """Seconds since a file was written; None where there is none."""

    def locked(self, name: str) -> AbstractContextManager[None]:
        """Hold a lock for the time of a block; waits for whoever has it."""

    def is_locked(self, name: str) -> bool:
        """Whether somebody has the lock; one whose process has died does not count."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine, which need not exist."""

    path: Path

    is_remote = False
    options = None
    trouble = ""

    @property
    def uri(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def grace_seconds(self) -> float:
        """How long a replaced generation stays, for searches that still read it."""
        return GRACE_SECONDS

    def below(self, name: str) -> Folder:
        """A folder in this one."""
        return Folder(self.path / name)

    def exists(self) -> bool:
        """Whether the folder is here."""
        return self.path.is_dir()

    def make(self) -> None:
        """Make the folder, and those above it."""
        self.path.mkdir(parents=True, exist_ok=True)

    def folders(self) -> list[str]:
        """The names of the folders in this one."""
        return [entry.name for entry in self.path.iterdir() if entry.is_dir()]

    def remove_folder(self, name: str) -> None:
        """Remove a folder with everything in it, as far as that is possible."""
        shutil.rmtree(self.path / name, ignore_errors=True)

    def read(self, name: str) -> bytes | None:
        """A whole file; None where it cannot be read."""
        try:
            return (self.path / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Replace a whole file, durably."""
        path = self.path / name
        temporary = path.with_name(path.name + ".new")
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    def remove(self, name: str) -> None:
        """Remove a file, which need not be there."""
        (self.path / name).unlink(missing_ok=True)

    def mark(self, name: str) -> object:
        """When the file was written, and which it is; costs one `stat`."""
        try:
            facts = (self.path / name).stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_ino

    def age(self, name: str) -> float | None:
        """Seconds since a file was written; None where there is none."""
        try:
            return time.time() - (self.path / name).stat().st_mtime
        except OSError:
            return None

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a lock of the operating system, which ends with the process."""
        with FileLock(self.path / name):
            yield

    def is_locked(self, name: str) -> bool:
        """Whether some process has the lock."""
        try:
            with FileLock(self.path / name).acquire(timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False


def place_of(address: Place | Path | str, *, may_use_http: bool = False) -> Place:
    """The place of an address: a folder, or s3://bucket/prefix.

    `may_use_http` allows an object store that is reached without encryption. Raises
    ConfigurationError for an address or environment that cannot be meant.
    """
    if isinstance(address, str) and address.startswith("s3://"):
        from broadsheet.index.bucket import open_bucket

        return open_bucket(address, may_use_http=may_use_http)
    if isinstance(address, str) and "://" in address:
        raise ConfigurationError("BROADSHEET_INDEX must be a folder or s3://bucket/prefix.")
    return Folder(Path(address)) if isinstance(address, str | Path) else address
