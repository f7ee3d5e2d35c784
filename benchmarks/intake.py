"""Speed of live intake on real texts: OAI-PMH into the store, and a night's papers into the index.

Answers come from memory, as what arXiv takes to send them is not ours to measure. Part of
`make bench`; needs the libraries that `benchmarks.speed` leaves in `.bench`.
"""

from __future__ import annotations

import gzip
import json
import lzma
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.measure import PROJECT, Row, data_folder, print_table, resident_bytes
from broadsheet import intake, pipeline
from broadsheet.domain import Source
from broadsheet.process import tune
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.sources.live.arxiv_oai import read_page
from broadsheet.sources.live.harvesting import Reply

RECORDS = 20_000
A_PAGE = 1_000
A_NIGHT = 1_500
NIGHTS = 3
TODAY = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
MIB = 1 << 20


def main() -> None:
    """Measure and print a table."""
    tune()
    data = data_folder()
    print_table("Live intake", [*_harvest(data), *_nights(data)])


def _harvest(data: Path) -> Iterator[Row]:
    pages = list(_pages(islice(_corpus(data), RECORDS), TODAY.date()))
    started = time.perf_counter()
    for page in pages:
        read_page(page, TODAY.date())
    rate = RECORDS / (time.perf_counter() - started)
    yield Row("OAI-PMH, parsed to records", f"{rate:,.0f} records/s")
    folder = PROJECT / ".bench" / "oai"
    shutil.rmtree(folder, ignore_errors=True)
    services = open_services(Settings(data=folder), lambda: TODAY)
    seconds = _run(services, "first", pages)
    rate = services.store.count() / seconds
    yield Row(
        "OAI-PMH, parsed and stored", f"{rate:,.0f} records/s", "5,000 records/s", rate >= 5000
    )
    services.store.close()


def _nights(data: Path) -> Iterator[Row]:
    base, folder = PROJECT / ".bench" / "corpus", PROJECT / ".bench" / "nights"
    if not base.exists():
        sys.exit("Run `python -m benchmarks.speed` first: the nights come on top of its library.")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    services = open_services(Settings(data=folder), lambda: TODAY)
    services.index.snapshot()
    papers = _daily(data)
    sizes, times = [resident_bytes(os.getpid())], []
    for night in range(NIGHTS):
        pages = list(_pages(islice(papers, A_NIGHT), TODAY.date() + timedelta(days=night)))
        started = time.perf_counter()
        _run(services, f"night-{night}", pages)
        pipeline.sync_index(services)
        services.index.snapshot()
        times.append(time.perf_counter() - started)
        sizes.append(resident_bytes(os.getpid()))
    slowest = max(times)
    yield Row(f"a night of {A_NIGHT:,} papers into store and index, above 200,000",
              f"{slowest:.1f} s (slowest of {NIGHTS})", "10 s", slowest <= 10)  # fmt: skip
    shown = ", ".join(f"{size / MIB:,.0f}" for size in sizes)
    yield Row("resident memory before, and after each night", f"{shown} MiB", "flat")
    services.store.close()


class _Memory:
    """Answers page by page, as `Fetcher` does."""

    def __init__(self, pages: Sequence[bytes]) -> None:
        self._pages = iter(pages)

    def __call__(self, url: str, **_: Any) -> Reply:
        return Reply(url, 200, {}, next(self._pages))

    def close(self) -> None:
        """Nothing is open."""


def _run(services: Services, name: str, pages: Sequence[bytes]) -> float:
    intake.add_source(services, "arxiv-oai", {}, name)
    source: Source = services.store.source(name)
    started = time.perf_counter()
    outcome = intake.harvest(services, source, lambda *_: _Memory(pages))  # type: ignore[arg-type]
    if outcome is None or outcome.counts.new == 0:
        sys.exit(f"The harvest brought nothing: {outcome}")
    return time.perf_counter() - started


def _corpus(data: Path) -> Iterator[dict[str, Any]]:
    for file in sorted((data / "corpus").glob("*.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _daily(data: Path) -> Iterator[dict[str, Any]]:
    seen = set()
    for file in sorted((data / "hf_daily").rglob("*.json.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as content:
            items = json.load(content)
        for paper in (item["paper"] for item in items if "paper" in item):
            if paper["id"] not in seen:
                seen.add(paper["id"])
                authors = [author["name"] for author in paper["authors"]]
                yield {"title": paper["title"], "abstract": paper["summary"], "authors": authors}


def _pages(papers: Iterator[dict[str, Any]], changed_on: date) -> Iterator[bytes]:
    number = changed_on.day * 10_000
    while batch := list(islice(papers, A_PAGE)):
        records = "".join(_record(paper, number + place, changed_on)
                          for place, paper in enumerate(batch))  # fmt: skip
        number += len(batch)
        token = "<resumptionToken>more</resumptionToken>" if len(batch) == A_PAGE else ""
        token = token.replace("more", f"t{number}")
        yield (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
            f"<responseDate>{changed_on}T03:00:00Z</responseDate>"
            f"<ListRecords>{records}{token}</ListRecords></OAI-PMH>"
        ).encode()
    yield (
        b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        b'<error code="noRecordsMatch">none</error></OAI-PMH>'
    )


def _record(paper: dict[str, Any], number: int, changed_on: date) -> str:
    name = f"26{changed_on.month:02}.{number:06}"
    authors = escape(", ".join(paper.get("authors") or ["Unknown Person"]))
    submitted = datetime.combine(changed_on, TODAY.time()) - timedelta(days=1)
    return (
        f"<record><header><identifier>oai:arXiv.org:{name}</identifier>"
        f"<datestamp>{changed_on}</datestamp></header><metadata>"
        '<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">'
        f"<id>{name}</id><submitter>A Person</submitter>"
        f'<version version="v1"><date>{submitted:%a, %d %b %Y %H:%M:%S} GMT</date>'
        f"<size>100kb</size></version><title>{escape(paper['title'])}</title>"
        f"<authors>{authors}</authors><categories>cs.LG stat.ML</categories>"
        "<license>http://creativecommons.org/licenses/by/4.0/</license>"
        f"<abstract>{escape(paper['abstract'])}</abstract></arXivRaw></metadata></record>"
    )


if __name__ == "__main__":
    main()
