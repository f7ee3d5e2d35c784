"""A fresh index folder and the encoder that Broadsheet ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.lance import PaperIndex


@pytest.fixture(scope="session")
def encoder() -> StaticEncoder:
    return StaticEncoder.load()


@pytest.fixture
def index(tmp_path: Path, encoder: StaticEncoder) -> PaperIndex:
    return PaperIndex(tmp_path / "index", encoder)
