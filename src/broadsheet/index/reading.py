"""Reads one version of a Lance table from any thread, each question on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pyarrow as pa

from broadsheet.index.places import Place, PlaceTrouble
from broadsheet.index.tables import dataset_to_read

if TYPE_CHECKING:
    from lance.query import FullTextQuery

T = TypeVar("T")


REMOTE_SECONDS = 20
"""How long an answer from a bucket is waited for; a second once it is known not to answer."""
MOST_GIVEN_UP = 100
"""So many searches that nobody waits for may still be tried in Lance."""
_THREADS = MOST_GIVEN_UP + 64


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was asked of a table; `result` waits for it."""

    _asked: Future[T]
    _place: Place

    def result(self) -> T:
        """The answer, as long as there is hope for one; raises what `Table` says."""
        if not self._place.is_remote:
            return self._asked.result()
        for _ in range(REMOTE_SECONDS):
            wait((self._asked,), timeout=1)
            if self._asked.done() or self._place.trouble:
                break
        try:
            if not self._asked.done():
                # Lance goes on for minutes, and cannot be stopped.
                _given_up.add(self._asked)
                self._asked.add_done_callback(_given_up.discard)
                raise TimeoutError
            return self._asked.result()
        except (RuntimeError, OSError, ValueError) as error:
            if not self._place.trouble:
                self._place.make()  # tells a place out of reach from a damaged table
            if self._place.trouble:
                raise PlaceTrouble(self._place.trouble) from error
            raise


class Table:
    """The newest version of a generation's table as it was opened; it does not move on.

    Every method raises what Lance raises, and PlaceTrouble when the place cannot be reached.
    """

    def __init__(self, opened: Any, place: Place) -> None:
        self._dataset = opened
        self._place = place

    @classmethod
    def open(cls, place: Place, name: str) -> Table:
        """A table of a generation."""
        return cls(_ask(place, lambda: dataset_to_read(place, name)).result(), place)

    @property
    def version(self) -> int:
        """The number of the version."""
        return int(self._dataset.version)

    def search(self, query: FullTextQuery, condition: str | None, k: int) -> Answer[pa.Table]:
        """The `k` rows with the highest BM25 scores, as `_rowid` and `_score`.

        `condition` is SQL that holds for all of them.
        """
        return _ask(
            self._place,
            lambda: self._dataset.to_table(
                columns=["_score"],
                full_text_query=query,
                filter=condition,
                prefilter=condition is not None,
                with_row_id=True,
                limit=k,
            ),
        )

    def scan(
        self,
        columns: Sequence[str],
        *,
        condition: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> pa.Table:
        """Some columns and `_rowid` of the rows for which a condition in SQL holds."""
        return _ask(
            self._place,
            lambda: self._dataset.to_table(
                columns=list(columns),
                filter=condition,
                limit=limit,
                offset=offset,
                with_row_id=True,
            ),
        ).result()


def _ask(place: Place, question: Callable[[], T]) -> Answer[T]:
    if place.is_remote and place.trouble and len(_given_up) >= MOST_GIVEN_UP:
        raise PlaceTrouble(place.trouble)
    return Answer(_pool().submit(question), place)


_given_up: set[Future[Any]] = set()


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, "index-reading")
