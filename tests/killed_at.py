"""Kills the running process at a chosen call of a chosen step, for tests of what outlives that."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any


def die_at(owner: Any, name: str, when: str, number: int) -> None:
    """From now on, the process dies `before` or `after` the n-th call of `owner`'s function."""
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        mine = calls  # others may be called meanwhile, in other threads
        if when == "before" and mine == number:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = original(*arguments, **named)
        if when == "after" and mine == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, counted)
