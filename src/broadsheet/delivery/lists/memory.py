"""What a list's address answered last: so that asking again costs nothing while nothing changed.

A list is rebuilt only when the library has changed or a minute has passed; it counts as changed
only when its own bytes have. `Last-Modified` is the instant at which this process first saw those
bytes, so it is never earlier than the change itself.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broadsheet.services import Services

REMEMBERED = 4096
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as remembered: the library's state, the tag of the bytes, when they were new."""

    state: str
    tag: str
    modified_at: datetime

    @property
    def headers(self) -> dict[str, str]:
        """The validators of RFC 9110; weak, as compression changes the bytes."""
        return {
            "ETag": f'W/"{self.tag}"',
            "Last-Modified": format_datetime(self.modified_at, usegmt=True),
        }

    def is_known_to(self, headers: Mapping[str, str]) -> bool:
        """Whether a request says that its sender has these bytes (RFC 9110, 13.2.2)."""
        named = headers.get("if-none-match")
        if named is not None:
            tags = [part.strip().removeprefix("W/") for part in named.split(",")]
            return "*" in tags or f'"{self.tag}"' in tags
        since = _instant(headers.get("if-modified-since", ""))
        return since is not None and since >= self.modified_at


class Memory:
    """The last answers of one application, by address; safe to use from many threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._answers: OrderedDict[str, Answered] = OrderedDict()
        self._lock = Lock()

    def state(self) -> str:
        """Changes whenever a list may have changed.

        Votes and comments of people may change without a new revision, so it also changes with
        every minute.
        """
        minute = int(self._services.clock().timestamp()) // 60
        return f"{self._services.store.revision()} {self._services.index.stamp()} {minute}"

    def recall(self, address: str, state: str) -> Answered | None:
        """The last answer, if it was given in this very state of the library."""
        with self._lock:
            answered = self._answers.get(address)
        return answered if answered and answered.state == state else None

    def keep(self, address: str, state: str, body: bytes) -> Answered:
        """Remember an answer; it is as old as the last one when its bytes are the same."""
        tag = hashlib.sha256(body).hexdigest()[:32]
        now = self._services.clock().astimezone(UTC).replace(microsecond=0)
        with self._lock:
            last = self._answers.pop(address, None)
            if last and last.tag == tag:
                now = last.modified_at
            elif last:
                now = max(now, last.modified_at + _SECOND)
            answered = Answered(state, tag, now)
            self._answers[address] = answered
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return answered


def _instant(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
