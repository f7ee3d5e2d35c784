"""Invented papers, and the environment that the tests run `broadsheet` in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]

SUBJECTS = ("Lanterns", "Harbours", "Beehives", "Glaciers", "Orchards", "Kites", "Bridges", "Mills")
METHODS = ("Counting", "Dating", "Mapping", "Weighing", "Naming", "Sorting", "Drawing", "Hearing")


def invented_paper(number: int) -> dict[str, object]:
    """One invented paper as a line of JSON lines; different numbers give different papers."""
    subject = SUBJECTS[number % 8]
    method = METHODS[number // 8 % 8]
    return {
        "id": f"26{number // 5000 + 1:02d}.{number % 5000 + 1:05d}",
        "title": f"{method} {subject} in Year {number}",
        "abstract": f"In year {number} we went {method.lower()} {subject.lower()} by hand. "
        f"Survey {number * 7919} of {subject.lower()} found {number % 89} of them in a "
        f"{SUBJECTS[number // 64 % 8].lower()} district, which nobody expected.",
        "authors": [f"Ada Author{number % 97}", "Bo Writer"],
        "categories": ["cs.LG" if number % 2 else "math.CO"],
        "published": f"2026-08-{number % 20 + 1:02d}",
        "date_source": "submitted",
    }


def environment(data: Path) -> dict[str, str]:
    """The environment of a command that works in a data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET")}
    return {**kept, "BROADSHEET_DATA": str(data), "COLUMNS": "200"}
