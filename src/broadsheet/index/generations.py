"""The folder of the index: one sub-folder per generation, a pointer to the one in use, a lock.

Files only; what is in a generation's table is not its matter. Every file is replaced as a whole,
so a reader finds the old or the new one, never half of it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from broadsheet.errors import StorageError

FORMAT = 2
"""Raised whenever columns or text analysis change; an index of another format is rebuilt."""
GRACE_SECONDS = 60.0
"""How long a replaced generation stays, for searches that still read it."""

_POINTER = "CURRENT"
_BUILDING = "BUILDING"
_MANIFEST = "state.json"
_PREFIX = "generation-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds: every change of the store up to `revision`.

    `encoder` is empty and `dim` 0 for an index without vectors; `version` is LanceDB's.
    """

    encoder: str
    dim: int
    revision: int = 0
    documents: int = 0
    version: int = 0
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations below one folder, which need not exist."""

    root: Path

    def current(self) -> str | None:
        """The name of the generation in use; None where there is none."""
        try:
            name = (self.root / _POINTER).read_text().strip()
        except OSError:
            return None
        return name if name.startswith(_PREFIX) and "/" not in name else None

    def folder(self, name: str) -> Path:
        """Where a generation lies."""
        return self.root / name

    def manifest(self, name: str) -> Manifest | None:
        """A generation's manifest; None when it is missing or of another format."""
        try:
            found = json.loads((self.folder(name) / _MANIFEST).read_bytes())
            manifest = Manifest(**found)
        except (OSError, ValueError, TypeError):
            return None
        return manifest if manifest.format == FORMAT else None

    def write_manifest(self, name: str, manifest: Manifest) -> None:
        """Move a generation's cursor."""
        _replace(self.folder(name) / _MANIFEST, json.dumps(asdict(manifest)))

    def create(self) -> str:
        """A new, empty generation; what was left of stopped builds is removed first."""
        self.remove_unused()
        taken = [int(name.removeprefix(_PREFIX)) for name in self._names()]
        name = f"{_PREFIX}{max(taken, default=0) + 1:06d}"
        self.folder(name).mkdir()
        return name

    def activate(self, name: str) -> None:
        """Make a finished generation the one in use."""
        _replace(self.root / _POINTER, name)

    def remove_unused(self) -> None:
        """Remove generations that are not in use; just replaced ones are left for a while."""
        current = self.current()
        try:
            age = time.time() - (self.root / _POINTER).stat().st_mtime
        except OSError:
            age = GRACE_SECONDS
        for name in self._names():
            has_been_used = self.manifest(name) is not None
            if name != current and (age >= GRACE_SECONDS or not has_been_used):
                shutil.rmtree(self.folder(name), ignore_errors=True)

    def _names(self) -> list[str]:
        return sorted(
            entry.name
            for entry in self.root.iterdir()
            if entry.name.removeprefix(_PREFIX).isdecimal() and entry.is_dir()
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write; waits for another process that has it.

        Raises StorageError when the folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = self._lock()
            lock.acquire()
        except OSError as error:
            message = (
                f"The search index in {self.root} cannot be written ({error.strerror}). "
                "Make the folder writable, or set BROADSHEET_DATA to another one."
            )
            raise StorageError(message) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def building(self) -> Iterator[None]:
        """Show to other processes that a generation is being built; needs `writing`."""
        marker = self.root / _BUILDING
        marker.touch()
        try:
            yield
        finally:
            marker.unlink(missing_ok=True)

    def is_building(self) -> bool:
        """Whether some process is building a generation; one that was killed does not count."""
        if not (self.root / _BUILDING).exists():
            return False
        try:
            with self._lock().acquire(timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def stamp(self) -> tuple[object, ...]:
        """A value that differs whenever a reader must look again; costs two `stat` calls."""
        name = self.current()
        try:
            facts = (self.folder(name) / _MANIFEST).stat() if name else None
        except OSError:
            facts = None
        return (name, facts.st_mtime_ns, facts.st_ino) if facts else (name,)

    def _lock(self) -> FileLock:
        return FileLock(self.root / "write.lock")


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".new")
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
