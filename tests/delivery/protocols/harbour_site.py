"""The harbour library served over a real socket, and what a client's process needs to reach it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import harbour
import uvicorn

from broadsheet.delivery.app import create_app
from broadsheet.domain import PaperRecord
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

Hf = Callable[..., subprocess.CompletedProcess[str]]


def open_harbour(folder: Path, records: Sequence[PaperRecord], **more: object) -> Services:
    services = open_services(Settings(data=folder, base_url="", **more), lambda: harbour.NOW)  # type: ignore[arg-type]
    services.store.ingest(records, now=harbour.NOW)
    sync_index(services)
    return services


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The address of a server in a thread of this process."""
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def hf_environment(address: str, home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "NO_COLOR": "1", "COLUMNS": "120"}
    return {**kept, **quiet, "HF_ENDPOINT": address, "HF_HOME": str(home)}
