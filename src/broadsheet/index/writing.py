"""Writes the table of one generation: whole from a feed, or change by change.

Callers hold the write lock; which generation is written, and when, is decided in `lance`. LanceDB
takes two seconds to import, so it is imported where a table is touched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from broadsheet.index.documents import Document, Feed, encoded_text, record_batch, schema
from broadsheet.index.generations import Generations, Manifest

BATCH = 1000
"""Documents per commit of `apply_changes`: 40 ms each, and little lost when stopped."""
BUILD_BATCH = 5000
UNINDEXED_ROWS = 64
"""Rows that may wait outside the word index; each costs every search 0.1 ms until it is in."""
MOST_SEGMENTS = 8
"""Parts of an index beside its large one; when there are more, they are joined."""
SMALL_FILE_ROWS = 50_000
"""Files of fewer rows are joined from time to time; larger ones stay as they are."""
_KEPT_VERSIONS = timedelta(minutes=5)
"""Searches in other processes may still read versions this young."""
TABLE = "papers"
"""The table's name in its generation."""

Changes = Sequence[tuple[Document, int]]
Progress = Callable[[int], None]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def dim(self) -> int: ...  # noqa: D102
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...  # noqa: D102


def open_table(folder: Path) -> Any:
    """The newest version of a generation's table; it does not move on by itself."""
    import lancedb

    return lancedb.connect(folder).open_table(TABLE)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes generations below one folder with one encoder, or without vectors if it is None."""

    generations: Generations
    encoder: Encoder | None

    def empty_manifest(self) -> Manifest:
        """What a generation written by this process and encoder says of itself at the start."""
        encoder = self.encoder
        return Manifest(encoder.name, encoder.dim) if encoder else Manifest("", 0)

    def build(self, feed: Feed, progress: Progress) -> str:
        """Write everything up to the feed's present revision into a new generation.

        Returns its name. What changes meanwhile has a higher revision and is left to
        `apply_changes`.
        """
        target = feed.revision()
        name = self.generations.create()
        manifest = self.empty_manifest()
        rows = schema(manifest.dim)
        batches = self._batches(feed, target, progress)
        reader = pa.RecordBatchReader.from_batches(rows, batches)
        import lancedb

        connection = lancedb.connect(self.generations.folder(name))
        table = connection.create_table(TABLE, reader, schema=rows)
        _create_indexes(table)
        manifest = dataclasses.replace(
            manifest, revision=target, documents=table.count_rows(), version=table.version
        )
        self.generations.write_manifest(name, manifest)
        return name

    def _batches(self, feed: Feed, target: int, progress: Progress) -> Iterator[pa.RecordBatch]:
        cursor, done = 0, 0
        while cursor < target:
            found = feed.changes(cursor, BUILD_BATCH)
            changes = [change for change in found if change[1] <= target]
            if changes:
                yield self._batch(changes)
                done += len(changes)
                progress(done)
            cursor = found[-1][1] if len(found) == BUILD_BATCH else target

    def _batch(self, changes: Changes) -> pa.RecordBatch:
        if self.encoder is None:
            return record_batch(changes, None)
        vectors = self.encoder.encode([encoded_text(document) for document, _ in changes])
        return record_batch(changes, vectors)

    def apply_changes(self, name: str, feed: Feed, progress: Progress) -> int:
        """Bring a generation up to date, batch by batch; the number of changes made.

        The cursor moves after the table's commit, and every step can be repeated: stopped between
        any two steps and run again, the table ends the same.
        """
        table = open_table(self.generations.folder(name))
        manifest = self.generations.manifest(name) or self.empty_manifest()
        done = 0
        while True:
            changes = feed.changes(manifest.revision, BATCH)
            # Read after the changes: a removal of one of them is then surely among these.
            removals = feed.removals(manifest.revision)
            if not changes and not removals:
                break
            self._commit(table, changes, [paper_id for paper_id, _ in removals])
            is_last = len(changes) < BATCH
            revisions = [changes[-1][1]] if changes else []
            if is_last:
                revisions += [revision for _, revision in removals]
            manifest = self._move(table, name, manifest, max(revisions))
            done += len(changes) + (len(removals) if is_last else 0)
            progress(done)
        self._index_rows(table, name, manifest)
        return done

    def _commit(self, table: Any, changes: Changes, removed: Sequence[int]) -> None:
        if changes:
            rows = pa.Table.from_batches([self._batch(changes)])
            upsert = table.merge_insert("paper_id").when_matched_update_all()
            upsert.when_not_matched_insert_all().execute(rows)
        if removed:
            table.delete(f"paper_id IN ({', '.join(map(str, removed))})")

    def _move(self, table: Any, name: str, manifest: Manifest, revision: int) -> Manifest:
        moved = dataclasses.replace(
            manifest, revision=revision, documents=table.count_rows(), version=table.version
        )
        self.generations.write_manifest(name, moved)
        return moved

    def _index_rows(self, table: Any, name: str, manifest: Manifest) -> None:
        facts = table.index_stats("text_idx")
        if facts is not None and facts.num_unindexed_rows > UNINDEXED_ROWS:
            self.optimize(name, manifest)

    def optimize(self, name: str, manifest: Manifest) -> None:
        """Take all rows into the indexes, join small segments and files, drop old versions.

        By Lance's own interface: that of LanceDB writes the whole index anew, which takes 25 s and
        a gigabyte for 200,000 papers, where a segment of 1,500 takes 0.3 s.
        """
        import lance

        folder = self.generations.folder(name)
        dataset = lance.dataset(folder / f"{TABLE}.lance")
        segments = max((len(index.segments) for index in dataset.describe_indices()), default=1)
        beside = segments - 1
        joined = beside if beside >= MOST_SEGMENTS else 0
        dataset.optimize.optimize_indices(num_indices_to_merge=joined)
        if len(dataset.get_fragments()) > MOST_SEGMENTS:
            dataset.optimize.compact_files(target_rows_per_fragment=SMALL_FILE_ROWS)
        dataset.cleanup_old_versions(older_than=_KEPT_VERSIONS)
        self._move(open_table(folder), name, manifest, manifest.revision)


def _create_indexes(table: Any) -> None:
    from lancedb.index import FTS, Bitmap, BTree, LabelList

    words = FTS(with_position=True, stem=True, remove_stop_words=True, ascii_folding=True)
    names = FTS(with_position=True, stem=False, remove_stop_words=False, ascii_folding=True)
    table.create_index("paper_id", config=BTree())
    table.create_index("listed_on", config=BTree())
    table.create_index("categories", config=LabelList())
    table.create_index("has_code", config=Bitmap())
    table.create_index("text", config=words)
    table.create_index("title", config=words)
    table.create_index("authors", config=names)
    table.create_index("comment", config=words)
    table.create_index("journal_ref", config=words)
    table.create_index("report_number", config=names)
