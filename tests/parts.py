"""Where the project lies, and what to do when a real part that a test needs is not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def missing_part(what: str) -> NoReturn:
    """Skip visibly, or fail where every part is required (CI)."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing; CI must install it")
    pytest.skip(f"{what} is not on this machine")
