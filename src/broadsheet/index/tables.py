"""Opens and makes the Lance tables of a place.

Lance takes a third of a second to import, so it is imported where a table is touched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyarrow as pa

from broadsheet.index.places import Place

INDEX_CACHE_BYTES = 1 << 28
"""What a process keeps of the word indexes in memory; the operating system keeps files besides."""
METADATA_CACHE_BYTES = 1 << 27


def create_table(
    place: Place, table: str, schema: pa.Schema, rows: pa.RecordBatchReader | None = None
) -> Any:
    """A new table with these rows, or none, whatever there was of that name, damaged or not."""
    import lance

    place.remove_folder(f"{table}.lance")  # Lance itself drops no table that it cannot read
    source = rows if rows is not None else schema.empty_table()
    return lance.write_dataset(
        source, dataset_uri(place, table), schema, storage_options=storage_options(place)
    )


def dataset(place: Place, table: str) -> Any:
    """The newest version of a table, for writing; it moves on with what is written through it."""
    import lance

    return lance.dataset(dataset_uri(place, table), storage_options=storage_options(place))


def dataset_to_read(place: Place, table: str) -> Any:
    """The same with a memory that all versions share: a new one does not start cold."""
    import lance

    return lance.dataset(
        dataset_uri(place, table), storage_options=storage_options(place), session=_session()
    )


def dataset_uri(place: Place, table: str) -> str:
    """Where Lance finds a table."""
    return f"{place.uri}/{table}.lance"


def storage_options(place: Place) -> dict[str, str] | None:
    """What Lance must know to reach a place."""
    return dict(place.options) if place.options is not None else None


@lru_cache(maxsize=1)
def _session() -> Any:
    from lance import Session  # type: ignore[attr-defined]  # not in its __all__

    return Session(
        index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES
    )
