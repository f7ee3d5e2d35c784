"""Writes a generation: the table of words, and each document's vector by the first encoder.

Callers hold the write lock; which generation is written, and when, is decided in `lance`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from broadsheet.index.analyser import analyser
from broadsheet.index.documents import Document, Feed, encoded_text, record_batch, schema, text_hash
from broadsheet.index.generations import Generations, Manifest
from broadsheet.index.lexicon import needs_learning, write_lexicon
from broadsheet.index.places import Place
from broadsheet.index.tables import create_table, dataset
from broadsheet.index.tidying import tidy, unindexed_rows
from broadsheet.index.vector_tables import SetState, VectorWriter, new_set
from broadsheet.index.words import Column

BATCH = 5000
"""Documents per commit of `apply_changes`: a day's news comes to readers in one piece."""
BUILD_BATCH = 5000
"""Documents read from the feed and encoded at a time."""
COMMIT = 25_000
"""Documents per commit of `build`: what a stopped build does again, three seconds of work."""
UNINDEXED_ROWS = 64
"""Rows that may wait outside the word index; each costs every search 0.1 ms until it is in."""
TABLE = "papers"
"""The name of the table of words in its generation."""

INDEXES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("paper_id", "BTREE", {}),
    ("listed_on", "BTREE", {}),
    ("categories", "LABEL_LIST", {}),
    ("sources", "LABEL_LIST", {}),
    ("has_code", "BITMAP", {}),
    *((each.value, "INVERTED", {"with_position": True, **analyser(each)}) for each in Column),
)
"""The indexes of the table of words: column, Lance's name of the kind, and its options."""

Changes = Sequence[tuple[Document, int]]
Progress = Callable[[int], None]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def dim(self) -> int: ...  # noqa: D102
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...  # noqa: D102
    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]: ...  # noqa: D102


def open_table(folder: Place) -> Any:
    """The newest version of a generation's table of words; it moves on with what it writes."""
    return dataset(folder, TABLE)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes generations below one folder with one encoder, or without vectors if it is None."""

    generations: Generations
    encoder: Encoder | None

    def is_compatible(self, manifest: Manifest) -> bool:
        """Whether a generation has the vectors that this process makes first, if any."""
        first = manifest.sets[0] if manifest.sets else None
        ours = (self.encoder.name, self.encoder.dim) if self.encoder else ("", 0)
        return ours == ((first.encoder, first.dim) if first else ("", 0))

    def build(self, feed: Feed, progress: Progress) -> str:
        """Write everything that the feed has into a new generation; its name.

        Goes on with one whose building was stopped. While `feed.wait` says that more is coming,
        it follows.
        """
        name, manifest = self._begin(feed)
        generation = _Generation(self.generations, name, self.encoder, progress)
        generation.fill(manifest, feed)
        return name

    def _begin(self, feed: Feed) -> tuple[str, Manifest]:
        name = self.generations.unfinished()
        manifest = self.generations.manifest(name) if name else None
        if name and manifest and self.is_compatible(manifest) and _is_of(manifest, feed):
            return name, manifest
        return self.start(feed)

    def start(self, feed: Feed) -> tuple[str, Manifest]:
        """A new generation without papers, and its manifest; what was stopped before is removed."""
        name = self.generations.create()
        manifest = Manifest(started=feed.revision())
        folder = self.generations.folder(name)
        create_table(folder, TABLE, schema())
        if self.encoder is not None:
            state = new_set(self.encoder.name, self.encoder.dim, ())
            manifest = manifest.with_set(VectorWriter(folder, state).create())
        self.generations.write_manifest(name, manifest)
        return name, manifest

    def apply_changes(self, name: str, feed: Feed, progress: Progress) -> int:
        """Bring a generation up to date, batch by batch; the number of changes made.

        The cursor moves after the table's commit, and every step can be repeated: stopped between
        any two steps and run again, the table ends the same.
        """
        generation = _Generation(self.generations, name, self.encoder, progress)
        return generation.follow(feed)

    def optimize(self, name: str) -> None:
        """Take all rows into the indexes, join small files, arrange vectors, drop old versions."""
        generation = _Generation(self.generations, name, self.encoder, lambda _: None)
        generation.optimize(self.generations.manifest(name) or Manifest())

    def put_vectors(
        self,
        name: str,
        encoder: Encoder,
        source: str,
        documents: Sequence[Document],
        vectors: NDArray[np.float32],
    ) -> Manifest:
        """Set the vectors of documents by an encoder other than the first; its set may be new."""
        manifest = self.generations.manifest(name) or Manifest()
        folder = self.generations.folder(name)
        state = manifest.of_encoder(encoder.name)
        if state is None or not VectorWriter(folder, state).is_readable():
            manifest = manifest.without_set(encoder.name)
            state = new_set(encoder.name, encoder.dim, manifest.sets, source)
            state = VectorWriter(folder, state).create()
        writer = VectorWriter(folder, state)
        state = writer.put(ids_of(documents), hashes_of(documents), vectors)
        if state.needs_arranging:
            state = VectorWriter(folder, state).arrange(manifest.sets)
        elif state.turn % _TIDY_TURNS == 0:
            writer.tidy()
        manifest = _without_overtaken(manifest.with_set(state), state)
        self.generations.write_manifest(name, manifest)
        return manifest


_TIDY_TURNS = 64


def _without_overtaken(manifest: Manifest, newest: SetState) -> Manifest:
    """Without the sets of earlier improvers that have no more vectors than the newest one."""
    for state in manifest.sets[1:]:
        if state.encoder != newest.encoder and state.count <= newest.count:
            manifest = manifest.without_set(state.encoder)
    return manifest


def _is_of(manifest: Manifest, feed: Feed) -> bool:
    """Whether an unfinished generation can be of this feed's library."""
    return manifest.started <= feed.revision() and manifest.revision <= feed.revision()


@dataclass(frozen=True, slots=True)
class _Generation:
    """The steps of writing one generation; each gives the manifest as it is afterwards."""

    generations: Generations
    name: str
    encoder: Encoder | None
    progress: Progress

    @property
    def folder(self) -> Place:
        return self.generations.folder(self.name)

    def fill(self, manifest: Manifest, feed: Feed) -> None:
        """Append what the feed has, make the indexes, and call the generation whole."""
        table = open_table(self.folder)
        self._undo_unfinished(table, manifest)
        seen = _Seen.of(table)
        while True:
            changes = _read(feed, manifest.revision)
            if changes:
                manifest = self._append(table, manifest, changes, seen)
                self.progress(manifest.documents)
            if len(changes) < COMMIT and not feed.wait():
                break
        manifest = self._forget(table, manifest, feed.removals(manifest.started))
        with ThreadPoolExecutor(1, "making-word-indexes") as beside:
            # Lance makes them without the GIL, so the rest is done meanwhile.
            indexing = beside.submit(create_indexes, open_table(self.folder))
            write_lexicon(self.folder, table)
            if manifest.sets and manifest.sets[0].needs_arranging:
                arranged = VectorWriter(self.folder, manifest.sets[0]).arrange(manifest.sets)
                manifest = manifest.with_set(arranged)
            indexing.result()
        manifest = dataclasses.replace(manifest, is_whole=True)
        self._move(open_table(self.folder), manifest, manifest.revision)

    def _undo_unfinished(self, table: Any, manifest: Manifest) -> None:
        """Take out rows that were written just before a stop, and are not in the manifest."""
        table.delete(f"revision > {manifest.revision}")
        for state in manifest.sets:
            VectorWriter(self.folder, state).undo_later()

    def _append(self, table: Any, manifest: Manifest, changes: Changes, seen: _Seen) -> Manifest:
        documents = [document for document, _ in changes]
        again = seen.add(ids_of(documents))
        if len(again):
            table.delete(f"paper_id IN ({', '.join(map(str, again.tolist()))})")
        manifest = self._put_first_vectors(manifest, documents, are_new=not len(again))
        table.insert(pa.Table.from_batches([record_batch(changes)]))
        return self._move(table, manifest, changes[-1][1])

    def _put_first_vectors(
        self, manifest: Manifest, documents: Sequence[Document], *, are_new: bool = False
    ) -> Manifest:
        if self.encoder is None or not documents:
            return manifest
        vectors = encoded(self.encoder, documents)
        writer = VectorWriter(self.folder, manifest.sets[0])
        return manifest.with_set(
            writer.put(ids_of(documents), hashes_of(documents), vectors, are_new=are_new)
        )

    def follow(self, feed: Feed) -> int:
        table = open_table(self.folder)
        manifest = self.generations.manifest(self.name) or Manifest()
        done, is_grown = 0, False
        while True:
            changes = feed.changes(manifest.revision, BATCH)
            # Read after the changes: a removal of one of them is then surely among these.
            removals = feed.removals(manifest.revision)
            if not changes and not removals:
                break
            manifest = self._upsert(table, manifest, changes)
            manifest = self._forget(table, manifest, removals)
            is_last = len(changes) < BATCH
            revisions = [changes[-1][1]] if changes else []
            if is_last:
                revisions += [revision for _, revision in removals]
            is_grown |= self._index_rows(table)
            manifest = self._move(table, manifest, max(revisions))
            done += len(changes) + (len(removals) if is_last else 0)
            self.progress(done)
        if is_grown:
            self._look_after(manifest)
        return done

    def _upsert(self, table: Any, manifest: Manifest, changes: Changes) -> Manifest:
        if not changes:
            return manifest
        manifest = self._put_first_vectors(manifest, [document for document, _ in changes])
        rows = pa.Table.from_batches([record_batch(changes)])
        upsert = table.merge_insert("paper_id").when_matched_update_all()
        upsert.when_not_matched_insert_all().execute(rows)
        return manifest

    def _forget(
        self, table: Any, manifest: Manifest, removals: Sequence[tuple[int, int]]
    ) -> Manifest:
        if not removals:
            return manifest
        ids = np.array([paper_id for paper_id, _ in removals], np.int64)
        table.delete(f"paper_id IN ({', '.join(map(str, ids.tolist()))})")
        for state in manifest.sets:
            manifest = manifest.with_set(VectorWriter(self.folder, state).remove(ids))
        return manifest

    def _move(self, table: Any, manifest: Manifest, revision: int) -> Manifest:
        moved = dataclasses.replace(
            manifest, revision=revision, documents=table.count_rows(), version=table.version
        )
        self.generations.write_manifest(self.name, moved)
        return moved

    def _index_rows(self, table: Any) -> bool:
        """Take many new rows into the indexes before readers hear of them; whether it was needed.

        Lance reads through rows outside of them for each search, 1,500 in a tenth of a second.
        """
        if unindexed_rows(table) <= UNINDEXED_ROWS:
            return False
        tidy(table)
        return True

    def _look_after(self, manifest: Manifest) -> None:
        """Learn what the library has outgrown: its lexicon, and how its vectors are arranged."""
        if needs_learning(self.folder, manifest.documents):
            write_lexicon(self.folder, open_table(self.folder))
        before = manifest
        for state in manifest.sets:
            manifest = manifest.with_set(_optimized(self.folder, state, manifest.sets))
        if manifest != before:
            self.generations.write_manifest(self.name, manifest)

    def optimize(self, manifest: Manifest) -> None:
        """Take all rows into the indexes, join small parts and files, drop old versions."""
        table = open_table(self.folder)
        tidy(table)
        self._look_after(self._move(table, manifest, manifest.revision))


def _optimized(folder: Place, state: SetState, taken: Sequence[SetState]) -> SetState:
    writer = VectorWriter(folder, state)
    if state.needs_arranging:
        return writer.arrange(taken)
    writer.tidy()
    return state


def _read(feed: Feed, after: int) -> Changes:
    """Up to COMMIT changes."""
    changes: list[tuple[Document, int]] = []
    while len(changes) < COMMIT:
        found = feed.changes(changes[-1][1] if changes else after, BUILD_BATCH)
        changes += found
        if len(found) < BUILD_BATCH:
            break
    return _last_of_each(changes)


def _last_of_each(changes: Changes) -> Changes:
    """The changes with each paper once, as it is after its last one."""
    last = {document.paper_id: place for place, (document, _) in enumerate(changes)}
    if len(last) == len(changes):
        return changes
    return [changes[place] for place in sorted(last.values())]


@dataclass(slots=True)
class _Seen:
    """Which papers a table has, one byte a number."""

    marks: NDArray[np.bool_]

    @classmethod
    def of(cls, table: Any) -> _Seen:
        seen = cls(np.zeros(0, np.bool_))
        if table.count_rows():
            ids = table.to_table(columns=["paper_id"])["paper_id"]
            seen.add(ids.combine_chunks().to_numpy())
        return seen

    def add(self, paper_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Mark papers; those that had been marked before."""
        largest = int(paper_ids.max(initial=0))
        if largest >= len(self.marks):
            grown = np.zeros(max(largest + 1, 2 * len(self.marks)), np.bool_)
            grown[: len(self.marks)] = self.marks
            self.marks = grown
        again = paper_ids[self.marks[paper_ids]]
        self.marks[paper_ids] = True
        return again


def encoded(encoder: Encoder, documents: Sequence[Document]) -> NDArray[np.float32]:
    """The vectors (n, dim) of documents."""
    texts = [encoded_text(document) for document in documents]
    starts = range(0, len(texts), BUILD_BATCH)
    return np.concatenate([encoder.encode(texts[start : start + BUILD_BATCH]) for start in starts])


def ids_of(documents: Sequence[Document]) -> NDArray[np.int64]:
    """The numbers of the papers."""
    return np.array([document.paper_id for document in documents], np.int64)


def hashes_of(documents: Sequence[Document]) -> NDArray[np.int64]:
    """What tells each text from others."""
    return np.array([text_hash(document) for document in documents], np.int64)


def create_indexes(table: Any) -> None:
    """Make every index of the table of words."""
    for column, kind, options in INDEXES:
        table.create_scalar_index(column, kind, **options)
