"""Fixtures of the store's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.store import Store

# The processes that tests start import `invented` and `importing` by name, as the tests do.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store on each kind of database."""
    opened = Store.open(store_url)
    yield opened
    opened.close()
