"""Builds a generation in parts that any process can write, on this machine or another.

A part gives back what it wrote, and counts only once the process that builds has taken it in; so a
part whose machine died is done again. Texts, vectors and indexes are made by the functions that
also build on one machine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from broadsheet.errors import IndexUnavailable
from broadsheet.index.documents import Feed, record_batch
from broadsheet.index.generations import Generations, Manifest
from broadsheet.index.layout import Floats, Layout, learn_layout
from broadsheet.index.lexicon import write_lexicon
from broadsheet.index.places import Place
from broadsheet.index.tables import create_table, dataset, dataset_uri, storage_options
from broadsheet.index.vector_tables import (
    SetState,
    VectorWriter,
    layout_file,
    read_layout,
    sampled_rows,
    vector_batch,
    vector_schema,
)
from broadsheet.index.vectors import Bytes, dequantised
from broadsheet.index.writing import (
    BUILD_BATCH,
    INDEXES,
    TABLE,
    Changes,
    Encoder,
    Progress,
    Writer,
    create_indexes,
    encoded,
    hashes_of,
    ids_of,
    open_table,
)

PART_REVISIONS = 25_000
"""Changes of the store that one part looks at: half a minute of work, 200 MB of memory."""
FRAGMENTS_AT_ONCE = 8
"""Fragments that one part indexes or arranges."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a part works with where it is done: the place of the index, papers, the encoder."""

    root: Place
    feed: Feed
    encoder: Encoder | None


class Job(Protocol):
    """A part of the work; it can be sent to another process."""

    def run(self, bench: Bench) -> Any:
        """Do it, and give back what was written."""


class Hands(Protocol):
    """Whatever does jobs; one that was lost with its machine is done again."""

    def do(self, jobs: Sequence[Job]) -> Iterator[Any]:
        """The jobs' results, in the order of the jobs."""


@dataclass(frozen=True, slots=True)
class Written:
    """Fragments that no table has yet, as Lance describes them, and how many papers are in them."""

    words: tuple[Any, ...] = ()
    vectors: tuple[Any, ...] = ()
    papers: int = 0


@dataclass(frozen=True, slots=True)
class WritePart:
    """Write the papers whose last change lies in (after, last], with their first vectors."""

    generation: str
    state: SetState | None
    after: int
    last: int

    def run(self, bench: Bench) -> Written:
        """Read, make documents, encode, write; raises IndexUnavailable on a foreign machine."""
        self._check_is_at_home(bench)
        folder = bench.root.below(self.generation)
        words, vectors, papers = [], [], 0
        for changes in self._changes(bench.feed):
            documents = [document for document, _ in changes]
            words.append(record_batch(changes))
            papers += len(changes)
            if self.state is not None and bench.encoder is not None:
                layout = read_layout(folder, self.state)
                found = encoded(bench.encoder, documents)
                rows = VectorWriter(folder, self.state).rows(
                    layout, self.state.turn + 1, ids_of(documents), hashes_of(documents), found
                )
                vectors.append(rows)
        table = self.state.table if self.state else ""
        return Written(_fragments(folder, TABLE, words), _fragments(folder, table, vectors), papers)

    def _check_is_at_home(self, bench: Bench) -> None:
        """Refuse to write an index without papers, or one that nobody will find."""
        if bench.feed.revision() < self.last:
            raise IndexUnavailable(
                "A machine of the cluster sees another database; use PostgreSQL and one address"
            )
        if Generations(bench.root).manifest(self.generation) is None:
            raise IndexUnavailable(
                "A machine of the cluster sees another folder of the index; use a bucket, or a "
                "folder that all share"
            )
        if self.state is not None and self.state.encoder != getattr(bench.encoder, "name", ""):
            raise IndexUnavailable("A machine of the cluster has another version of Broadsheet")

    def _changes(self, feed: Feed) -> Iterator[Changes]:
        after = self.after
        while after < self.last:
            found = feed.changes(after, BUILD_BATCH)
            changes = [change for change in found if change[1] <= self.last]
            if changes:
                yield changes
            if len(changes) < BUILD_BATCH:
                return
            after = changes[-1][1]


@dataclass(frozen=True, slots=True)
class ArrangePart:
    """Write some fragments of a set anew, in the layout of the state that it is to have."""

    generation: str
    state: SetState
    target: SetState
    fragments: tuple[int, ...]

    def run(self, bench: Bench) -> Written:
        """Find the cells, and order by them."""
        folder = bench.root.below(self.generation)
        layout = read_layout(folder, self.target)
        table = dataset(folder, self.state.table)
        batches = [
            self._arranged(table.get_fragment(each).to_table(), layout) for each in self.fragments
        ]
        return Written(vectors=_fragments(folder, self.target.table, batches))

    def _arranged(self, rows: pa.Table, layout: Layout) -> pa.RecordBatch:
        numbers, scales = _numbers(rows, layout.dim)
        cells = layout.cells_of(dequantised(numbers, scales))
        order = np.argsort(cells, kind="stable")
        return vector_batch(
            rows["paper_id"].to_numpy()[order],
            self.target.turn,
            rows["text_hash"].to_numpy()[order],
            cells=cells[order],
            scales=scales[order],
            numbers=numbers[order],
        )


@dataclass(frozen=True, slots=True)
class IndexPart:
    """Make one index over some fragments of the table of words."""

    generation: str
    index: tuple[str, str, dict[str, Any]]
    fragments: tuple[int, ...]

    def run(self, bench: Bench) -> Any:
        """A segment that no index has yet."""
        column, kind, options = self.index
        table = dataset(bench.root.below(self.generation), TABLE)
        return table.create_index_uncommitted(
            column, kind, name=f"{column}_idx", fragment_ids=list(self.fragments), **options
        )


@dataclass(frozen=True, slots=True)
class PartedBuild:
    """The process that builds: hands out parts and takes in what they wrote."""

    generations: Generations
    name: str
    hands: Hands
    progress: Progress

    @property
    def folder(self) -> Place:
        """Where the generation lies."""
        return self.generations.folder(self.name)

    def fill(self, manifest: Manifest, feed: Feed) -> Manifest:
        """Write everything up to `manifest.started`; the manifest of a generation that is whole."""
        state = manifest.sets[0] if manifest.sets else None
        written = self._write(state, manifest.started, feed)
        self._take_in(TABLE, [each.words for each in written])
        if state is not None:
            self._take_in(state.table, [each.vectors for each in written])
            papers = sum(each.papers for each in written)
            state = dataclasses.replace(state, turn=state.turn + 1, count=papers)
            manifest = manifest.with_set(self._arrange(state) if state.needs_arranging else state)
        self._index()
        table = open_table(self.folder)
        write_lexicon(self.folder, table)
        return dataclasses.replace(
            manifest,
            revision=manifest.started,
            documents=table.count_rows(),
            version=table.version,
            is_whole=True,
        )

    def _write(self, state: SetState | None, last: int, feed: Feed) -> list[Written]:
        count = max(1, -(-max(feed.pending(0), 1) // PART_REVISIONS))
        bounds = [last * number // count for number in range(count + 1)]
        jobs = [WritePart(self.name, state, after, until) for after, until in pairwise(bounds)]
        written, papers = [], 0
        for each in self.hands.do(jobs):
            written.append(each)
            papers += each.papers
            self.progress(papers)
        return written

    def _take_in(self, table: str, fragments: Sequence[Sequence[Any]]) -> None:
        """Make fragments part of a table, in one commit."""
        import lance

        every = [each for some in fragments for each in some]
        if every:
            lance.LanceDataset.commit(
                dataset_uri(self.folder, table),
                lance.LanceOperation.Append(every),
                read_version=dataset(self.folder, table).version,
                storage_options=storage_options(self.folder),
            )

    def _arrange(self, state: SetState) -> SetState:
        held = dataset(self.folder, state.table)
        sample = held.take(sampled_rows(state.count).tolist(), columns=["scale", "numbers"])
        layout = learn_layout(dequantised(*_numbers(sample, state.dim)), state.count)
        target = state.arranged_anew(state.count, ())  # a generation in the making has no other
        self.folder.write(layout_file(target.table), layout.to_bytes())
        create_table(self.folder, target.table, vector_schema(state.dim))
        jobs = [ArrangePart(self.name, state, target, some) for some in _groups(held)]
        self._take_in(target.table, [each.vectors for each in self.hands.do(jobs)])
        dataset(self.folder, target.table).create_scalar_index("paper_id", "BTREE")
        return target

    def _index(self) -> None:
        table = dataset(self.folder, TABLE)
        groups = _groups(table)
        if not groups:
            create_indexes(table)
            return
        jobs = [IndexPart(self.name, index, some) for index in INDEXES for some in groups]
        segments = self.hands.do(jobs)
        for column, _, _ in INDEXES:
            mine = [next(segments) for _ in groups]
            whole = mine if len(mine) == 1 else [table.merge_existing_index_segments(mine)]
            table = table.commit_existing_index_segments(f"{column}_idx", column, whole)


def build_in_parts(writer: Writer, feed: Feed, progress: Progress, hands: Hands) -> str:
    """Write everything that the feed has into a new generation, by many hands; its name."""
    name, manifest = writer.start(feed)
    manifest = PartedBuild(writer.generations, name, hands, progress).fill(manifest, feed)
    writer.generations.write_manifest(name, manifest)
    return name


def _fragments(folder: Place, table: str, batches: Sequence[pa.RecordBatch]) -> tuple[Any, ...]:
    if not batches:
        return ()
    from lance.fragment import write_fragments

    options = storage_options(folder)
    rows = pa.Table.from_batches(batches)
    return tuple(
        write_fragments(rows, dataset_uri(folder, table), mode="append", storage_options=options)
    )


def _groups(table: Any) -> list[tuple[int, ...]]:
    ids = [fragment.fragment_id for fragment in table.get_fragments()]
    return [
        tuple(ids[start : start + FRAGMENTS_AT_ONCE])
        for start in range(0, len(ids), FRAGMENTS_AT_ONCE)
    ]


def _numbers(rows: pa.Table, dim: int) -> tuple[Bytes, Floats]:
    flat = rows["numbers"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(-1, dim), rows["scale"].to_numpy()
