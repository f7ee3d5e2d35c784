"""The search index on disk: opens it, keeps it up to date, and hands out snapshots for searching.

Everything here can be deleted and built again from the store; opening never fails, `state` tells.
"""

from __future__ import annotations

import dataclasses
import importlib
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from broadsheet.errors import IndexUnavailable, StorageError
from broadsheet.index.documents import Document, Feed, encoded_text
from broadsheet.index.generations import Generations, Stamp, View
from broadsheet.index.improvers import NONE, Improvers, load_improver
from broadsheet.index.layout import Floats
from broadsheet.index.opening import Opened, open_snapshot
from broadsheet.index.parts import Hands, build_in_parts
from broadsheet.index.places import Place, place_of
from broadsheet.index.snapshot import Meaning, Snapshot, lance_errors
from broadsheet.index.watching import Watch
from broadsheet.index.writing import Encoder, Progress, Writer

NO_IMPROVERS = Improvers(NONE, lambda _: load_improver(NONE, Path()))
_LOG = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.05
"""How long a search waits for news of a large index before it takes what was there."""
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
    vector of `improver` as well. `trouble` says why no more are being improved, `warning` why what
    is told here and found may be old.
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
    trouble: str = ""
    warning: str = ""


def _ignore(_: int) -> None:
    pass


class PaperIndex:
    """The index in one place; safe to use from several threads, and beside other processes."""

    def __init__(
        self, place: Place | Path, encoder: Encoder | None, improvers: Improvers = NO_IMPROVERS
    ) -> None:
        """`encoder` makes the vectors that every paper has; `improvers` better ones, in time."""
        self._generations = Generations(place_of(place))
        is_remote = self._generations.root.is_remote
        self._watch = Watch(self._generations, self._hear) if is_remote else None
        self._encoder = encoder
        self._improvers = improvers
        self._opening = threading.Lock()
        self._opened: Opened | None = None
        self._is_refreshing = False

    def state(self) -> IndexState:
        """How the index is just now; reads two small files and never fails.

        In a bucket it is what searches of this process see, which is a moment old.
        """
        view = self._view()
        name, manifest, is_building = view.name, view.manifest, view.is_building
        if name is None or manifest is None or not (self._watch or self._has(name)):
            reason = _unreachable(view) or (_BUILDING if is_building else _MISSING)
            warning = _unreachable(view)
            return IndexState(False, reason, "", 0, 0, "", is_building, warning=warning)
        return IndexState(
            is_available=True,
            reason="",
            generation=name,
            revision=manifest.revision,
            documents=manifest.documents,
            encoder=manifest.encoder,
            is_building=is_building,
            improver=manifest.sets[-1].encoder if len(manifest.sets) > 1 else "",
            improved=min(manifest.documents, max((s.count for s in manifest.sets[1:]), default=0)),
            trouble=self._improvers.trouble(),
            warning=_unreachable(view),
        )

    def _has(self, name: str) -> bool:
        return self._generations.folder(name).exists()

    def _view(self) -> View:
        if self._watch is None:
            return self._generations.view()
        view, opened = self._watch.view(), self._opened
        if opened is None or view.name is None:
            return view
        return dataclasses.replace(
            view, name=opened.generation, manifest=opened.snapshot.manifest, stamp=opened.stamp
        )

    def stamp(self) -> str:
        """Differs whenever searches find something else; looks at two files, waits for nothing."""
        if self._watch is not None:
            return repr(self._view().stamp)
        newest, opened = self._generations.stamp(), self._opened
        if opened is None or opened.is_quick or opened.stamp == newest:
            return repr(newest)
        self._refresh_beside(newest, patience=0)
        return repr(opened.stamp)

    def catch_up(self) -> None:
        """Wait until searches of this process see the newest state, for what must not miss any.

        Does nothing where there is no index that can be read.
        """
        if self._watch is None:
            with suppress(IndexUnavailable):
                self._refresh(self._generations.stamp())

    def warning(self) -> str:
        """Why what is found may be old, for readers; empty while all is well."""
        return _unreachable(self._watch.view()) if self._watch else ""

    def snapshot(self) -> Snapshot:
        """The newest state of the index, for searching; whoever wrote it, in whatever process.

        Looks for news with two file stats, and reads what has changed. Where that takes long, as
        in a large library or a bucket, it goes on beside the searches, which see the state before
        meanwhile. Raises IndexUnavailable.
        """
        stamp = self._watch.view().stamp if self._watch else self._generations.stamp()
        opened = self._opened
        if opened is not None and opened.stamp == stamp:
            return opened.snapshot
        if opened is None or (opened.is_quick and self._watch is None):
            return self._refresh(stamp)
        self._refresh_beside(stamp)
        opened = self._opened or opened
        return opened.snapshot

    def _refresh(self, stamp: Stamp) -> Snapshot:
        with self._opening:
            if self._opened is None or self._opened.stamp != stamp:
                self._opened = self._open(stamp)
            return self._opened.snapshot

    def _refresh_beside(self, stamp: Stamp, patience: float = PATIENCE_SECONDS) -> None:
        """Read the news in a thread of its own, unless one is at it."""
        if self._is_refreshing:
            return
        self._is_refreshing = True

        def refresh() -> None:
            try:
                self._refresh(stamp)
            except IndexUnavailable as trouble:
                _LOG.warning("%s", trouble)
                if not self._generations.root.trouble:
                    self._opened = None  # the next search meets the trouble, and says it
            finally:
                self._is_refreshing = False

        thread = threading.Thread(target=refresh, name="index-refreshing", daemon=True)
        thread.start()
        thread.join(patience)

    def _hear(self, stamp: Stamp) -> None:
        """Read what the watch has seen, where searches have begun; the others come to it."""
        if self._opened is not None and self._opened.stamp != stamp:
            self._refresh_beside(stamp)

    def _open(self, stamp: Stamp) -> Opened:
        with lance_errors():
            name = self._generations.current()
            manifest = self._generations.manifest(name) if name else None
        if name is None or manifest is None:
            raise IndexUnavailable(f"{self.state().reason or _MISSING} {_REMEDY}")
        held = self._opened
        previous = held.snapshot if held and held.generation == name else None
        snapshot = open_snapshot(self._generations.folder(name), manifest, previous)
        return Opened(stamp, name, snapshot)

    def meanings(self, snapshot: Snapshot, text: str) -> tuple[Meaning, ...]:
        """What a text means to each encoder that is at hand and whose vectors the index has.

        Those that know no word of the text are left out.
        """
        found = [
            Meaning(encoder.name, np.asarray(encoder.encode_queries([text])[0], dtype=np.float32))
            for encoder in self._encoders(snapshot)
        ]
        return tuple(meaning for meaning in found if meaning.vector.any())

    def _encoders(self, snapshot: Snapshot) -> list[Encoder]:
        """The first encoder, and the improver with the most vectors, as far as they are at hand."""
        found = []
        if self._encoder is not None and snapshot.set_of(self._encoder.name):
            found.append(self._encoder)
        for state in sorted(snapshot.manifest.sets[1:], key=lambda state: -state.count):
            improver = self._improvers.of(state)
            if improver is not None and snapshot.set_of(improver.name):
                return [*found, improver]
        return found

    def can_compare_meanings(self, snapshot: Snapshot) -> bool:
        """Whether an encoder is at hand that vectors of the snapshot were made with."""
        return bool(self._encoders(snapshot))

    def first_vectors(self, snapshot: Snapshot, texts: Sequence[str]) -> Floats | None:
        """Unit vectors of texts by the first encoder (n, dim), which is fast; None without it."""
        if self._encoder is None or snapshot.set_of(self._encoder.name) is None:
            return None
        return self._encoder.encode(texts)

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
        improver = self._improvers.wanted()
        if improver is None:
            return [], 0
        return self.snapshot().without_vectors(improver.name, first, limit, most)

    def improve(self, documents: Sequence[Document]) -> None:
        """Give documents vectors of the improver: `improved_vectors` and `put_improved`."""
        vectors = self.improved_vectors(documents)
        if vectors is not None:
            self.put_improved(documents, vectors)

    def improved_vectors(self, documents: Sequence[Document]) -> Floats | None:
        """Vectors (n, dim) of documents by the improver; None without one or without documents."""
        improver = self._improvers.wanted()
        if improver is None or not documents:
            return None
        return improver.encode([encoded_text(document) for document in documents])

    def put_improved(self, documents: Sequence[Document], vectors: Floats) -> None:
        """Let searches use these vectors of the improver from now on.

        Where it takes over from another, that one's vectors are used until it has as many. Raises
        StorageError, and IndexUnavailable when there is no index.
        """
        improver = self._improvers.wanted()
        if improver is None:
            return
        with self._writing() as writer:
            name = self._generations.current()
            if name is None:
                raise IndexUnavailable(f"{_MISSING} {_REMEDY}")
            source = self._improvers.specification
            with lance_errors():
                writer.put_vectors(name, improver, source, documents, vectors)

    @staticmethod
    def warm_up() -> None:
        """Import Lance beside other work: a third of a second, in part without the GIL."""
        threading.Thread(target=importlib.import_module, args=("lance",), daemon=True).start()

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
                except (RuntimeError, ValueError, OSError, KeyError):
                    # A table is damaged, as far as one can tell: build it anew, unless it is the
                    # place that does not answer, which this raises. A full disk fails there again.
                    self._generations.root.make()
            return self._rebuild(writer, feed, progress)

    def rebuild(
        self, feed: Feed, progress: Progress = _ignore, hands: Hands | None = None
    ) -> IndexState:
        """Build the index anew beside the one in use, then swap; searches go on meanwhile.

        `hands` do it in parts; without them this process does it alone. `progress` gets the
        documents written so far. Raises StorageError when the folder cannot be written.
        """
        with self._writing() as writer:
            self._rebuild(writer, feed, progress, hands)
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
            try:
                self._generations.remove_unused()
                yield Writer(self._generations, self._encoder)
            except (OSError, RuntimeError) as error:
                root = self._generations.root
                ours = "make room or make the folder writable"
                remedy = "see whether the bucket may be written" if root.is_remote else ours
                message = (
                    f"The search index in {root.uri} cannot be written: {error}. "
                    f"The papers themselves are safe; {remedy}, then run `broadsheet reindex`."
                )
                raise StorageError(message) from error
        self._see_own_writing()

    def _see_own_writing(self) -> None:
        """Let searches of this process find at once what it has just written into a bucket."""
        stamp = self._watch.look_again() if self._watch else None
        if stamp is not None and self._opened is not None:
            self._refresh(stamp)

    def _usable_generation(self, writer: Writer, feed: Feed) -> str | None:
        name = self._generations.current()
        manifest = self._generations.manifest(name) if name else None
        if manifest is None or not writer.is_compatible(manifest):
            return None
        if manifest.revision > feed.revision():
            return None  # the store is older than the index: another library, or a restored backup
        is_small_change = feed.pending(manifest.revision) <= REBUILD_SHARE * manifest.documents
        return name if is_small_change or feed.pending(manifest.revision) == 0 else None

    def _rebuild(
        self, writer: Writer, feed: Feed, progress: Progress, hands: Hands | None = None
    ) -> int:
        with self._generations.building():
            if hands is None:
                name = writer.build(feed, progress)
            else:
                name = build_in_parts(writer, feed, progress, hands)
            manifest = self._generations.manifest(name)
            self._generations.activate(name)
            written = manifest.documents if manifest else 0
            late = writer.apply_changes(name, feed, lambda done: progress(written + done))
        return written + late


def _unreachable(view: View) -> str:
    return f"The search index cannot be read just now: {view.trouble}." if view.trouble else ""
