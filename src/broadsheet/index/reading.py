"""Reads one version of a LanceDB table from any thread, by LanceDB's asynchronous interface.

Its searches answer 3 ms sooner than those of the blocking interface, which asks for the schema
three times each, and go on beside other work.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from broadsheet.index.places import Place, PlaceTrouble
from broadsheet.index.tables import connect_async

if TYPE_CHECKING:
    from lancedb.query import FullTextQuery

T = TypeVar("T")


REMOTE_SECONDS = 20
"""How long an answer from a bucket is waited for; a second once it is known not to answer."""
MOST_GIVEN_UP = 100
"""So many searches that nobody waits for may still be tried in Lance."""


class Table:
    """The newest version of a generation's table as it was opened; it does not move on.

    Every method raises what LanceDB raises, and PlaceTrouble when the place cannot be reached.
    """

    def __init__(self, table: Any, place: Place) -> None:
        self._table = table
        self._place = place

    @classmethod
    def open(cls, place: Place, name: str) -> Table:
        """A table of a generation."""
        return cls(_start(_patient(_open(place, name), place)).result(), place)

    def search(self, query: FullTextQuery, condition: str | None, k: int) -> Future[pa.Table]:
        """The `k` rows with the highest BM25 scores, as `_rowid` and `_score`.

        `condition` is SQL that holds for all of them.
        """
        found = self._table.query().nearest_to_text(query).with_row_id().select(["_score"])
        if condition:
            found = found.where(condition)
        return _start(_patient(found.limit(k).to_arrow(), self._place))

    def scan(
        self,
        columns: Sequence[str],
        *,
        condition: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        """Some columns and `_rowid` of the rows for which a condition in SQL holds."""
        rows = self._table.query().with_row_id().select(list(columns)).offset(offset)
        if condition:
            rows = rows.where(condition)
        if limit is not None:
            rows = rows.limit(limit)
        return _start(_patient(rows.to_arrow(), self._place)).result()

    def has_words(self, text: str, column: str) -> bool:
        """Whether a text holds anything that the index of a column looks up."""
        return bool(_start(_patient(self._tokens(text, column), self._place)).result())

    async def _tokens(self, text: str, column: str) -> list[Any]:
        return list(await self._table.tokenize(text, column=column))


async def _open(place: Place, name: str) -> Any:
    connection = await connect_async(place)
    return await connection.open_table(name)


async def _patient(work: Coroutine[Any, Any, T], place: Place) -> T:
    """The answer of some work, as long as there is hope for one."""
    if not place.is_remote:
        return await work
    if place.trouble and len(_given_up) >= MOST_GIVEN_UP:
        work.close()
        raise PlaceTrouble(place.trouble)
    task = asyncio.ensure_future(work)
    for _ in range(REMOTE_SECONDS):
        await asyncio.wait({task}, timeout=1)
        if task.done() or place.trouble:
            break
    try:
        if not task.done():
            # Lance goes on for minutes, and cancelling it would have to be waited for.
            _given_up.add(task)
            task.add_done_callback(_forget)
            raise TimeoutError
        return task.result()
    except (RuntimeError, OSError, ValueError) as error:
        if not place.trouble:
            await asyncio.to_thread(place.make)  # tells a place out of reach from a damaged table
        if place.trouble:
            raise PlaceTrouble(place.trouble) from error
        raise


_given_up: set[asyncio.Future[Any]] = set()


def _forget(task: asyncio.Future[Any]) -> None:
    _given_up.discard(task)
    if not task.cancelled():
        task.exception()  # else it is logged as never looked at


def _start(work: Coroutine[Any, Any, T]) -> Future[T]:
    return asyncio.run_coroutine_threadsafe(work, _loop())


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="index-reading", daemon=True).start()
    return loop
