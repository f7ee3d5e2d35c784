"""The place of the index: one folder per generation, a pointer to the one in use, a lock.

Small files only; what is in a generation's table is not its matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace

from broadsheet.errors import StorageError
from broadsheet.index.places import Place
from broadsheet.index.vector_tables import SetState

FORMAT = 6
"""Raised whenever columns or text analysis change; an index of another format is rebuilt."""
Stamp = tuple[object, ...]
"""Differs whenever a reader must look again."""

_POINTER = "CURRENT"
_BUILDING = "BUILDING"
_MANIFEST = "state.json"
_LOCK = "write.lock"
_PREFIX = "generation-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds: every change of the store up to `revision`.

    `sets` are its vectors, those of the encoder that every paper goes through first; none for an
    index of words alone. `version` is Lance's. `started` is the store's revision when building
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
class View:
    """What a reader needs to know of the generations, as one look found it.

    `name` and `manifest` are of the generation in use, None where there is none. `trouble` is a
    sentence where the place could not be looked at, and the rest is from before.
    """

    stamp: Stamp
    name: str | None
    manifest: Manifest | None
    is_building: bool
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations below one place; every method may raise OSError where that is remote."""

    root: Place

    def current(self) -> str | None:
        """The name of the generation in use; None where there is none."""
        name = (self.root.read(_POINTER) or b"").decode(errors="replace").strip()
        return name if name.startswith(_PREFIX) and "/" not in name else None

    def folder(self, name: str) -> Place:
        """Where a generation lies."""
        return self.root.below(name)

    def manifest(self, name: str) -> Manifest | None:
        """A generation's manifest; None when it is missing or of another format."""
        content = self.folder(name).read(_MANIFEST)
        try:
            found = json.loads(content or b"")
            sets = tuple(SetState(**each) for each in found.pop("sets"))
            manifest = Manifest(sets=sets, **found)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        return manifest if manifest.format == FORMAT else None

    def write_manifest(self, name: str, manifest: Manifest) -> None:
        """Move a generation's cursor."""
        self.folder(name).write(_MANIFEST, json.dumps(asdict(manifest)).encode())

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
            self.root.remove_folder(stopped)
        self.remove_unused()
        taken = [int(name.removeprefix(_PREFIX)) for name in self._names()]
        name = f"{_PREFIX}{max(taken, default=0) + 1:06d}"
        self.folder(name).make()
        return name

    def activate(self, name: str) -> None:
        """Make a finished generation the one in use."""
        self.root.write(_POINTER, name.encode())

    def remove_unused(self) -> None:
        """Remove generations that are not in use; just replaced ones are left for a while.

        One whose building was stopped stays, to be gone on with.
        """
        current, unfinished = self.current(), self.unfinished()
        grace = self.root.grace_seconds
        age = self.root.age(_POINTER)
        for name in self._names():
            is_young = age is not None and age < grace and self._is_whole(name) is not None
            if name not in (current, unfinished) and not is_young:
                self.root.remove_folder(name)

    def _names(self) -> list[str]:
        return sorted(
            name for name in self.root.folders() if name.removeprefix(_PREFIX).isdecimal()
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write; waits for another process that has it.

        Raises StorageError when the place cannot be written.
        """
        with ExitStack() as held:
            try:
                self.root.make()
                held.enter_context(self.root.locked(_LOCK))
            except OSError as error:
                raise StorageError(self._advice(error)) from error
            yield

    def _advice(self, error: OSError) -> str:
        if self.root.is_remote:
            return f"The search index cannot be written: {error}."
        return (
            f"The search index in {self.root.uri} cannot be written ({error.strerror}). "
            "Make the folder writable, or set BROADSHEET_DATA to another one."
        )

    @contextmanager
    def building(self) -> Iterator[None]:
        """Show to other processes that a generation is being built; needs `writing`."""
        self.root.write(_BUILDING, b"1")
        try:
            yield
        finally:
            self.root.remove(_BUILDING)

    def is_building(self) -> bool:
        """Whether some process is building a generation; one that was killed does not count."""
        return self.root.mark(_BUILDING) is not None and self.root.is_locked(_LOCK)

    def stamp(self) -> Stamp:
        """What tells a reader to look again; two `stat` calls in a folder."""
        return self._stamp(self.current())

    def _stamp(self, name: str | None) -> Stamp:
        mark = self.folder(name).mark(_MANIFEST) if name else None
        return (name,) if mark is None else (name, mark)

    def view(self) -> View:
        """Everything that a reader needs to know."""
        name = self.current()
        if name is None:
            self.root.exists()  # a bucket that is gone is trouble, not an index that is missing
        stamp = self._stamp(name)
        manifest = self.manifest(name) if name else None
        return View(stamp, name, manifest, self.is_building())
