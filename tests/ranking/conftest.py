"""Shelves of papers: an empty one for each test, and a full one that no test changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shelves import BAKERY, Shelf, open_shelf

from broadsheet.index.encoder import StaticEncoder


@pytest.fixture(scope="session")
def encoder() -> StaticEncoder:
    return StaticEncoder.load()


@pytest.fixture
def empty(tmp_path: Path, encoder: StaticEncoder) -> Iterator[Shelf]:
    shelf = open_shelf(tmp_path, encoder)
    yield shelf
    shelf.store.close()


@pytest.fixture(scope="session")
def bakery(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Iterator[Shelf]:
    shelf = open_shelf(tmp_path_factory.mktemp("bakery"), encoder).put(BAKERY)
    yield shelf
    shelf.store.close()
