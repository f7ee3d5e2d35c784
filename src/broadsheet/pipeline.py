"""The path of a paper as a table of contents: read, store, index, export.

Every step can be killed and run again; the result equals an uninterrupted run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from broadsheet.domain import ImportCounts, Paper
from broadsheet.errors import SourceError
from broadsheet.index.documents import Document, Feed
from broadsheet.latex import readable
from broadsheet.record_json import record_to_json
from broadsheet.services import Services
from broadsheet.sources.files import expand, read_file
from broadsheet.sources.streams import Input
from broadsheet.store.file_imports import READ_WHOLE, FileBatch

BATCH = 1000
"""Records per transaction: large enough for bulk statements, small enough for a short lock."""
BULK_BATCH = 5000
"""The same while every record is new, which takes half a second."""
LARGE_FILE = 4_000_000
"""Bytes from which the place reached in a file is kept; reading a smaller one again is quick."""

SAMPLE_DAYS = 7


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: bytes of the files read so far and what came of their records."""

    bytes_read: int
    counts: ImportCounts


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; `failures` has a sentence for each file of which nothing was read.

    `resumed` tells that an earlier import of these files had been broken off, and that this one
    went on where it stood; `counts` are of the rest.
    """

    files: int
    counts: ImportCounts
    failures: tuple[str, ...]
    resumed: bool = False

    @property
    def is_nothing_read(self) -> bool:
        """Whether no file could be read at all."""
        return self.files == len(self.failures)


def import_files(
    services: Services,
    files: Sequence[Input],
    *,
    listed_on: date | None = None,
    source: str | None = None,
    report: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportReport:
    """Read files of any known format into the store, batch by batch.

    `listed_on` overrides the day that a listing page names; `source` renames the source. Records
    that cannot be used are kept with file, position and reason. Killed and run again, it goes on
    where it stood in a large file that has not changed since. The index is not touched.
    """
    run = _Import(services, listed_on, source, report)
    for file in files:
        run.read(file)
    run.finish()
    return ImportReport(len(files), run.counts, tuple(run.failures), run.resumed)


class _Import:
    """The state of one import: the batch in hand, the counts and the files that failed."""

    def __init__(
        self,
        services: Services,
        listed_on: date | None,
        source: str | None,
        report: Callable[[ImportProgress], None],
    ) -> None:
        self.counts = ImportCounts()
        self.failures: list[str] = []
        self.resumed = False
        self._services = services
        self._listed_on = listed_on
        self._source = source
        self._report = report
        self._batch = FileBatch()
        self._size = BATCH
        self._large: list[str] = []
        self._bytes_before = 0
        self._bytes_in_file = 0

    def read(self, file: Input) -> None:
        """Take in one file; a file of which nothing can be read is noted as a failure."""
        name = self._name_of_large(file)
        place = self._services.store.file_imports.place(name) if name else 0
        self.resumed = self.resumed or place > 0
        try:
            if place != READ_WHOLE:
                self._read_after(file, name, place)
        except SourceError as error:
            self.failures.append(f"{file}: {error}")
        self._bytes_before += file.stat().st_size if isinstance(file, Path) else 0
        self._bytes_in_file = 0

    def _read_after(self, file: Input, name: str, place: int) -> None:
        today = self._services.clock().date()
        shown = str(file)
        for item in read_file(
            file, listed_on=self._listed_on, source=self._source, today=today, after=place
        ):
            # Between two places only, so that the place kept is exactly what has been stored.
            if item.place != place and self._is_full():
                self._keep(name, place)
                self.flush()
            place = item.place or place
            if item.reject is not None:
                self._batch.rejects.append(item.reject)
            if item.record is not None:
                self._batch.records.append((shown, item.record))
            self._bytes_in_file = item.bytes_read
        self._keep(name, READ_WHOLE)

    def _is_full(self) -> bool:
        return len(self._batch.records) >= self._size or len(self._batch.rejects) >= self._size

    def _keep(self, name: str, place: int) -> None:
        if name:
            self._batch.places[name] = place

    def _name_of_large(self, file: Input) -> str:
        """What tells a large file, as it is now and is read now, from others; else empty."""
        if not isinstance(file, Path) or not file.is_file():
            return ""
        facts = file.stat()
        if facts.st_size < LARGE_FILE:
            return ""
        told = (file.resolve(), facts.st_size, facts.st_mtime_ns, self._listed_on, self._source)
        self._large.append("\n".join(map(str, told)))
        return self._large[-1]

    def flush(self) -> None:
        """Store the batch in hand in one transaction, with its rejects and the places reached."""
        batch, self._batch = self._batch, FileBatch()
        counts = self._services.store.file_imports.store(batch, self._services.clock())
        self.counts += counts
        self._size = BULK_BATCH if batch.records and counts.new == counts.read else BATCH
        self._report(ImportProgress(self._bytes_before + self._bytes_in_file, self.counts))

    def finish(self) -> None:
        """Store what is left and forget the places: what comes next is another import."""
        self.flush()
        self._services.store.file_imports.forget(self._large)


def total_bytes(files: Sequence[Input]) -> int | None:
    """The size of the files on disk, or None where standard input hides it."""
    if "-" in files:
        return None
    return sum(file.stat().st_size for file in files if isinstance(file, Path))


def files_of(paths: Sequence[str]) -> list[Input]:
    """The files behind the paths a person named; folders are walked.

    Raises SourceError for a path that does not exist.
    """
    return list(expand(paths))


def document_of(paper: Paper) -> Document:
    """What the index keeps of a paper, as readable text."""
    return Document(
        paper_id=paper.paper_id,
        title=readable(paper.title),
        abstract=readable(paper.abstract),
        authors=paper.authors,
        categories=paper.categories,
        listed_on=paper.listed_on,
        has_code=paper.has_code,
        comment=readable(paper.comment or ""),
        journal_ref=readable(paper.journal_ref or ""),
        report_number=paper.report_number or "",
        submitted_at=_seconds(paper.submitted_at),
        updated_at=_seconds(paper.updated_at),
        sources=paper.sources,
    )


def _seconds(instant: datetime | None) -> int:
    return int(instant.timestamp()) if instant else 0


def sync_index(services: Services, report: Callable[[int], None] = lambda _: None) -> int:
    """Carry every change of the store since the index's revision to it; how many there were.

    `report` gets the changes made so far. Raises StorageError when the index cannot be written.
    """
    return services.index.sync(feed_of(services), report)


def rebuild_index(services: Services, report: Callable[[int], None] = lambda _: None) -> int:
    """Build the index anew aside and swap it in; the number of papers it holds."""
    return services.index.rebuild(feed_of(services), report).documents


def feed_of(services: Services) -> Feed:
    """Where an index gets the changes of this library from."""
    store = services.store

    def changes(after: int, limit: int) -> list[tuple[Document, int]]:
        return [(document_of(paper), paper.revision) for paper in store.changes(after, limit)]

    return Feed(changes, store.removals, store.pending, store.revision)


def load_sample(services: Services) -> ImportCounts:
    """Bring in the sample edition that ships with Broadsheet.

    Its papers keep their true dates; they are laid out over the editions of the last seven days,
    so that a fresh library has days, a week and trends to look at.
    """
    today = services.clock().date()
    with resources.as_file(resources.files("broadsheet.sample") / "edition.jsonl") as path:
        items = read_file(path, source="sample", today=today)
        records = [item.record for item in items if item.record is not None]
    laid_out = [
        replace(record, listed_on=today - timedelta(days=place % SAMPLE_DAYS))
        for place, record in enumerate(reversed(records))
    ]
    counts, _ = services.store.ingest(laid_out, now=services.clock())
    return counts


def export(services: Services) -> Iterator[dict[str, Any]]:
    """Everything known of every paper, one JSON object a paper, in the order they were added.

    `records` holds what each source said, so that importing the objects gives an equal library.
    """
    for paper, records in services.store.every_paper():
        yield {
            "id": paper.key,
            "title": paper.title,
            "abstract": paper.abstract,
            "authors": list(paper.authors),
            "votes": paper.votes,
            "comments": paper.comments,
            "published_at": paper.submitted_at.isoformat() if paper.submitted_at else None,
            "listed_on": paper.listed_on.isoformat(),
            "categories": list(paper.categories),
            "arxiv_id": paper.arxiv_id,
            "doi": paper.doi,
            "added_at": paper.added_at.isoformat(),
            "records": [record_to_json(record) for record in records],
        }
