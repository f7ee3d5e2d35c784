"""Reading invented content through the one way in, `read_file`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broadsheet.domain import PaperRecord, Reject
from broadsheet.sources.files import read_file

TODAY = date(2026, 8, 21)


@dataclass(frozen=True)
class Result:
    records: list[PaperRecord]
    rejects: list[Reject]

    @property
    def record(self) -> PaperRecord:
        assert not self.rejects, self.rejects
        assert len(self.records) == 1
        return self.records[0]

    @property
    def reject(self) -> Reject:
        assert not self.records, self.records
        assert len(self.rejects) == 1
        return self.rejects[0]


Read = Callable[..., Result]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write content to a file of a name and read it; returns its records and rejects."""

    def reading(content: str | bytes, *, name: str = "input", **options: Any) -> Result:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        items = list(read_file(path, today=options.pop("today", TODAY), **options))
        return Result(
            [item.record for item in items if item.record is not None],
            [item.reject for item in items if item.reject is not None],
        )

    return reading
