"""A year of days on one index: `python -m benchmarks.year`.

A library takes in its new papers every working day, with revisions of the day before, while a
reader searches. Told are the time of a day at the beginning and at the end, the reader's longest
wait, and how the index at the year's end compares with one built anew from the same library.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import orjson
import zstandard

from benchmarks.measure import (
    PROJECT,
    Row,
    data_folder,
    median_and_p95,
    print_table,
    run_tree,
    times_ms,
)
from benchmarks.multiply import multiplied
from benchmarks.speed import BROADSHEET, MIB, WARM_UP, title_queries
from broadsheet import pipeline
from broadsheet.domain import Listing, ListingKind, PaperRecord
from broadsheet.index.places import Folder
from broadsheet.index.tables import dataset
from broadsheet.index.writing import TABLE
from broadsheet.process import tune
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

BASE, DAYS, PAPERS, REVISED = 50_000, 250, 400, 60
_FIRST_DAY = date(2031, 1, 1)
_PAUSE_SECONDS = 0.02


@dataclasses.dataclass
class Reader:
    """Somebody who searches all the time, and how long each answer took."""

    services: Services
    queries: Sequence[str]
    waits: list[float] = dataclasses.field(default_factory=list)
    stop: threading.Event = dataclasses.field(default_factory=threading.Event)

    def read(self) -> None:
        """Search until told to stop."""
        while True:
            for query in self.queries:
                if self.stop.wait(_PAUSE_SECONDS):
                    return
                self.waits += times_ms(self.search, [query])

    def search(self, query: str) -> object:
        """One page of hits."""
        return self.services.ranking.page(Listing(ListingKind.SEARCH, query=query))


def main() -> None:
    """Measure everything and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS, help="how many days the year has")
    days: int = parser.parse_args().days
    tune()
    folder = PROJECT / ".bench" / "year"
    shutil.rmtree(folder, ignore_errors=True)
    settings = {"BROADSHEET_DATA": str(folder), "BROADSHEET_IMPROVER": "none"}
    run_tree([*BROADSHEET, "import", "--json", str(multiplied(BASE))], settings)
    services = open_services(Settings(data=folder, improver="none"))
    queries = title_queries(data_folder(), 200 + WARM_UP)
    title = f"{BASE:,} papers and {days} days of {PAPERS}"
    print_table(title, _year(services, Reader(services, queries), days, folder / "index"))
    services.store.close()


def _year(services: Services, reader: Reader, days: int, index: Path) -> Iterator[Row]:
    times_ms(reader.search, reader.queries[:WARM_UP])
    reading = threading.Thread(target=reader.read)
    reading.start()
    records = _records(days * PAPERS)
    seconds = [_day(services, list(islice(records, PAPERS)), day) for day in range(days)]
    reader.stop.set()
    reading.join()
    for name, some in (("first", seconds[:20]), ("last", seconds[-20:])):
        figure = f"median {statistics.median(some):.2f} s, longest {max(some):.1f} s"
        yield Row(f"a day, the {name} twenty: stored, indexed, in the snapshot", figure)
    waits = reader.waits
    over = sum(wait > 100 for wait in waits)
    median, p95 = median_and_p95(waits)
    yield Row(f"a search meanwhile, {len(waits):,} of them",
              f"median {median:.1f} ms, p95 {p95:.1f} ms, longest {max(waits):.0f} ms, "
              f"{over} above 100 ms", "100 ms", max(waits) <= 100)  # fmt: skip
    yield from _state("at the year's end", services, reader, index)
    pipeline.rebuild_index(services)
    yield from _state("built anew", services, reader, index)


def _records(count: int) -> Iterator[PaperRecord]:
    """So many papers that the library does not have."""
    with multiplied(count, "jsonl").open("rb") as raw:
        lines = zstandard.ZstdDecompressor().stream_reader(raw).read().splitlines()
    for number, line in enumerate(lines):
        fields = orjson.loads(line)
        yield PaperRecord(
            source="year",
            record_id=f"y{number}",
            title=f"{' '.join(fields['title'].split())} of number {number}",
            abstract=fields["abstract"],
            authors=(f"Author {number} Of Year",),
            categories=tuple(fields.get("categories") or ()),
            listed_on=_FIRST_DAY + timedelta(days=number // PAPERS),
        )


_recent: list[PaperRecord] = []


def _day(services: Services, records: Sequence[PaperRecord], day: int) -> float:
    """Seconds until a day's papers, and revisions of earlier ones, are in the snapshot."""
    revised = [
        dataclasses.replace(record, abstract=f"{record.abstract} Revised on day {day}.")
        for record in _recent[:REVISED]
    ]
    _recent[:] = records
    started = time.perf_counter()
    services.store.ingest([*records, *revised], now=services.clock())
    pipeline.sync_index(services)
    while services.index.snapshot().manifest.revision < services.store.revision():
        time.sleep(0.01)
    return time.perf_counter() - started


def _state(when: str, services: Services, reader: Reader, index: Path) -> Iterator[Row]:
    generation = index / services.index.state().generation
    words = dataset(Folder(generation), TABLE)
    # Days are a day apart: versions that are kept for some minutes would be gone.
    words.cleanup_old_versions(older_than=timedelta(0))
    segments = max(len(each.segments) for each in words.describe_indices())
    files = sum(1 for file in generation.rglob("*") if file.is_file())
    size = sum(file.stat().st_size for file in generation.rglob("*") if file.is_file())
    yield Row(f"{when}: papers, files of rows, parts of an index",
              f"{words.count_rows():,}, {len(words.get_fragments())}, {segments}")  # fmt: skip
    yield Row(f"{when}: files and size", f"{files}, {size / MIB:,.0f} MiB")
    services.index.snapshot()
    median, p95 = median_and_p95(times_ms(reader.search, reader.queries)[WARM_UP:])
    yield Row(f"{when}: a page of hits", f"median {median:.1f} ms, p95 {p95:.1f} ms")


if __name__ == "__main__":
    main()
