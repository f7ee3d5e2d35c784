"""Opens a generation for searching, taking what has not changed from the snapshot before."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from broadsheet.errors import IndexUnavailable
from broadsheet.index.columns import Columns, read_columns, reread_columns
from broadsheet.index.generations import Manifest, Stamp
from broadsheet.index.lexicon import read_lexicon
from broadsheet.index.places import Place
from broadsheet.index.reading import Table
from broadsheet.index.snapshot import Snapshot, lance_errors
from broadsheet.index.vector_tables import SetState, read_set
from broadsheet.index.vectors import VectorSet
from broadsheet.index.writing import TABLE

QUICK_ROWS = 50_000
"""An index of up to so many papers is read again while the search waits: it takes 50 ms."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot, the generation it is of, and the stamp that it was opened at."""

    stamp: Stamp
    generation: str
    snapshot: Snapshot

    @property
    def is_quick(self) -> bool:
        """Whether reading it again takes no time to speak of."""
        return len(self.snapshot.columns.paper_ids) <= QUICK_ROWS


def open_snapshot(folder: Place, manifest: Manifest, previous: Snapshot | None) -> Snapshot:
    """The generation in `folder` as its manifest says; `previous` is of the same generation.

    Raises IndexUnavailable.
    """
    with lance_errors():
        table = Table.open(folder, TABLE)
        columns = _columns(table, previous)
    sets = {state.encoder: _read_set(folder, state, previous) for state in manifest.sets}
    unreadable = tuple(encoder for encoder, found in sets.items() if found is None)
    readable = tuple(found for found in sets.values() if found is not None)
    lexicon = read_lexicon(folder, previous.lexicon if previous else None)
    return Snapshot(table, columns, readable, manifest, unreadable, lexicon)


def _columns(table: Table, previous: Snapshot | None) -> Columns:
    if previous is None:
        return read_columns(table)
    if previous.table.version == table.version:
        return previous.columns
    return reread_columns(table, previous.columns, previous.manifest.revision)


def _read_set(folder: Place, state: SetState, previous: Snapshot | None) -> VectorSet | None:
    """The vectors of a set; None where they are damaged, which must not cost the words."""
    held = previous.set_of(state.encoder) if previous else None
    try:
        with lance_errors():
            return read_set(folder, state, held)
    except IndexUnavailable as trouble:
        if folder.trouble:
            raise  # out of reach, not damaged: what was read before is better
        _LOG.warning("The vectors of %s cannot be read: %s", state.encoder, trouble.__cause__)
        return None
