"""The right to write an index in a bucket: one object, taken and renewed by conditional writes.

It needs no clocks that agree: whoever waits sees that the object has not changed for so long, by
its own clock, and takes over.
"""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import S3Store

EXPIRY_SECONDS = 30.0
"""A lock that has not been renewed for so long belongs to a process that is no more."""
RENEWALS = 5
"""How often a lock is renewed in that time."""
WAIT_SECONDS = 0.3
"""Between two looks at a lock that another has."""
_FREE = b""
_LOST = (
    "another process has taken over the writing of this index, because this one did not answer "
    "for a while; run the command again"
)


class BucketLock:
    """One holding of a lock; made anew for each."""

    def __init__(self, store: S3Store, key: str) -> None:
        self._store = store
        self._key = key
        self._tag: str | None = None
        self._renewed_at = 0.0
        self._is_lost = False
        self._ending = threading.Event()
        self._renewing: threading.Thread | None = None

    def acquire(self) -> None:
        """Wait for the lock, then keep it; raises what obstore raises."""
        seen, since = "", time.monotonic()
        while not self._take(seen, since):
            tag = self._look()
            if tag != seen:
                seen, since = tag, time.monotonic()
            time.sleep(WAIT_SECONDS)
        self._renewing = threading.Thread(target=self._renew, name="index-lock", daemon=True)
        self._renewing.start()

    def _take(self, seen: str, since: float) -> bool:
        """Take what nobody has, or what its holder has not renewed."""
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            held = obstore.get(self._store, self._key)
        except (FileNotFoundError, NotFoundError):
            return self._put("create")
        tag = held.meta["e_tag"] or ""
        is_free = bytes(held.bytes()) == _FREE
        is_dead = tag == seen and time.monotonic() - since >= EXPIRY_SECONDS
        return self._put(tag) if is_free or is_dead else False

    def _look(self) -> str:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            return obstore.head(self._store, self._key)["e_tag"] or ""
        except (FileNotFoundError, NotFoundError):
            return ""

    def _put(self, condition: str, content: bytes | None = None) -> bool:
        """Write the object if it has the tag `condition`, or not at all yet for `create`."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError

        began = time.monotonic()
        content = uuid.uuid4().hex.encode() if content is None else content
        try:
            done = obstore.put(
                self._store,
                self._key,
                content,
                mode="create" if condition == "create" else {"e_tag": condition},
                use_multipart=False,
            )
        except (AlreadyExistsError, PreconditionError, NotFoundError, FileNotFoundError):
            return self._was_written(content, began)
        self._tag, self._renewed_at = done["e_tag"], began
        return True

    def _was_written(self, content: bytes, began: float) -> bool:
        """Whether a refused write is there all the same: its first answer was lost on the way."""
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            held = obstore.get(self._store, self._key)
        except (FileNotFoundError, NotFoundError):
            return False
        if not content or bytes(held.bytes()) != content:
            return False
        self._tag, self._renewed_at = held.meta["e_tag"], began
        return True

    def _renew(self) -> None:
        from obstore.exceptions import BaseError

        while not self._ending.wait(EXPIRY_SECONDS / RENEWALS):
            try:
                if not self._put(self._tag or ""):
                    self._is_lost = True
                    return
            except BaseError:
                continue  # the bucket does not answer: `assure` counts the time

    def assure(self) -> None:
        """Raise OSError unless the lock is still ours."""
        if self._is_lost or time.monotonic() - self._renewed_at >= EXPIRY_SECONDS:
            raise OSError(_LOST)

    def release(self) -> None:
        """Let others have it; a bucket that does not answer lets them in when it expires."""
        from obstore.exceptions import BaseError

        self._ending.set()
        if self._renewing is not None:
            self._renewing.join()
        if not self._is_lost:
            try:
                self._put(self._tag or "", _FREE)
            except BaseError:
                return
