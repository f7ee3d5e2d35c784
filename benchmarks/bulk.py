"""Speed of bringing a million papers in, stage by stage, each in a process of its own.

`benchmarks.multiply` makes the input. Every figure is of processor time as well as of the clock,
so that it tells something on a machine with other work to do.

    .venv/bin/python -m benchmarks.bulk 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import PROJECT, Row, print_table, run_child
from benchmarks.multiply import multiplied
from broadsheet import pipeline
from broadsheet.process import tune
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.sources.files import read_file

MIB = 1 << 20
_HELPING = 5_000


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage did: papers, seconds by the clock and of the processor, peak memory."""

    papers: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def per_cpu_second(self) -> float:
        """Papers per second of one whole core."""
        return self.papers / self.cpu_seconds


def reading(file: Path, _folder: Path) -> int:
    """Read and normalise every record of a file; how many there were."""
    return sum(1 for _ in read_file(file, today=datetime.now(UTC).date()))


def storing(file: Path, folder: Path) -> int:
    """Read a file into the library in a folder, without an index; how many papers it has then."""

    def store(services: Services) -> int:
        pipeline.import_files(services, [file])
        return services.store.count()

    return _with_services(folder, store)


def reading_back(_file: Path, folder: Path) -> int:
    """Make the documents of all papers of a library, as its index asks for them."""

    def walk(services: Services) -> int:
        feed = pipeline.feed_of(services)
        papers = revision = 0
        while found := feed.changes(revision, _HELPING):
            papers, revision = papers + len(found), found[-1][1]
        return papers

    return _with_services(folder, walk)


STAGES: dict[str, Callable[[Path, Path], int]] = {
    "reading": reading,
    "storing": storing,
    "reading back": reading_back,
}


def _with_services(folder: Path, work: Callable[[Services], int]) -> int:
    services = open_services(Settings(data=folder))
    try:
        return work(services)
    finally:
        services.store.close()


def stage(name: str, file: Path, folder: Path) -> Stage:
    """Run a stage in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bulk", "--stage", name, str(file), str(folder)]
    return Stage(**json.loads(run_child(command, {}).output.splitlines()[-1]))


def _run_here(name: str, file: Path, folder: Path) -> Stage:
    tune()
    started = time.perf_counter()
    papers = STAGES[name](file, folder)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Stage(
        papers,
        time.perf_counter() - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,
    )


def _rows(count: int) -> list[Row]:
    file, folder = multiplied(count), PROJECT / ".bench" / f"bulk-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    rows = []
    for name in STAGES:
        done = stage(name, file, folder)
        figure = (
            f"{done.papers:,} papers in {done.seconds:.0f} s ({done.cpu_seconds:.0f} s of "
            f"processor, {done.per_cpu_second:,.0f}/s), {done.peak_bytes / MIB:,.0f} MiB"
        )
        rows.append(Row(name, figure))
    return rows


def main() -> None:
    """Measure all stages, or run the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=STAGES)
    parser.add_argument("arguments", nargs="+", help="a number of papers; or a file and a folder")
    options = parser.parse_args()
    if options.stage:
        file, folder = map(Path, options.arguments)
        print(json.dumps(asdict(_run_here(options.stage, file, folder))))
        return
    count = int(options.arguments[0])
    print_table(f"{count:,} papers, load {os.getloadavg()[0]:.1f}", _rows(count))


if __name__ == "__main__":
    main()
