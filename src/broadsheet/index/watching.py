"""Keeps an eye on an index that lies in a bucket, so that searches never wait for the network.

One thread looks at the pointer and the manifest, at most every second while somebody searches and
now and then when nobody does. What was known last stays known while the bucket does not answer.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace

from broadsheet.index.generations import Generations, Stamp, View

LOOK_SECONDS = 1.0
"""Between two looks while somebody asks."""
IDLE_SECONDS = 15.0
"""Between two looks while nobody does."""


class Watch:
    """The newest view of the generations; `tell` gets every new stamp, in the watching thread."""

    def __init__(self, generations: Generations, tell: Callable[[Stamp], None]) -> None:
        self._generations = generations
        self._tell = tell
        self._looking = threading.Lock()
        self._asked = threading.Event()
        self._view: View | None = None

    def view(self) -> View:
        """What is known; only the first call waits for the network."""
        if self._view is None:
            self._begin()
        self._asked.set()
        return self._view or self.look()

    def _begin(self) -> None:
        with self._looking:
            if self._view is not None:
                return
            self._view = self._look()
        threading.Thread(
            target=_watch, args=(weakref.ref(self), self._asked), name="index-watching", daemon=True
        ).start()

    def look_again(self) -> Stamp | None:
        """The stamp as it is now; None where nobody has asked yet."""
        return self.look().stamp if self._view is not None else None

    def look(self) -> View:
        """Look now, and wait for it."""
        with self._looking:
            before, self._view = self._view, self._look()
            found = self._view
        if before is not None and before.stamp != found.stamp:
            self._tell(found.stamp)
        return found

    def _look(self) -> View:
        try:
            return self._generations.view()
        except OSError as trouble:
            known = self._view or View(("unknown",), None, None, is_building=False)
            return replace(known, trouble=str(trouble))


def _watch(watched: weakref.ref[Watch], asked: threading.Event) -> None:
    """Look until the watch is no longer used by anybody."""
    while True:
        asked.wait(IDLE_SECONDS)
        asked.clear()
        watch = watched()
        if watch is None:
            return
        watch.look()
        del watch
        time.sleep(LOOK_SECONDS)
