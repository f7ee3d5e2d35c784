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
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from broadsheet.errors import StorageError
from broadsheet.index.vector_tables import SetState

FORMAT = 3
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

    `sets` are its vectors, those of the encoder that every paper goes through first; none for an
    index of words alone. `version` is LanceDB's. `started` is the store's revision when building
    began; a generation that is not `is_whole` is still being built.
    """

    sets: tuple[SetState, ...] = ()
    revision: int = 0
    documents: int = 0
    version: int = 0
    started: int = 0
    is_whole: bool = False
    format: int = FORMAT

    @property
    def encoder(self) -> str:
        """The name of the first encoder; empty without vectors."""
        return self.sets[0].encoder if self.sets else ""

    def of_encoder(self, name: str) -> SetState | None:
        """The set of an encoder, or None."""
        return next((state for state in self.sets if state.encoder == name), None)

    def with_set(self, state: SetState) -> Manifest:
        """The same with a set replaced, or added at the end."""
        if self.of_encoder(state.encoder) is None:
            return replace(self, sets=(*self.sets, state))
        sets = tuple(state if each.encoder == state.encoder else each for each in self.sets)
        return replace(self, sets=sets)

    def without_set(self, encoder: str) -> Manifest:
        """The same without an encoder's set."""
        return replace(self, sets=tuple(each for each in self.sets if each.encoder != encoder))


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
            sets = tuple(SetState(**each) for each in found.pop("sets"))
            manifest = Manifest(sets=sets, **found)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return manifest if manifest.format == FORMAT else None

    def write_manifest(self, name: str, manifest: Manifest) -> None:
        """Move a generation's cursor."""
        _replace(self.folder(name) / _MANIFEST, json.dumps(asdict(manifest)))

    def unfinished(self) -> str | None:
        """The generation whose building was stopped, to go on with; None without one."""
        names = [name for name in self._names() if name > (self.current() or "")]
        return next((name for name in names if self._is_whole(name) is False), None)

    def _is_whole(self, name: str) -> bool | None:
        """Whether a generation was built to its end; None where it says nothing of itself."""
        manifest = self.manifest(name)
        return manifest.is_whole if manifest else None

    def create(self) -> str:
        """A new, empty generation; what was left of stopped builds is removed first."""
        stopped = self.unfinished()
        if stopped is not None:
            shutil.rmtree(self.folder(stopped), ignore_errors=True)
        self.remove_unused()
        taken = [int(name.removeprefix(_PREFIX)) for name in self._names()]
        name = f"{_PREFIX}{max(taken, default=0) + 1:06d}"
        self.folder(name).mkdir()
        return name

    def activate(self, name: str) -> None:
        """Make a finished generation the one in use."""
        _replace(self.root / _POINTER, name)

    def remove_unused(self) -> None:
        """Remove generations that are not in use; just replaced ones are left for a while.

        One whose building was stopped stays, to be gone on with.
        """
        current, unfinished = self.current(), self.unfinished()
        try:
            age = time.time() - (self.root / _POINTER).stat().st_mtime
        except OSError:
            age = GRACE_SECONDS
        for name in self._names():
            is_young = age < GRACE_SECONDS and self._is_whole(name) is not None
            if name not in (current, unfinished) and not is_young:
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
