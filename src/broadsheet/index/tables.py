"""Opens the Lance tables of a place, by LanceDB or by Lance itself.

LanceDB takes two seconds to import, so it is imported where a table is touched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from broadsheet.index.places import Place

INDEX_CACHE_BYTES = 1 << 28
"""What a process keeps of the word indexes in memory; the operating system keeps files besides."""
METADATA_CACHE_BYTES = 1 << 27


def connect(place: Place) -> Any:
    """LanceDB's connection to a place."""
    import lancedb

    return lancedb.connect(place.uri, storage_options=_options(place))


def dataset(place: Place, table: str) -> Any:
    """A table as Lance's own interface has it, for writing."""
    import lance

    return lance.dataset(dataset_uri(place, table), storage_options=_options(place))


def dataset_to_read(place: Place, table: str) -> Any:
    """The same with a memory that all versions share: a new one does not start cold."""
    import lance

    return lance.dataset(
        dataset_uri(place, table), storage_options=_options(place), session=_session()
    )


def dataset_uri(place: Place, table: str) -> str:
    """Where Lance finds a table."""
    return f"{place.uri}/{table}.lance"


def _options(place: Place) -> dict[str, str] | None:
    return dict(place.options) if place.options is not None else None


@lru_cache(maxsize=1)
def _session() -> Any:
    import lance

    return lance.Session(
        index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES
    )
