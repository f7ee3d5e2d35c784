"""The search index on disk: opens it, keeps it up to date, and hands out snapshots for searching.

Everything here can be deleted and built again from the store; opening never fails, `state` tells.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from broadsheet.errors import IndexUnavailable, StorageError
from broadsheet.index.columns import Floats, read_columns
from broadsheet.index.documents import Feed
from broadsheet.index.generations import Generations, Manifest
from broadsheet.index.reading import Table
from broadsheet.index.snapshot import Snapshot, lance_errors
from broadsheet.index.writing import Encoder, Progress, Writer

REBUILD_SHARE = 0.5
"""With more than this share of the papers changed, building anew is faster than updating."""

_MISSING = "There is no search index yet."
_REMEDY = "Run `broadsheet reindex` to build it."
_BUILDING = "The search index is being built."


@dataclass(frozen=True, slots=True)
class IndexState:
    """How the index is: whether it can be searched, and if not, why and what to do.

    It holds every change of the store up to `revision`. `encoder` names the encoder of its
    vectors, and is empty for an index of words alone.
    """

    is_available: bool
    reason: str
    generation: str
    revision: int
    documents: int
    encoder: str
    is_building: bool


def _ignore(_: int) -> None:
    pass


class PaperIndex:
    """The index in one folder; safe to use from several threads, and beside other processes."""

    def __init__(self, path: Path, encoder: Encoder | None) -> None:
        self._generations = Generations(path)
        self._encoder = encoder
        self._opening = threading.Lock()
        self._opened: tuple[tuple[object, ...], str, Snapshot] | None = None

    def state(self) -> IndexState:
        """How the index is just now; reads two small files and never fails."""
        name = self._generations.current()
        manifest = self._generations.manifest(name) if name else None
        is_building = self._generations.is_building()
        if name is None or manifest is None or not self._generations.folder(name).is_dir():
            reason = _BUILDING if is_building else _MISSING
            return IndexState(False, reason, "", 0, 0, "", is_building)
        return IndexState(
            is_available=True,
            reason="",
            generation=name,
            revision=manifest.revision,
            documents=manifest.documents,
            encoder=manifest.encoder,
            is_building=is_building,
        )

    def stamp(self) -> str:
        """Differs whenever searches may find something else; looks at two files, opens none."""
        return repr(self._generations.stamp())

    def snapshot(self) -> Snapshot:
        """The newest state of the index, for searching; whoever wrote it, in whatever process.

        Looks for news with two file stats, and reads what has changed. Raises IndexUnavailable.
        """
        stamp = self._generations.stamp()
        opened = self._opened
        if opened is not None and opened[0] == stamp:
            return opened[2]
        with self._opening:
            if self._opened is None or self._opened[0] != stamp:
                self._opened = self._open(stamp)
            return self._opened[2]

    def _open(self, stamp: tuple[object, ...]) -> tuple[tuple[object, ...], str, Snapshot]:
        name = self._generations.current()
        manifest = self._generations.manifest(name) if name else None
        if name is None or manifest is None:
            raise IndexUnavailable(f"{self.state().reason or _MISSING} {_REMEDY}")
        previous = self._opened[2] if self._opened and self._opened[1] == name else None
        with lance_errors():
            table = Table.open(self._generations.folder(name))
            columns = read_columns(
                table,
                manifest.dim,
                previous.columns if previous else None,
                previous.manifest.revision if previous else 0,
            )
        return stamp, name, Snapshot(table, columns, manifest)

    def can_compare_meanings(self, snapshot: Snapshot) -> bool:
        """Whether the encoder at hand is the one that the snapshot's vectors were made with."""
        return self._encoder is not None and self._encoder.name == snapshot.manifest.encoder

    def query_vector(self, snapshot: Snapshot, text: str) -> Floats | None:
        """The vector of a query (dim,), or None where it cannot be compared with the index's.

        That is so where `can_compare_meanings` is False, and for a text without a known word.
        """
        if self._encoder is None or not self.can_compare_meanings(snapshot):
            return None
        vector = np.asarray(self._encoder.encode([text])[0], dtype=np.float32)
        return vector if vector.any() else None

    @staticmethod
    def warm_up() -> None:
        """Import LanceDB beside other work; that takes two seconds, in part without the GIL."""
        threading.Thread(target=importlib.import_module, args=("lancedb",), daemon=True).start()

    def sync(self, feed: Feed, progress: Progress = _ignore) -> int:
        """Take in what changed in the store since the index's revision; the number of changes.

        Builds anew where the index is missing, damaged, of another format or encoder, or where
        most papers changed. `progress` gets the changes made so far. Waits while another process
        writes. Can be stopped at any moment and run again. Raises StorageError when the folder
        cannot be written.
        """
        with self._writing() as writer:
            name = self._usable_generation(writer, feed)
            if name is not None:
                try:
                    return writer.apply_changes(name, feed, progress)
                except (RuntimeError, ValueError, FileNotFoundError):
                    pass  # the table is damaged, as far as one can tell: build it anew
            return self._rebuild(writer, feed, progress)

    def rebuild(self, feed: Feed, progress: Progress = _ignore) -> IndexState:
        """Build the index anew beside the one in use, then swap; searches go on meanwhile.

        `progress` gets the documents written so far. Raises StorageError when the folder cannot
        be written.
        """
        with self._writing() as writer:
            self._rebuild(writer, feed, progress)
        return self.state()

    def optimize(self) -> None:
        """Take rows written since the last time into the word index, and drop old versions.

        Raises IndexUnavailable when there is no index.
        """
        with self._writing() as writer:
            name = self._generations.current()
            manifest = self._generations.manifest(name) if name else None
            if name is None or manifest is None:
                raise IndexUnavailable(f"{_MISSING} {_REMEDY}")
            with lance_errors():
                writer.optimize(name, manifest)

    @contextmanager
    def _writing(self) -> Iterator[Writer]:
        with self._generations.writing():
            self._generations.remove_unused()
            try:
                yield Writer(self._generations, self._encoder)
            except (OSError, RuntimeError) as error:
                message = (
                    f"The search index in {self._generations.root} cannot be written: {error}. "
                    "The papers themselves are safe; make room or make the folder writable, "
                    "then run `broadsheet reindex`."
                )
                raise StorageError(message) from error

    def _usable_generation(self, writer: Writer, feed: Feed) -> str | None:
        name = self._generations.current()
        manifest = self._generations.manifest(name) if name else None
        if manifest is None or not _is_compatible(manifest, writer.empty_manifest()):
            return None
        if manifest.revision > feed.revision():
            return None  # the store is older than the index: another library, or a restored backup
        is_small_change = feed.pending(manifest.revision) <= REBUILD_SHARE * manifest.documents
        return name if is_small_change or feed.pending(manifest.revision) == 0 else None

    def _rebuild(self, writer: Writer, feed: Feed, progress: Progress) -> int:
        with self._generations.building():
            name = writer.build(feed, progress)
            manifest = self._generations.manifest(name)
            self._generations.activate(name)
            written = manifest.documents if manifest else 0
            late = writer.apply_changes(name, feed, lambda done: progress(written + done))
        return written + late


def _is_compatible(one: Manifest, other: Manifest) -> bool:
    return (one.encoder, one.dim, one.format) == (other.encoder, other.dim, other.format)
