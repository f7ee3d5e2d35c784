"""Speed of the foreign protocols over HTTP on the real corpus: part of `make bench`.

Uses the library that `python -m benchmarks.speed` leaves in `.bench/corpus`.
"""

from __future__ import annotations

import argparse
import http.client
import random
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from benchmarks.measure import (
    PROJECT,
    Row,
    cpu_seconds,
    median_and_p95,
    print_table,
    times_ms,
)
from benchmarks.speed import SEED, serving
from broadsheet.services import open_services
from broadsheet.settings import Settings

REQUESTS = 300
WARM_UP = 20
HARVESTED = 20_000
_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>")
ARXIV_QUERIES = (
    "all:transformer",
    "ti:attention AND cat:cs.CL",
    'abs:"large language models" ANDNOT ti:survey',
    "(ti:graph OR ti:network) AND cat:cs.LG AND submittedDate:[202501 TO 202506]",
    "au:wang AND all:diffusion",
    "cat:cs.CV",
)


def main() -> None:
    """Measure everything and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, default=PROJECT / ".bench" / "corpus")
    library = parser.parse_args().library
    if not library.is_dir():
        sys.exit(f"There is no library at {library}. Run `python -m benchmarks.speed` first.")
    print_table("Protocols over the corpus, over HTTP", list(_rows(library)))


def _rows(library: Path) -> Iterator[Row]:
    days = _days(library)
    asked = [query for query in ARXIV_QUERIES for _ in range(10)]
    with serving(library) as (process, port):
        asking = _Asking(port, process.pid)
        asking.get("/api/daily_papers")
        paths = [f"/api/daily_papers?date={day}" for day in days]
        yield asking.latency("Hugging Face, 50 papers of a day", paths, 20)
        newest = ["/api/daily_papers"] * (60 + WARM_UP)
        yield asking.latency("Hugging Face, 50 newest papers", newest, None)
        paths = [f"/api/query?search_query={quote(query)}" for query in asked]
        yield asking.latency("arXiv query, 10 results", paths[:WARM_UP] + paths, None)
        for prefix in ("oai_dc", "arXivRaw"):
            what = f"OAI-PMH, {HARVESTED:,} records of {prefix}"
            yield asking.harvest(what, f"verb=ListRecords&metadataPrefix={prefix}", 2000)
        what = f"OAI-PMH, {HARVESTED:,} identifiers"
        yield asking.harvest(what, "verb=ListIdentifiers&metadataPrefix=oai_dc", None)


def _days(library: Path) -> list[str]:
    """Days of random papers, so that days with many papers come often."""
    chance = random.Random(SEED)
    services = open_services(Settings(data=library))
    count = services.store.count()
    numbers = [chance.randint(1, count) for _ in range(REQUESTS + WARM_UP)]
    days = [paper.listed_on.isoformat() for paper in services.store.papers(numbers)]
    services.store.close()
    return days


class _Asking:
    """One connection to the server with a process id."""

    def __init__(self, port: int, pid: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._pid = pid

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path)
        reply = self._connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            message = f"{path} answered {reply.status}"
            raise RuntimeError(message)
        return body

    def latency(self, what: str, paths: list[str], goal_p95: float | None) -> Row:
        """Wall time of each answer; the server's own time says more on a busy machine."""
        times_ms(self.get, paths[:WARM_UP])
        before = cpu_seconds(self._pid)
        times = times_ms(self.get, paths[WARM_UP:])
        own = (cpu_seconds(self._pid) - before) * 1000 / len(times)
        median, p95 = median_and_p95(times)
        figure = f"median {median:.1f} ms, p95 {p95:.1f} ms (processor {own:.1f} ms)"
        if goal_p95 is None:
            return Row(what, figure)
        return Row(what, figure, f"p95 {goal_p95:g} ms", p95 <= goal_p95)

    def harvest(self, what: str, arguments: str, goal: float | None) -> Row:
        """Items a second over as many answers as it takes for HARVESTED of them."""
        verb = arguments.partition("&")[0]
        found, before, started = 0, cpu_seconds(self._pid), time.perf_counter()
        while found < HARVESTED:
            body = self.get(f"/oai?{arguments}")
            found += body.count(b"<header")
            token = _TOKEN.search(body)
            if token is None:
                break
            arguments = f"{verb}&resumptionToken={token[1].decode()}"
        rate = found / (time.perf_counter() - started)
        own = found / (cpu_seconds(self._pid) - before)
        figure = f"{rate:,.0f} a second ({own:,.0f} a processor second)"
        return Row(what, figure, f"{goal:,.0f}" if goal else "", rate >= goal if goal else None)


if __name__ == "__main__":
    main()
