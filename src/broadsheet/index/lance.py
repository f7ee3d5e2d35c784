"""The search index on disk: opens it, keeps it up to date, and hands out snapshots for searching.

Everything here can be deleted and built again from the store; opening never fails, `state` tells.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from broadsheet.errors import IndexUnavailable, StorageError
from broadsheet.index.columns import read_columns
from broadsheet.index.documents import Document, Feed, encoded_text
from broadsheet.index.generations import Generations, Manifest
from broadsheet.index.layout import Floats
from broadsheet.index.reading import Table
from broadsheet.index.snapshot import Meaning, Snapshot, lance_errors
from broadsheet.index.vector_tables import SetState, read_set
from broadsheet.index.vectors import VectorSet
from broadsheet.index.writing import TABLE, Encoder, Progress, Writer

_LOG = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.05
"""How long a search waits for news of a large index before it takes what was there."""
QUICK_ROWS = 50_000
"""An index of up to so many papers is read again while the search waits: it takes 50 ms."""
REBUILD_SHARE = 0.5
"""With more than this share of the papers changed, building anew is faster than updating."""

_MISSING = "There is no search index yet."
_REMEDY = "Run `broadsheet reindex` to build it."
_BUILDING = "The search index is being built."


@dataclass(frozen=True, slots=True)
class IndexState:
    """How the index is: whether it can be searched, and if not, why and what to do.

    It holds every change of the store up to `revision`. `encoder` names the encoder whose vectors
    every paper has, and is empty for an index of words alone; `improved` of the documents have a
    vector of `improver` as well.
    """

    is_available: bool
    reason: str
    generation: str
    revision: int
    documents: int
    encoder: str
    is_building: bool
    improver: str = ""
    improved: int = 0


def _ignore(_: int) -> None:
    pass


Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A snapshot, the generation it is of, and the stamp that it was opened at."""

    stamp: Stamp
    generation: str
    snapshot: Snapshot

    @property
    def is_quick(self) -> bool:
        """Whether reading it again takes no time to speak of."""
        return len(self.snapshot.columns.paper_ids) <= QUICK_ROWS


class PaperIndex:
    """The index in one folder; safe to use from several threads, and beside other processes."""

    def __init__(
        self, path: Path, encoder: Encoder | None, improver: Encoder | None = None
    ) -> None:
        """`encoder` makes the vectors that every paper has; `improver` better ones, in time."""
        self._generations = Generations(path)
        self._encoder = encoder
        self._improver = improver
        self._opening = threading.Lock()
        self._opened: _Opened | None = None
        self._is_refreshing = False

    def state(self) -> IndexState:
        """How the index is just now; reads two small files and never fails."""
        name = self._generations.current()
        manifest = self._generations.manifest(name) if name else None
        is_building = self._generations.is_building()
        if name is None or manifest is None or not self._generations.folder(name).is_dir():
            reason = _BUILDING if is_building else _MISSING
            return IndexState(False, reason, "", 0, 0, "", is_building=is_building)
        return IndexState(
            is_available=True,
            reason="",
            generation=name,
            revision=manifest.revision,
            documents=manifest.documents,
            encoder=manifest.encoder,
            is_building=is_building,
            improver=self._improver.name if self._improver else "",
            improved=_improved(manifest, self._improver),
        )

    def stamp(self) -> str:
        """Differs whenever searches may find something else; looks at two files, opens none."""
        return repr(self._generations.stamp())

    def snapshot(self) -> Snapshot:
        """The newest state of the index, for searching; whoever wrote it, in whatever process.

        Looks for news with two file stats, and reads what has changed. Where that takes long, as
        in a large library, it goes on beside the searches, which see the state before meanwhile.
        Raises IndexUnavailable.
        """
        stamp = self._generations.stamp()
        opened = self._opened
        if opened is not None and opened.stamp == stamp:
            return opened.snapshot
        if opened is None or opened.is_quick:
            return self._refresh(stamp)
        self._refresh_beside(stamp)
        opened = self._opened or opened
        return opened.snapshot

    def _refresh(self, stamp: Stamp) -> Snapshot:
        with self._opening:
            if self._opened is None or self._opened.stamp != stamp:
                self._opened = self._open(stamp)
            return self._opened.snapshot

    def _refresh_beside(self, stamp: Stamp) -> None:
        """Read the news in a thread of its own, unless one is at it."""
        if self._is_refreshing:
            return
        self._is_refreshing = True

        def refresh() -> None:
            try:
                self._refresh(stamp)
            except IndexUnavailable as trouble:
                _LOG.warning("%s", trouble)
                self._opened = None  # the next search meets the trouble, and says it
            finally:
                self._is_refreshing = False

        thread = threading.Thread(target=refresh, name="index-refreshing", daemon=True)
        thread.start()
        thread.join(PATIENCE_SECONDS)

    def _open(self, stamp: Stamp) -> _Opened:
        name = self._generations.current()
        manifest = self._generations.manifest(name) if name else None
        if name is None or manifest is None:
            raise IndexUnavailable(f"{self.state().reason or _MISSING} {_REMEDY}")
        held = self._opened
        previous = held.snapshot if held and held.generation == name else None
        folder = self._generations.folder(name)
        with lance_errors():
            table = Table.open(folder, TABLE)
            is_same = previous is not None and previous.manifest.version == manifest.version
            columns = previous.columns if previous and is_same else read_columns(table)
        sets = {state.encoder: _read_set(folder, state, previous) for state in manifest.sets}
        unreadable = tuple(encoder for encoder, found in sets.items() if found is None)
        readable = tuple(found for found in sets.values() if found is not None)
        return _Opened(stamp, name, Snapshot(table, columns, readable, manifest, unreadable))

    def meanings(self, snapshot: Snapshot, text: str) -> tuple[Meaning, ...]:
        """What a text means to each encoder that is at hand and whose vectors the index has.

        Those that know no word of the text are left out.
        """
        found = []
        for encoder in (self._encoder, self._improver):
            if encoder is not None and snapshot.set_of(encoder.name) is not None:
                vector = np.asarray(encoder.encode([text])[0], dtype=np.float32)
                found.append(Meaning(encoder.name, vector))
        return tuple(meaning for meaning in found if meaning.vector.any())

    def can_compare_meanings(self, snapshot: Snapshot) -> bool:
        """Whether an encoder is at hand that vectors of the snapshot were made with."""
        encoders = [encoder for encoder in (self._encoder, self._improver) if encoder]
        return any(snapshot.set_of(encoder.name) for encoder in encoders)

    def query_vector(self, snapshot: Snapshot, text: str) -> Floats | None:
        """The vector of a text by the first encoder (dim,), or None where there is none."""
        meanings = self.meanings(snapshot, text)
        is_first = bool(meanings) and meanings[0].encoder == snapshot.manifest.encoder
        return meanings[0].vector if is_first else None

    def unimproved(self, first: Sequence[int], limit: int, most: int) -> tuple[list[int], int]:
        """Papers that the improver has yet to see, and how many there are in all.

        Those in `first` come before the others, which go from the newest day backwards; at most
        `most` papers of the index are ever improved. Raises IndexUnavailable.
        """
        if self._improver is None:
            return [], 0
        return self.snapshot().without_vectors(self._improver.name, first, limit, most)

    def improve(self, documents: Sequence[Document]) -> None:
        """Give documents vectors of the improver; search uses them from then on.

        Raises StorageError, and IndexUnavailable when there is no index.
        """
        if self._improver is None or not documents:
            return
        vectors = self._improver.encode([encoded_text(document) for document in documents])
        with self._writing() as writer:
            name = self._generations.current()
            if name is None:
                raise IndexUnavailable(f"{_MISSING} {_REMEDY}")
            with lance_errors():
                writer.put_vectors(name, self._improver, documents, vectors)

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
            if name is None or self._generations.manifest(name) is None:
                raise IndexUnavailable(f"{_MISSING} {_REMEDY}")
            with lance_errors():
                writer.optimize(name)

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
        if manifest is None or not writer.is_compatible(manifest):
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


def _read_set(folder: Path, state: SetState, previous: Snapshot | None) -> VectorSet | None:
    """The vectors of a set; None where they are damaged, which must not cost the words."""
    held = previous.set_of(state.encoder) if previous else None
    try:
        with lance_errors():
            return read_set(folder, state, held)
    except IndexUnavailable as trouble:
        _LOG.warning("The vectors of %s cannot be read: %s", state.encoder, trouble.__cause__)
        return None


def _improved(manifest: Manifest, improver: Encoder | None) -> int:
    state = manifest.of_encoder(improver.name) if improver else None
    return min(state.count, manifest.documents) if state else 0
