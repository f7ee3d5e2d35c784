"""Builds real services around invented papers: a SQLite file and a search index in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import editions

from broadsheet.domain import PaperRecord
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings


def open_library(folder: Path, records: Sequence[PaperRecord]) -> Services:
    """Services whose clock stands at `editions.NOW`, with these records stored and indexed."""
    settings = Settings(data=folder, base_url="")
    services = open_services(settings, lambda: editions.NOW)
    if records:
        services.store.ingest(records, now=editions.NOW)
        sync_index(services)
    return services
