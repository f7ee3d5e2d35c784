"""The vectors of one encoder on disk: a Lance table beside that of the words, and its layout.

Written with the index's lock held, read by anybody. Which papers get vectors, and when, is decided
in `lance` and by its callers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from broadsheet.index.layout import CELL_ROWS, Cells, Floats, Layout, learn_layout, sample_rows
from broadsheet.index.places import Place
from broadsheet.index.reading import Table
from broadsheet.index.tables import create_table, dataset
from broadsheet.index.vectors import Block, Bytes, Ids, VectorSet, dequantised, quantise

FRESH_ROWS = 16_384
"""Vectors that came after the base was read; with more of them the base is read anew."""
GROWTH = 4
"""A set that has grown to so many times what it was arranged for is arranged again."""
LARGE_FILE_ROWS = 250_000
"""Files of so many vectors stay as they are."""
MOST_FILES = 16
"""A table in more files than that is joined into fewer."""
KEPT_VERSIONS = timedelta(minutes=5)
"""Searches in other processes may still read versions this young."""
_BLOCK_ROWS = 65_536
_KEYS = ["paper_id", "text_hash", "cell", "scale"]


@dataclass(frozen=True, slots=True)
class SetState:
    """What the index's manifest says of a set: its encoder, table, last write and size.

    `arranged` is the number of vectors that the layout was learned for, 0 for the plain one.
    `source` says where the encoder is loaded from, where it is not the first.
    """

    encoder: str
    dim: int
    table: str
    turn: int = 0
    count: int = 0
    arranged: int = 0
    source: str = ""

    @property
    def needs_arranging(self) -> bool:
        """Whether there are too many vectors for the layout they have."""
        return self.count >= CELL_ROWS and self.count > self.arranged * GROWTH

    def arranged_anew(self, count: int, taken: Sequence[SetState]) -> SetState:
        """The state after so many vectors have been written into a table that no set has."""
        table = free_name([state.table for state in (self, *taken)])
        return dataclasses.replace(
            self, table=table, turn=self.turn + 1, count=count, arranged=count
        )


def new_set(encoder: str, dim: int, taken: Sequence[SetState], source: str = "") -> SetState:
    """The state of a set that has no vectors yet; its table's name is not taken."""
    return SetState(encoder, dim, free_name([state.table for state in taken]), source=source)


def free_name(taken: Sequence[str]) -> str:
    """A name for a table of vectors other than those."""
    numbers = [int(name.removeprefix("vectors-")) for name in taken]
    return f"vectors-{max(numbers, default=0) + 1}"


def vector_schema(dim: int) -> pa.Schema:
    """The columns of a table of vectors."""
    return pa.schema(
        [
            pa.field("paper_id", pa.int64()),
            pa.field("turn", pa.int64()),
            pa.field("text_hash", pa.int64()),
            pa.field("cell", pa.int32()),
            pa.field("scale", pa.float32()),
            pa.field("numbers", pa.list_(pa.int8(), dim)),
        ]
    )


def read_layout(folder: Place, state: SetState) -> Layout:
    """The layout of a set; the plain one where none was learned. Raises OSError, ValueError."""
    if not state.arranged:
        return Layout.plain(state.dim)
    content = folder.read(layout_file(state.table))
    if content is None:
        raise FileNotFoundError(f"{folder.uri}/{layout_file(state.table)}")
    return Layout.from_bytes(content)


def layout_file(table: str) -> str:
    """The name of the file with the layout of a table."""
    return f"{table}.layout"


@dataclass(frozen=True, slots=True)
class VectorWriter:
    """Writes one set in the folder of a generation; every method gives the state it left."""

    folder: Place
    state: SetState

    def create(self) -> SetState:
        """An empty table, whatever was there."""
        create_table(self.folder, self.state.table, vector_schema(self.state.dim))
        return dataclasses.replace(self.state, turn=0, count=0, arranged=0)

    def is_readable(self) -> bool:
        """Whether the table is there and opens."""
        try:
            self._open()
        except (RuntimeError, ValueError, OSError):
            return False
        return True

    def put(
        self, paper_ids: Ids, text_hashes: Ids, vectors: Floats, *, are_new: bool = False
    ) -> SetState:
        """Set the vectors (n, dim) of papers; `are_new` promises that none of them has one."""
        table = self._open()
        turn = self.state.turn + 1
        rows = self.rows(
            read_layout(self.folder, self.state), turn, paper_ids, text_hashes, vectors
        )
        if not are_new:
            _delete(table, paper_ids)
        table.insert(pa.Table.from_batches([rows]))
        return dataclasses.replace(self.state, turn=turn, count=table.count_rows())

    def remove(self, paper_ids: Ids) -> SetState:
        """Forget the vectors of papers."""
        table = self._open()
        _delete(table, paper_ids)
        return dataclasses.replace(self.state, count=table.count_rows())

    def undo_later(self) -> None:
        """Take out what was written just before a stop, and is not in the state."""
        self._open().delete(f"turn > {self.state.turn}")

    def rows(
        self, layout: Layout, turn: int, paper_ids: Ids, text_hashes: Ids, vectors: Floats
    ) -> pa.RecordBatch:
        """Vectors (n, dim) as rows of the set's table, not yet written."""
        numbers, scales = quantise(vectors)
        cells = layout.cells_of(vectors)
        return vector_batch(
            paper_ids, turn, text_hashes, cells=cells, scales=scales, numbers=numbers
        )

    def arrange(self, taken: Sequence[SetState]) -> SetState:
        """Learn the layout anew from what is there, and write the set in it into a new table.

        `taken` are all sets of the generation, whose tables stay. Holds all vectors in memory, a
        byte a number.
        """
        held = _read_everything(self.folder, self.state)
        count = len(held.paper_ids)
        layout = learn_layout(held.at(sampled_rows(count)), count)
        cells = np.empty(count, np.int32)
        for start in range(0, count, _BLOCK_ROWS):
            rows = np.arange(start, min(start + _BLOCK_ROWS, count))
            cells[rows] = layout.cells_of(held.at(rows))
        state = self.state.arranged_anew(count, taken)
        self.folder.write(layout_file(state.table), layout.to_bytes())
        self._write_ordered(state, held, cells)
        return state

    def _write_ordered(self, state: SetState, held: _Held, cells: Cells) -> None:
        order = np.argsort(cells, kind="stable")

        def batches() -> Iterator[pa.RecordBatch]:
            for start in range(0, len(order), _BLOCK_ROWS):
                rows = order[start : start + _BLOCK_ROWS]
                yield vector_batch(
                    held.paper_ids[rows],
                    state.turn,
                    held.text_hashes[rows],
                    cells=cells[rows],
                    scales=held.scales[rows],
                    numbers=held.numbers[rows],
                )

        schema = vector_schema(state.dim)
        reader = pa.RecordBatchReader.from_batches(schema, batches())
        table = create_table(self.folder, state.table, schema, reader)
        table.create_scalar_index("paper_id", "BTREE")

    def tidy(self) -> None:
        """Join small files and drop old versions."""
        table = self._open()
        if len(table.get_fragments()) > MOST_FILES:
            table.optimize.compact_files(target_rows_per_fragment=LARGE_FILE_ROWS)
            table.optimize.optimize_indices()
        table.cleanup_old_versions(older_than=KEPT_VERSIONS)

    def _open(self) -> Any:
        return dataset(self.folder, self.state.table)


def _delete(table: Any, paper_ids: Ids) -> None:
    if len(paper_ids):
        table.delete(f"paper_id IN ({', '.join(map(str, paper_ids.tolist()))})")


def sampled_rows(count: int) -> Ids:
    """The rows that a layout for so many vectors is learned from, ascending."""
    chance = np.random.default_rng(0)
    return np.sort(chance.choice(count, sample_rows(count), replace=False))


def vector_batch(
    paper_ids: Ids, turn: int, text_hashes: Ids, *, cells: Cells, scales: Floats, numbers: Bytes
) -> pa.RecordBatch:
    """Vectors as rows of their table."""
    dim = numbers.shape[1]
    columns = [
        pa.array(paper_ids, pa.int64()),
        pa.array(np.full(len(paper_ids), turn), pa.int64()),
        pa.array(text_hashes, pa.int64()),
        pa.array(cells, pa.int32()),
        pa.array(scales, pa.float32()),
        pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel(), pa.int8()), dim),
    ]
    return pa.record_batch(columns, schema=vector_schema(dim))


@dataclass(frozen=True, slots=True)
class _Held:
    """A whole set in memory, in the order of its table."""

    paper_ids: Ids
    text_hashes: Ids
    scales: Floats
    numbers: Bytes

    def at(self, rows: Ids) -> Floats:
        return dequantised(self.numbers[rows], self.scales[rows])


def _read_everything(folder: Place, state: SetState) -> _Held:
    table = Table.open(folder, state.table)
    keys = table.scan(["paper_id", "text_hash", "scale"]).combine_chunks()
    numbers = np.empty((len(keys), state.dim), np.int8)
    for start, block in _blocks(table, state.dim, None):
        numbers[start : start + len(block)] = block
    return _Held(
        keys["paper_id"].to_numpy(),
        keys["text_hash"].to_numpy(),
        keys["scale"].to_numpy(zero_copy_only=False).copy(),
        numbers,
    )


def _blocks(table: Table, dim: int, condition: str | None) -> Iterator[tuple[int, Bytes]]:
    """The vectors block by block, (rows, dim) int8, each with the number of its first row."""
    start = 0
    while True:
        # One block at a time: a streamed scan reads ahead by hundreds of megabytes.
        batch = table.scan(["numbers"], condition=condition, limit=_BLOCK_ROWS, offset=start)
        if len(batch):
            flat = batch["numbers"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            yield start, flat.reshape(-1, dim)
        if len(batch) < _BLOCK_ROWS:
            return
        start += len(batch)


def read_set(folder: Place, state: SetState, previous: VectorSet | None) -> VectorSet:
    """The set as its state says, taking from `previous` what has not changed.

    Raises what Lance raises, OSError and ValueError.
    """
    table = Table.open(folder, state.table)
    if previous is not None and previous.table == state.table:
        news = f"turn > {previous.base_turn}"
        fresh = _read_block(table, previous.layout, news)[0]
        if len(fresh.paper_ids) <= FRESH_ROWS:
            return dataclasses.replace(previous, fresh=fresh, turn=state.turn)
    layout = read_layout(folder, state)
    base, bounds = _read_block(table, layout, None)
    return VectorSet(
        encoder=state.encoder,
        table=state.table,
        layout=layout,
        bounds=bounds,
        base=base,
        fresh=_empty_block(layout),
        base_turn=state.turn,
        turn=state.turn,
    )


def _read_block(table: Table, layout: Layout, condition: str | None) -> tuple[Block, Ids]:
    """The rows for which a condition holds, ordered by cell, and the bounds of the cells."""
    keys = table.scan(_KEYS, condition=condition).combine_chunks()
    if not len(keys):
        return _empty_block(layout), np.zeros(layout.cells + 1, np.int64)
    cells = keys["cell"].to_numpy()
    order = np.argsort(cells, kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    numbers = np.empty((len(keys), layout.dim), np.int8)
    for start, block in _blocks(table, layout.dim, condition):
        numbers[places[start : start + len(block)]] = block
    bounds = np.searchsorted(cells[order], np.arange(layout.cells + 1))
    paper_ids, hashes, scales = (
        keys[name].to_numpy()[order] for name in ("paper_id", "text_hash", "scale")
    )
    return Block.of(paper_ids, hashes, numbers, scales), bounds


def _empty_block(layout: Layout) -> Block:
    none = np.zeros(0, np.int64)
    return Block.of(none, none, np.zeros((0, layout.dim), np.int8), np.zeros(0, np.float32))
