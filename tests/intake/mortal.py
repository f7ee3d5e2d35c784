"""Harvests that kill their own process with SIGKILL at one step after the other.

    python mortal.py FOLDER ADDRESS HOW_MANY

Each dies in a data folder of its own, `FOLDER/0` and so on, in a process forked off this one. A
step is a statement or a commit of the database, or a question to the service. Written to standard
output: the steps at which they died, as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from broadsheet import intake
from broadsheet.services import open_services
from broadsheet.settings import Settings
from broadsheet.sources.live.fetching import Fetcher

NOW = datetime(2026, 8, 20, 6, 0, tzinfo=UTC)


class Steps:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, last: int | None) -> None:
        self.count = 0
        self._last = last

    def __call__(self, *_: object) -> None:
        self.count += 1
        if self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def harvest(folder: Path, address: str, last: int | None) -> int:
    """Harvest until the last step, if there is one; how many steps it took."""
    shutil.copytree(folder.with_name("empty"), folder)
    services = open_services(Settings(data=folder), lambda: NOW)
    intake.add_source(services, "arxiv-oai", {"url": address}, "daily")
    source = services.store.source("daily")
    steps = Steps(last)
    event.listen(Engine, "after_cursor_execute", steps)
    event.listen(Engine, "commit", steps)
    ask = Fetcher._ask

    def counted(*arguments: object, **named: object) -> object:
        steps()
        answer = ask(*arguments, **named)  # type: ignore[arg-type]
        steps()
        return answer

    Fetcher._ask = counted  # type: ignore[method-assign, assignment]
    intake.harvest(services, source)
    return steps.count


def make_empty(folder: Path) -> int:
    """A library to copy, which is faster than making one for each place."""
    open_services(Settings(data=folder)).store.close()
    return 0


def in_a_process_of_its_own(work: Callable[[], int]) -> tuple[int, int]:
    """The result of some work and the signal that ended its process, or 0."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, work().to_bytes(4))
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as result:
        return int.from_bytes(result.read()), os.WTERMSIG(status)


def main(folder: Path, address: str, how_many: int) -> None:
    in_a_process_of_its_own(lambda: make_empty(folder / "empty"))
    total, _ = in_a_process_of_its_own(lambda: harvest(folder / "whole", address, None))
    died = []
    for number in range(how_many):
        last = 1 + number * (total - 1) // (how_many - 1)
        own = folder / str(number)
        _, ended_by = in_a_process_of_its_own(lambda: harvest(own, address, last))  # noqa: B023
        died += [last] if ended_by == signal.SIGKILL else []
    sys.stdout.write(json.dumps(died))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
