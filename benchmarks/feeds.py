"""Speed of feeds, citations, pictures and tools over HTTP on the real corpus: part of `make bench`.

Uses the library that `python -m benchmarks.speed` leaves in `.bench/corpus`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.measure import PROJECT, Row, median_and_p95, print_table, times_ms
from benchmarks.speed import SEED, serving
from broadsheet.services import open_services
from broadsheet.settings import Settings

REPEATS = 100
ENTRIES = 100
ATOM_GOAL_MS = 40
UNCHANGED_GOAL_MS = 3
_MCP = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {
        "name": "search_papers",
        "arguments": {"query": "graph neural networks"},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    },
}
_MCP_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "search_papers",
}


def main() -> None:
    """Measure everything and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, default=PROJECT / ".bench" / "corpus")
    library = parser.parse_args().library
    if not library.is_dir():
        sys.exit(f"There is no library at {library}. Run `python -m benchmarks.speed` first.")
    print_table("Feeds, citations and tools over the corpus, over HTTP", list(_rows(library)))


def _rows(library: Path) -> Iterator[Row]:
    days = _days(library)
    months = sorted({day[:7] for day in days})
    with serving(library) as (_, port):
        asking = _Asking(port)
        feeds = [f"/feeds/month/{month}.atom?limit={ENTRIES}" for month in months]
        full = [feed for feed in feeds if asking.get(feed).count(b"<entry>") == ENTRIES]
        times = times_ms(asking.get, full)
        yield _latency(f"Atom, {ENTRIES} papers of a month ({len(full)} months)", times,
                       ATOM_GOAL_MS)  # fmt: skip
        category = [f"/feeds/category/cs.LG.atom?limit={ENTRIES}&before={day}" for day in days]
        yield _latency(f"Atom, {ENTRIES} newest papers of a category",
                       times_ms(asking.get, category[:REPEATS]), ATOM_GOAL_MS)  # fmt: skip
        for what, path in (
            ("Atom", f"/feeds/month.atom?limit={ENTRIES}"),
            ("BibTeX", f"/cite/month.bib?limit={ENTRIES}"),
        ):
            times = times_ms(asking.unchanged, [path] * REPEATS)
            yield _latency(f"304 for a known list, {what}", times, UNCHANGED_GOAL_MS)
        times = times_ms(asking.get, [f"/cite/month/{month}.bib?limit=100" for month in months])
        yield _latency("BibTeX of up to 100 papers", times, None)
        times = times_ms(asking.call, [_MCP] * REPEATS)
        yield _latency("MCP search, 10 papers", times, None)


def _days(library: Path) -> list[str]:
    """Listing days of random papers."""
    chance = random.Random(SEED)
    services = open_services(Settings(data=library))
    count = services.store.count()
    numbers = [chance.randint(1, count) for _ in range(3 * REPEATS)]
    days = [paper.listed_on.isoformat() for paper in services.store.papers(numbers)]
    services.store.close()
    return days


def _latency(what: str, times: list[float], goal_p95: float | None) -> Row:
    median, p95 = median_and_p95(times)
    figure = f"median {median:.1f} ms, p95 {p95:.1f} ms"
    if goal_p95 is None:
        return Row(what, figure)
    return Row(what, figure, f"p95 {goal_p95:g} ms", p95 <= goal_p95)


class _Asking:
    """One connection to the server, and the tags of what it has answered."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._tags: dict[str, str] = {}

    def get(self, path: str) -> bytes:
        return self._answer("GET", path, 200, {})

    def unchanged(self, path: str) -> bytes:
        """Ask for a list again; the first time, only to learn its tag."""
        if path not in self._tags:
            self.get(path)
        return self._answer("GET", path, 304, {"If-None-Match": self._tags[path]})

    def call(self, message: Mapping[str, object]) -> bytes:
        return self._answer("POST", "/mcp", 200, _MCP_HEADERS, json.dumps(message))

    def _answer(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: str = ""
    ) -> bytes:
        self._connection.request(method, path, body or None, dict(headers))
        reply = self._connection.getresponse()
        answer = reply.read()
        if reply.status != status:
            message = f"{path} answered {reply.status}, not {status}"
            raise RuntimeError(message)
        self._tags[path] = reply.headers.get("etag", "")
        return answer


if __name__ == "__main__":
    main()
