"""Keeps what was rendered last, within a bound on characters; for threads that are read again."""

from __future__ import annotations

import threading
from collections import OrderedDict

LARGEST = 16_000_000
"""Characters kept in all, keys included: about 5,000 comments of everyday length."""

Key = tuple[str, frozenset[str]]


class KeptHtml:
    """The last used renderings; the one not used for longest goes first. For many threads."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._size = 0
        self._kept: OrderedDict[Key, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> str | None:
        """What was kept under a key, or None."""
        with self._lock:
            html = self._kept.get(key)
            if html is not None:
                self._kept.move_to_end(key)
            return html

    def put(self, key: Key, html: str) -> None:
        """Keep a rendering, unless it alone is too large."""
        if len(key[0]) + len(html) > self._largest:
            return
        with self._lock:
            former = self._kept.pop(key, None)
            if former is not None:
                self._size -= len(key[0]) + len(former)
            self._kept[key] = html
            self._size += len(key[0]) + len(html)
            while self._size > self._largest:
                (body, _), gone = self._kept.popitem(last=False)
                self._size -= len(body) + len(gone)
