"""How often one address may ask within five minutes, counted in fixed windows in this process.

Said in the headers of draft-ietf-httpapi-ratelimit-headers-09, which `huggingface_hub` reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

WINDOW_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an address may still do: requests left, seconds until the count starts anew."""

    quota: int
    left: int
    seconds: int
    is_over: bool

    @property
    def headers(self) -> dict[str, str]:
        """The allowance as a client reads it; with Retry-After once nothing is left."""
        found = {
            "RateLimit": f'"api";r={self.left};t={self.seconds}',
            "RateLimit-Policy": f'"fixed window";"api";q={self.quota};w={WINDOW_SECONDS}',
        }
        return {**found, "Retry-After": str(self.seconds)} if self.is_over else found


class RateWindows:
    """Counts the requests of each address in the present window; safe from many threads."""

    def __init__(self, quota: int, clock: Callable[[], datetime]) -> None:
        self._quota = quota
        self._clock = clock
        self._lock = Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def take(self, address: str) -> Allowance | None:
        """Count one request; None where the operator set no limit."""
        if not self._quota:
            return None
        window, passed = divmod(int(self._clock().timestamp()), WINDOW_SECONDS)
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            used = self._counts[address] = self._counts.get(address, 0) + 1
        return Allowance(
            self._quota, max(0, self._quota - used), WINDOW_SECONDS - passed, used > self._quota
        )
