"""Indexes in a process of its own: a large import while it goes on, and news beside readers.

The process follows the store's revisions until it is told that the import is over. It needs nothing
of the importing process but that word: when either dies, the library is whole, and the next import
or `broadsheet reindex` brings the index up to it.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from broadsheet import pipeline
from broadsheet.domain import ImportCounts
from broadsheet.errors import BroadsheetError, IndexUnavailable
from broadsheet.index.documents import Document, Feed
from broadsheet.process import tune
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

LARGE_IMPORT = 20_000
"""New and changed papers from which a second process, which takes 2 s to start, is worth it."""
WORTH_READING = 25_000
"""Changes that the following process waits for: small helpings make many small files."""
LARGE_LIBRARY = 100_000
"""Papers from which a server leaves indexing to another process: in its own, searches would wait
for the same threads, of Lance and of Python, up to a second."""
_LOOK_SECONDS = 1.0
_OVER = "over"


class IndexingBeside:
    """The importing side: starts the process when the import proves large, and ends it.

    Use as a context manager around the import; leaving it with an exception stops the process.
    """

    def __init__(self, services: Services) -> None:
        self._settings = services.settings
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._indexed = 0
        self._is_done = False
        self._failure: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            # A process that has ended is not hurt by this; the index can be stopped at any moment.
            self._process.terminate()
            self._process.join()

    @property
    def is_started(self) -> bool:
        """Whether there is a process, so that `finish` must be called."""
        return self._process is not None

    def look(self, counts: ImportCounts) -> None:
        """Start the process when so many papers are new or changed that it pays."""
        if self._process is not None:
            self._hear(0)
        elif counts.new + counts.updated + counts.merged >= LARGE_IMPORT:
            self.start()

    def start(self) -> None:
        """Start the process."""
        context = multiprocessing.get_context("spawn")  # Lance does not survive a fork
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_follow, args=(self._settings, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def finish(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Tell that the import is over and wait; the number of papers indexed since the start.

        `progress` gets the changes made so far. Raises IndexUnavailable when the process failed or
        died; what was imported stands in the store.
        """
        with suppress(OSError):  # it has died, which the next look tells
            self._spoken_with().send(_OVER)
        while self._failure is None and not self._is_done:
            self._hear(None)
            progress(self._indexed)
        if self._failure is not None:
            raise IndexUnavailable(
                f"The search index could not be brought up to date: {self._failure.rstrip('.')}. "
                "The papers themselves are stored; run `broadsheet reindex`."
            )
        return self._indexed

    def _hear(self, seconds: float | None) -> None:
        """Take what the process has told, or wait so long for it; None is for ever."""
        pipe = self._spoken_with()
        try:
            while self._failure is None and not self._is_done and pipe.poll(seconds):
                told, seconds = pipe.recv(), 0
                if isinstance(told, str):
                    self._failure = told
                elif told is None:
                    self._is_done = True
                else:
                    self._indexed = told
        except (EOFError, OSError):
            self._failure = f"its process ended with code {self._exit_code()}"

    def _exit_code(self) -> int | None:
        if self._process is None:
            return None
        self._process.join()
        return self._process.exitcode

    def _spoken_with(self) -> Connection:
        if self._pipe is None:
            message = "no process was started: ask is_started first"
            raise RuntimeError(message)
        return self._pipe


def sync_for_readers(services: Services) -> None:
    """Bring the index up to the store without keeping searches of this process waiting.

    A small library does that by itself. Raises StorageError or, when the process failed,
    IndexUnavailable.
    """
    if services.store.count() < LARGE_LIBRARY:
        pipeline.sync_index(services)
    else:
        with IndexingBeside(services) as beside:
            beside.start()
            beside.finish()


def _follow(settings: Settings, pipe: Connection) -> None:
    """What the process does: follow the store until the import is over, and say how it goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the importing process decides when to stop
    tune()
    try:
        services = open_services(settings)
        source = _Following(services, pipe)
        while True:
            services.index.sync(source.feed, source.tell)
            source.close_helping()
            if not source.wait():
                break
        pipe.send(None)
    except BroadsheetError as error:
        pipe.send(str(error))


class _Following:
    """A feed of changes that are still being made, and what was told of them."""

    def __init__(self, services: Services, pipe: Connection) -> None:
        self._store = services.store
        self._inner = pipeline.feed_of(services)
        self._pipe = pipe
        self._seen = 0
        self._before = 0
        self._now = 0
        self._is_over = False
        self.feed = Feed(
            self._changes,
            self._inner.removals,
            self._inner.pending,
            self._inner.revision,
            self.wait,
        )

    def tell(self, done: int) -> None:
        """Tell the importing process how many changes have been made."""
        self._now = done
        self._pipe.send(self._before + done)

    def close_helping(self) -> None:
        """Count the next helping from its own beginning."""
        self._before, self._now = self._before + self._now, 0

    def _changes(self, after: int, limit: int) -> list[tuple[Document, int]]:
        self._listen(0)
        newest = self._store.revision()
        found = list(self._inner.changes(after, limit))
        # Not every revision is a paper's; a short answer holds all up to the newest before it.
        self._seen = found[-1][1] if len(found) == limit else max(newest, after)
        return found

    def wait(self) -> bool:
        """Wait until there is a helping to read or the import is over; False when all is read."""
        while not self._is_over:
            if self._store.revision() - self._seen >= WORTH_READING:
                return True
            self._listen(_LOOK_SECONDS)
        return self._store.revision() > self._seen

    def _listen(self, seconds: float) -> None:
        """Hear whether the import is over; ends this process when the importing one has died."""
        try:
            if not self._is_over and self._pipe.poll(seconds):
                self._is_over = self._pipe.recv() == _OVER
        except (EOFError, OSError) as error:
            raise SystemExit(1) from error
