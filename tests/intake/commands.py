"""Runs `broadsheet` in this process: the whole command line, without the start of an interpreter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]
