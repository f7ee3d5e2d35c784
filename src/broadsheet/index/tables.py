"""Opens the Lance tables of a place, blocking or not, by LanceDB or by Lance itself.

LanceDB takes two seconds to import, so it is imported where a table is touched.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from broadsheet.index.places import Place

INDEX_CACHE_BYTES = 1 << 30
"""What this process keeps of the word indexes of a bucket."""
METADATA_CACHE_BYTES = 1 << 28


def connect(place: Place) -> Any:
    """LanceDB's connection to a place."""
    import lancedb

    if not place.is_remote:
        return lancedb.connect(place.uri)
    return lancedb.connect(place.uri, storage_options=dict(place.options or {}), session=_session())


async def connect_async(place: Place) -> Any:
    """The same without blocking."""
    import lancedb

    if not place.is_remote:
        return await lancedb.connect_async(place.uri)
    return await lancedb.connect_async(
        place.uri, storage_options=dict(place.options or {}), session=_session()
    )


def dataset(place: Place, table: str) -> Any:
    """A table as Lance's own interface has it."""
    import lance

    options = dict(place.options) if place.options is not None else None
    return lance.dataset(dataset_uri(place, table), storage_options=options)


def dataset_uri(place: Place, table: str) -> str:
    """Where Lance finds a table."""
    return f"{place.uri}/{table}.lance"


@lru_cache(maxsize=1)
def _session() -> Any:
    """One cache for all tables in buckets, so that a new version does not start cold."""
    import lancedb

    return lancedb.Session(
        index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES
    )
