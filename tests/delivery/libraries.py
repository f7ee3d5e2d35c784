"""Builds real services around invented papers: a SQLite file and a search index in a folder."""

from __future__ import annotations

import pickle
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import editions

from broadsheet.domain import PaperRecord
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

_MADE: dict[bytes, Path] = {}
_FOLDER = tempfile.TemporaryDirectory(prefix="broadsheet-libraries-")


def open_library(folder: Path, records: Sequence[PaperRecord]) -> Services:
    """Services whose clock stands at `editions.NOW`, with these records stored and indexed.

    The same records are stored and indexed once; each caller gets a copy of the folder.
    """
    shutil.copytree(_made(records), folder, dirs_exist_ok=True)
    return _opened(folder)


def _made(records: Sequence[PaperRecord]) -> Path:
    key = pickle.dumps(list(records))
    if key not in _MADE:
        folder = Path(_FOLDER.name) / str(len(_MADE))
        services = _opened(folder)
        if records:
            services.store.ingest(records, now=editions.NOW)
            sync_index(services)
        services.store.close()
        (folder / "secret.key").unlink(missing_ok=True)
        _MADE[key] = folder
    return _MADE[key]


def _opened(folder: Path) -> Services:
    return open_services(Settings(data=folder, base_url=""), lambda: editions.NOW)
