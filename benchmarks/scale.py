"""Search at the scale of all of arXiv: `make bench-scale`.

Multiplies the real corpus, imports it with the command a person would use, and measures search,
the recall of the vectors in cells, what a day's papers cost, and the peers on the same texts. A
million papers by default; `--papers 2800000` is all of arXiv.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import quote

import numpy as np
import orjson
import zstandard

from benchmarks.large_peers import compare
from benchmarks.measure import (
    PROJECT,
    Row,
    data_folder,
    median_and_p95,
    print_table,
    resident_bytes,
    run_tree,
    times_ms,
)
from benchmarks.multiply import multiplied
from benchmarks.speed import BROADSHEET, MIB, WARM_UP, getter, serving, title_queries
from broadsheet.domain import Listing, ListingKind, PaperRecord
from broadsheet.index.snapshot import Snapshot
from broadsheet.index.vectors import Ids
from broadsheet.index.words import Filter, WordQuery
from broadsheet.indexing_beside import sync_for_readers
from broadsheet.process import tune
from broadsheet.ranking.asking import ask
from broadsheet.ranking.search import search
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

QUERIES = 300
THREADS = 4
RECALL_AT = 100
DAY = 1500
_GOALS = {1_000_000: (6, 12, 30), 2_800_000: (18, 20, 50)}
"""For so many papers: minutes to be searchable, median and p95 of a search in milliseconds."""


def main() -> None:
    """Measure everything and print Markdown tables."""
    options = _options()
    tune()
    count: int = options.papers
    folder = PROJECT / ".bench" / f"scale-{count}"
    queries = title_queries(data_folder(), QUERIES + WARM_UP)
    if not (options.keep and folder.exists()):
        shutil.rmtree(folder, ignore_errors=True)
        print_table(f"{count:,} papers: from the file to the first search", _import(count, folder))
    services = open_services(Settings(data=folder, improver="none"))
    print_table(f"{count:,} papers: search", _searching(services, queries, count))
    print_table(f"{count:,} papers: recall of the cells", _recall(services, queries))
    print_table(f"{count:,} papers: a day of {DAY:,} more", _day(services, queries))
    services.store.close()
    print_table(f"{count:,} papers: a server", _server(folder, queries))
    if not options.no_peers:
        compare(multiplied(count), count, folder, queries)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=1_000_000, help="how many papers")
    parser.add_argument("--keep", action="store_true", help="use the library of the last run")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    return parser.parse_args()


def _import(count: int, folder: Path) -> Iterator[Row]:
    source = multiplied(count)
    run = run_tree(
        [*BROADSHEET, "import", "--json", str(source)],
        {"BROADSHEET_DATA": str(folder), "BROADSHEET_IMPROVER": "none"},
    )
    minutes = run.seconds / 60
    goal = _GOALS.get(count, (0, 0, 0))[0]
    yield Row("snapshot file to searchable", f"{minutes:.1f} min ({count / run.seconds:,.0f}/s)",
              f"{goal} min" if goal else "", minutes <= goal if goal else None)  # fmt: skip
    yield Row("peak resident memory, all processes", f"{run.peak_bytes / MIB:,.0f} MiB",
              "4,096 MiB", run.peak_bytes <= 4096 * MIB)  # fmt: skip
    said = json.loads(run.output)
    yield Row("papers read, new, indexed", f"{count:,}, {said['new']:,}, {said['indexed']:,}")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    yield Row("data folder", f"{size / MIB:,.0f} MiB")


def _searching(services: Services, queries: Sequence[str], count: int) -> Iterator[Row]:
    started = time.perf_counter()
    services.index.snapshot()
    yield Row("opening the index", f"{time.perf_counter() - started:.1f} s")
    _, median_goal, p95_goal = _GOALS.get(count, (0, 0, 0))

    def by_index(query: str) -> object:
        snapshot = services.index.snapshot()
        listing = Listing(ListingKind.SEARCH, query=query)
        return search(snapshot, ask(services.store, services.index, snapshot, listing).question)

    def whole_page(query: str) -> object:
        return services.ranking.page(Listing(ListingKind.SEARCH, query=query))

    works = {
        "hybrid search: ranked ids": by_index,
        "hybrid search: a page of 25 papers with reasons": whole_page,
    }
    for what, work in works.items():
        median, p95 = median_and_p95(times_ms(work, queries)[WARM_UP:])
        is_met = median <= median_goal and p95 <= p95_goal if median_goal else None
        goal = f"median {median_goal} ms, p95 {p95_goal} ms" if median_goal else ""
        yield Row(what, f"median {median:.1f} ms, p95 {p95:.1f} ms", goal, is_met)
    with ThreadPoolExecutor(THREADS) as pool:
        started = time.perf_counter()
        done = len(list(pool.map(by_index, queries)))
        rate = done / (time.perf_counter() - started)
    yield Row(f"ranked ids, {THREADS} at once", f"{rate:,.0f} queries/s", "150 queries/s",
              rate >= 150)  # fmt: skip
    yield from _parts(services, queries)


def _parts(services: Services, queries: Sequence[str]) -> Iterator[Row]:
    snapshot = services.index.snapshot()
    vectors = [services.index.query_vector(snapshot, query) for query in queries]

    def words(query: str) -> object:
        return snapshot.search_words(WordQuery(query), Filter(), 1000)

    def meaning(vector: np.ndarray) -> object:
        return snapshot.search_vectors(vector, WordQuery(), Filter(), 300)

    median, p95 = median_and_p95(times_ms(words, queries)[WARM_UP:])
    yield Row("of that, words (1,000 hits)", f"median {median:.1f} ms, p95 {p95:.1f} ms")
    known = [vector for vector in vectors if vector is not None]
    median, p95 = median_and_p95(times_ms(meaning, known)[WARM_UP:])
    yield Row("of that, vectors (300 hits)", f"median {median:.1f} ms, p95 {p95:.1f} ms")


def _recall(services: Services, queries: Sequence[str]) -> Iterator[Row]:
    snapshot = services.index.snapshot()
    vectors = [services.index.query_vector(snapshot, query) for query in queries[WARM_UP:]]
    found = [_share_found(snapshot, vector) for vector in vectors[:100] if vector is not None]
    mean = float(np.mean(found))
    yield Row(f"of the true {RECALL_AT} nearest, {len(found)} queries",
              f"{mean:.3f} (worst {min(found):.2f})", "0.95", mean >= 0.95)  # fmt: skip


def _share_found(snapshot: Snapshot, vector: np.ndarray) -> float:
    everything: Ids = snapshot.columns.paper_ids
    truth, _ = snapshot.sets[0].nearest_of(vector, RECALL_AT, everything)
    found, _ = snapshot.search_vectors(vector, WordQuery(), Filter(), RECALL_AT)
    return float(np.isin(truth, found).mean())


def _day(services: Services, queries: Sequence[str]) -> Iterator[Row]:
    """Take in a day's papers while a reader searches."""
    records = _new_records(services.store.revision())
    pauses: list[float] = []
    stop = threading.Event()

    def read_on() -> None:
        for query in [*queries, *queries, *queries, *queries]:
            if stop.is_set():
                return
            pauses.extend(times_ms(lambda words: services.ranking.page(
                Listing(ListingKind.SEARCH, query=words)), [query]))  # fmt: skip

    reader = threading.Thread(target=read_on)
    reader.start()
    started = time.perf_counter()
    services.store.ingest(records, now=services.clock())
    sync_for_readers(services)
    marked = Listing(ListingKind.SEARCH, query=records[0].title)
    while not any(
        hit.paper.title == records[0].title for hit in services.ranking.page(marked).hits
    ):
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    stop.set()
    reader.join()
    yield Row("stored, indexed and found by a search", f"{seconds:.1f} s", "5 s", seconds <= 5)
    longest = max(pauses)
    yield Row("the slowest search meanwhile", f"{longest:.0f} ms (of {len(pauses)})", "100 ms",
              longest <= 100)  # fmt: skip


def _is_found(services: Services, asked: Listing) -> bool:
    return any(hit.paper.title == asked.query for hit in services.ranking.page(asked).hits)


def _new_records(salt: int) -> list[PaperRecord]:
    """A day's papers that no library has: real texts, with titles and ids of their own."""
    with multiplied(DAY).open("rb") as raw:
        lines = zstandard.ZstdDecompressor().stream_reader(raw).read().splitlines()
    found = [orjson.loads(line) for line in lines[:DAY]]
    return [
        PaperRecord(
            source="scale",
            record_id=f"{salt}-{place}",
            title=f"{' '.join(fields['title'].split())} {salt}x{place}",
            abstract=fields["abstract"].strip(),
            authors=(f"Author {place} Of{salt}",),
            listed_on=date(2030, 1, 1),
        )
        for place, fields in enumerate(found)
    ]


def _server(folder: Path, queries: Sequence[str]) -> Iterator[Row]:
    started = time.perf_counter()
    with serving(folder, BROADSHEET_IMPROVER="none") as (process, port):
        get = getter(port)
        get("/papers")
        yield Row("start to the first page", f"{time.perf_counter() - started:.1f} s")
        times = times_ms(get, [f"/papers?q={quote(query)}" for query in queries])[WARM_UP:]
        median, p95 = median_and_p95(times)
        yield Row("`/papers?q=` over HTTP", f"median {median:.1f} ms, p95 {p95:.1f} ms")
        resident = resident_bytes(process.pid)
        yield Row("resident memory after that", f"{resident / MIB:,.0f} MiB", "1,536 MiB",
                  resident <= 1536 * MIB)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
