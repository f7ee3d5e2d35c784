"""Gives papers better vectors, little by little: what people voted for and the newest days first.

The index has a quick vector of every paper from the start; a transformer is a hundred times slower
and understands more. Stopped at any moment and run again, it goes on where it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from broadsheet.errors import BroadsheetError, IndexUnavailable
from broadsheet.index.documents import Document
from broadsheet.index.layout import Floats
from broadsheet.pipeline import document_of
from broadsheet.services import Services

BATCH = 64
"""Papers a time: a second or two of work, after which search knows them."""
LIST = 4096
"""Papers looked up at a time; in a large library the list takes half a second to make."""
MOST_VOTED = 2000
"""Papers with the most votes, which come before the newest."""
MOST_AT_ONCE = 256
"""Papers that one round of a worker sees to that is started again and again, some ten seconds."""
IDLE_SECONDS = 5.0
"""Between two looks at whether there is something new."""


Improved = tuple[Sequence[Document], Floats | None]
Hands = Callable[[Sequence[Sequence[int]]], Iterable[Improved]]
"""Whoever makes the vectors: for each batch of paper ids, in order, its documents with theirs."""


def batch_improved(services: Services, paper_ids: Sequence[int]) -> Improved:
    """The documents of papers as they are now, and their vectors by the improver."""
    documents = [document_of(paper) for paper in services.store.papers(paper_ids)]
    return documents, services.index.improved_vectors(documents)


def own_hands(services: Services) -> Hands:
    """This process, one batch after another, each when it is asked for."""

    def each(batches: Sequence[Sequence[int]]) -> Iterator[Improved]:
        return (batch_improved(services, batch) for batch in batches)

    return each


def improve(
    services: Services,
    is_stopping: Callable[[], bool],
    report: Callable[[int, int], None] = lambda _done, _left: None,
    *,
    share: float = 1.0,
    most: int | None = None,
    hands: Hands | None = None,
) -> int:
    """Improve the vectors of papers until all are, or `most`; how many were.

    `report` gets how many are done and left, after each batch. `share` is the part of the time
    that is worked: below 1, it rests after each batch, for the sake of readers. `hands` make the
    vectors, this process by default. Raises StorageError, and IndexUnavailable without an index.
    """
    done = 0
    while not is_stopping():
        first = [paper_id for paper_id, *_ in services.store.signals(limit=MOST_VOTED)]
        limit = min(LIST, (most or LIST + done) - done)
        waiting, left = services.index.unimproved(first, limit, services.settings.improved_papers)
        if not waiting:
            break
        before = done
        batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
        began = time.monotonic()
        for documents, vectors in (hands or own_hands(services))(batches):
            if vectors is not None:
                services.index.put_improved(documents, vectors)
            done += len(documents)
            left = max(0, left - BATCH)
            report(done, left)
            if is_stopping():
                return done
            time.sleep((time.monotonic() - began) * (1 / share - 1))
            began = time.monotonic()
        if done == before or (most is not None and done >= most):
            break  # nothing done: papers that are gone, which the index has yet to learn
    return done


def keep_improving(
    services: Services, stop: threading.Event, report: Callable[[str], None]
) -> None:
    """Improve whatever comes until `stop` is set, half of the time; trouble is reported once."""
    seen, told = "", ""
    while not stop.is_set():
        stamp = services.index.stamp()
        if stamp != seen:
            try:
                improve(services, stop.is_set, share=0.5)
                seen = services.index.stamp()
            except IndexUnavailable:
                seen = stamp  # there is none yet, or it is broken, which others say
            except BroadsheetError as error:
                if str(error) != told:
                    told = str(error)
                    report(f"Vectors are not being improved: {error}")
        stop.wait(IDLE_SECONDS)
