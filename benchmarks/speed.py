"""Speed and size of the whole path on real data: `make bench`.

Imports the archive of daily lists and the corpus with the command a person would use, serves the
corpus, and times searches and pages in the process and over HTTP. The peers follow on the same
corpus and queries.
"""

from __future__ import annotations

import argparse
import http.client
import json
import lzma
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks import peers
from benchmarks.measure import (
    PROJECT,
    Row,
    data_folder,
    median_and_p95,
    print_table,
    resident_bytes,
    run_child,
    times_ms,
)
from broadsheet.domain import Listing, ListingKind, Page
from broadsheet.process import tune
from broadsheet.services import open_services
from broadsheet.settings import Settings

BROADSHEET = [sys.executable, "-m", "broadsheet"]
MIB = 1 << 20
SEED = 20260821
QUERIES = 300
WARM_UP = 20


def main() -> None:
    """Measure everything and print Markdown tables."""
    options = _options()
    tune()
    data = data_folder()
    folder = PROJECT / ".bench"
    if not options.keep:
        for name in ("hf", "corpus"):
            shutil.rmtree(folder / name, ignore_errors=True)
    queries = title_queries(data, QUERIES + WARM_UP)
    print_table("Import, store and index", list(_imports(data, folder, keep=options.keep)))
    print_table("Search and pages over the corpus", list(_reading(folder / "corpus", queries)))
    if not options.no_peers:
        print_table("Peers, words only", list(_peers(data, folder, queries)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="use the libraries of the last run")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    return parser.parse_args()


def title_queries(data: Path, count: int) -> list[str]:
    """Two to four words out of titles of the corpus, the same ones each run."""
    titles = []
    for file in sorted((data / "corpus").glob("*.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            titles += [json.loads(next(lines))["title"] for _ in range(2000)]
    chance = random.Random(SEED)
    chance.shuffle(titles)
    words = (re.findall(r"[A-Za-z]{4,}", title) for title in titles)
    usable = [found for found in words if len(found) >= 4]
    return [" ".join(chance.sample(found, chance.randint(2, 4))) for found in usable[:count]]


def _imports(data: Path, folder: Path, *, keep: bool) -> Iterator[Row]:
    for name, source in (("hf", data / "hf_daily"), ("corpus", data / "corpus")):
        target = folder / name
        if keep and target.exists():
            continue
        run = run_child(
            [*BROADSHEET, "import", "--json", str(source)], {"BROADSHEET_DATA": str(target)}
        )
        summary = json.loads(run.output)
        papers = summary["new"]
        rate = papers / run.seconds
        size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
        if name == "hf":
            yield Row(f"archive of daily lists, {papers:,} papers", f"{rate:,.0f} papers/s overall",
                      "1,000 papers/s", rate >= 1000)  # fmt: skip
        else:
            yield Row(f"corpus, {papers:,} papers", f"{run.seconds:.0f} s", "300 s",
                      run.seconds <= 300)  # fmt: skip
            yield Row("peak resident memory of that import", f"{run.peak_bytes / MIB:,.0f} MiB",
                      "2,000 MiB", run.peak_bytes <= 2000 * MIB)  # fmt: skip
            yield Row("data folder afterwards", f"{size / MIB:,.0f} MiB")


def _reading(folder: Path, queries: list[str]) -> Iterator[Row]:
    yield from _in_process(folder, queries)
    started = time.perf_counter()
    with serving(folder) as (process, port):
        get = getter(port)
        get("/papers")
        start = time.perf_counter() - started
        yield Row("start of the server to the first page", f"{start:.1f} s", "5 s", start <= 5)
        chance = random.Random(SEED)
        keys, days = _samples(folder, chance)
        paths = {
            ("`/papers?q=`", 60): [f"/papers?q={quote(query)}" for query in queries],
            ("daily page", 30): [f"/papers/date/{day}" for day in days],
            ("paper page with similar papers", 40): [f"/papers/{key}" for key in keys],
        }
        for (what, goal), addresses in paths.items():
            times = times_ms(get, addresses)[WARM_UP:]
            yield _latency(f"{what} over HTTP", times, None, goal)
        resident = resident_bytes(process.pid)
        yield Row("resident memory of the server after that", f"{resident / MIB:,.0f} MiB",
                  "700 MiB", resident <= 700 * MIB)  # fmt: skip


def _in_process(folder: Path, queries: list[str]) -> Iterator[Row]:
    services = open_services(Settings(data=folder))

    def search(query: str) -> Page:
        return services.ranking.page(Listing(ListingKind.SEARCH, query=query))

    times = times_ms(search, queries)[WARM_UP:]
    yield _latency(f"hybrid search, {services.store.count():,} papers", times, 15, 40)
    services.store.close()


def _latency(what: str, times: list[float], goal_median: float | None, goal_p95: float) -> Row:
    median, p95 = median_and_p95(times)
    is_met = p95 <= goal_p95 and (goal_median is None or median <= goal_median)
    goal = f"p95 {goal_p95} ms"
    if goal_median is not None:
        goal = f"median {goal_median} ms, {goal}"
    return Row(what, f"median {median:.1f} ms, p95 {p95:.1f} ms", goal, is_met)


def _samples(folder: Path, chance: random.Random) -> tuple[list[str], list[str]]:
    services = open_services(Settings(data=folder))
    papers = [services.store.papers([chance.randint(1, services.store.count())])
              for _ in range(QUERIES + WARM_UP)]  # fmt: skip
    services.store.close()
    found = [paper for batch in papers for paper in batch]
    return [paper.key for paper in found], [paper.listed_on.isoformat() for paper in found]


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server over a library: its process and port; `settings` are variables of its own."""
    own = {"BROADSHEET_DATA": str(folder), "BROADSHEET_LOAD_SAMPLE": "false", **settings}
    process = subprocess.Popen(
        [*BROADSHEET, "serve", "--port", "0"],
        env={**os.environ, **own},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, _announced_port(process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _announced_port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None  # noqa: S101 - for the type checker
    for line in process.stderr:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found.group(1))
    message = "the server stopped before it printed its address"
    raise RuntimeError(message)


def getter(port: int) -> Callable[[str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(path: str) -> bytes:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            message = f"{path} answered {reply.status}"
            raise RuntimeError(message)
        return body

    return get


def _peers(data: Path, folder: Path, queries: list[str]) -> Iterator[Row]:
    for name in peers.PEERS:
        command = [sys.executable, "-m", "benchmarks.peers", name, str(data / "corpus"),
                   str(folder / f"peer-{name}")]  # fmt: skip
        try:
            run = run_child(command, {"BENCH_QUERIES": json.dumps(queries)})
        except subprocess.CalledProcessError:
            yield Row(name, "did not run here")
            continue
        result = json.loads(run.output.splitlines()[-1])
        median, p95 = median_and_p95(result["times_ms"][WARM_UP:])
        yield Row(
            name,
            f"build {result['build_s']:.0f} s, query median {median:.1f} ms, p95 {p95:.1f} ms, "
            f"resident {run.peak_bytes / MIB:,.0f} MiB at the peak",
        )


if __name__ == "__main__":
    main()
