"""What other processes do in the tests of the store."""

from __future__ import annotations

import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

from invented import MILLS, NOW, arxiv

from broadsheet.domain import PaperRecord
from broadsheet.errors import StorageError
from broadsheet.store import Store


def wheels(first: int, last: int) -> list[PaperRecord]:
    return [
        arxiv(
            f"2604.{number:05}",
            title=f"Wheel {number} of the great mill",
            abstract=f"{MILLS} This is wheel {number}.",
        )
        for number in range(first, last)
    ]


def import_wheels(url: str, first: int, last: int, start: Barrier | None) -> None:
    if start is not None:
        start.wait(60)
    store = Store.open(url)
    records = wheels(first, last)
    for position in range(0, len(records), 20):
        store.ingest(records[position : position + 20], now=NOW)
    store.close()


def write_as_nobody(folder: str) -> None:
    """Import into a library in a folder that this process may only read."""
    Store.open(f"sqlite:///{folder}/open/other.sqlite").close()
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        Store.open(f"sqlite:///{folder}/b.sqlite").ingest([arxiv()], now=NOW)
    except StorageError as error:
        Path(folder, "open", "sentence").write_text(str(error))


def open_new_libraries(folder: str, number: int, start: Barrier) -> None:
    """Open library after library for the first time, each at the moment when others do."""
    for position in range(number):
        start.wait(60)
        Store.open(f"sqlite:///{folder}/{position}.sqlite").close()
