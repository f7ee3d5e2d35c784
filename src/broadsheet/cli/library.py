"""Commands that change or copy the library: import, rejects, export, sample, reindex."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import partial
from typing import Annotated

import orjson
import typer
from rich.text import Text

from broadsheet import improving, pipeline
from broadsheet.cli.terminal import byte_progress, count_progress, fail, out, print_json, say, tell
from broadsheet.delivery.periods import parse_day
from broadsheet.delivery.web.counts import counted
from broadsheet.domain import ImportCounts, Reject
from broadsheet.errors import IndexUnavailable
from broadsheet.indexing_beside import IndexingBeside
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings
from broadsheet.sources.streams import Input

_EXCERPT = 150
_LARGE = 20_000_000
"""Bytes of files from which another process will index: Lance need not be loaded in this one."""


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def import_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Files, folders, or - for standard input."),
    ],
    *,
    date: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="The day of a saved listing page that names none, or not the year.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Bring papers in: any known format, plain or compressed, told apart by content.

    Formats: Hugging Face Papers pages saved as HTML or as text, the JSON of /api/daily_papers,
    arXiv's metadata snapshot, arXiv API responses (Atom), BibTeX, RIS, CSL-JSON and Zotero's JSON,
    JSON lines, and what `broadsheet export` wrote. Gzip, xz and zstandard are unpacked on the way.
    Importing the same thing again changes nothing, and an import that was stopped can simply be
    run again.

    Records that cannot be used are kept with file, position and reason: see `broadsheet rejects`.
    The exit code is 0 unless nothing could be read.
    """
    listed_on = _day(date) if date else None
    services = open_services(load_settings())
    paths = pipeline.files_of(files)
    with IndexingBeside(services) as beside:
        report = _import_with_progress(services, paths, listed_on, beside)
        for failure in report.failures:
            say(failure)
        indexed, problem = _index_with_progress(services, beside)
    if json or not report.is_nothing_read:
        _print_import(report, indexed, as_json=json)
    if report.is_nothing_read:
        fail("Nothing could be read.")
    if problem:
        fail(problem)


def _import_with_progress(
    services: Services, paths: Sequence[Input], listed_on: date | None, beside: IndexingBeside
) -> pipeline.ImportReport:
    started = time.monotonic()
    total = pipeline.total_bytes(paths)
    if total is None or total < _LARGE:
        services.index.warm_up()
    with byte_progress("Reading", total) as progress:

        def show(done: pipeline.ImportProgress) -> None:
            beside.look(done.counts)
            rate = done.counts.read / max(time.monotonic() - started, 1e-3)
            progress.update(
                progress.task_ids[0],
                completed=done.bytes_read,
                papers=done.counts.read,
                rate=rate,
            )

        return pipeline.import_files(services, paths, listed_on=listed_on, report=show)


def _index_with_progress(services: Services, beside: IndexingBeside) -> tuple[int, str]:
    """The number of papers indexed, and what went wrong in the process beside, if anything."""
    if not beside.is_started:
        return sync_with_progress(services), ""
    try:
        return _indexing(services.store.count(), beside.finish), ""
    except IndexUnavailable as error:
        return 0, str(error)


def sync_with_progress(services: Services) -> int:
    """Make what changed searchable, with a bar; the number of papers indexed."""
    pending = services.store.pending(services.index.state().revision)
    return _indexing(pending, lambda report: pipeline.sync_index(services, report))


def _indexing(total: int, work: Callable[[Callable[[int], None]], int]) -> int:
    with count_progress("Indexing", total) as progress:
        return work(lambda done: progress.update(progress.task_ids[0], completed=done))


def _print_import(report: pipeline.ImportReport, indexed: int, *, as_json: bool) -> None:
    counts = report.counts
    if as_json:
        print_json({**_as_dict(counts), "files": report.files, "indexed": indexed,
                    "failures": list(report.failures)})  # fmt: skip
        return
    if report.resumed:
        tell("This import went on where an earlier one of the same files had been broken off.")
    parts = ", ".join(f"{number:,} {word}" for word, number in _as_dict(counts).items())
    records = counted(counts.read, "record", "records")
    tell(f"{records} from {counted(report.files, 'file', 'files')}: {parts}.")
    if counts.rejected:
        tell("`broadsheet rejects` tells which records were rejected and why.")


def _as_dict(counts: ImportCounts) -> dict[str, int]:
    return {
        "new": counts.new,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "merged": counts.merged,
        "rejected": counts.rejected,
    }


def rejects(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many.")] = 100,
    clear: Annotated[bool, typer.Option("--clear", help="Forget them all.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the records that could not be imported, with file, position and reason."""
    store = open_services(load_settings()).store
    if clear:
        cleared = counted(store.clear_rejects(), "rejected record", "rejected records")
        say(f"{cleared} forgotten.")
        return
    found, total = store.rejects(limit=limit)
    if json:
        print_json([
            {"file": reject.file, "position": reject.position, "reason": reject.reason,
             "excerpt": reject.excerpt, "rejected_at": reject.rejected_at}
            for reject in found
        ])  # fmt: skip
        return
    if not found:
        say("No record was rejected.")
        return
    for reject in found:
        _print_reject(reject)
    say(f"{len(found):,} of {counted(total, 'rejected record', 'rejected records')}.")


def _print_reject(reject: Reject) -> None:
    out.print(Text(f"{reject.file}, {reject.position}", style="bold"), soft_wrap=True)
    out.print(Text(reject.reason))
    excerpt = " ".join(reject.excerpt.split())
    if excerpt:
        out.print(Text(excerpt[:_EXCERPT]), style="dim")
    out.print()


def export() -> None:
    """Write everything known of every paper to standard output, one JSON object a line.

    `broadsheet import` takes it back and gives an equal library:

        broadsheet export | zstd > library.jsonl.zst
    """
    services = open_services(load_settings())
    for paper in pipeline.export(services):
        sys.stdout.buffer.write(orjson.dumps(paper) + b"\n")
    sys.stdout.buffer.flush()


_RAY = typer.Option(
    metavar="ADDRESS",
    help="Let a Ray cluster do it: its address, auto for RAY_ADDRESS, or local.",
)


def reindex(
    *,
    ray: Annotated[str, _RAY] = "",
) -> None:
    """Build the search index anew beside the old one, then swap; searches go on meanwhile."""
    services = open_services(load_settings())
    rebuild = pipeline.rebuild_index
    if ray:
        from broadsheet.cluster import rebuild_on_ray

        rebuild = partial(rebuild_on_ray, address=ray)
    indexed = _indexing(services.store.count(), lambda report: rebuild(services, report=report))
    tell(f"{counted(indexed, 'paper', 'papers')} indexed.")


def _hands(services: Services, ray: str) -> AbstractContextManager[improving.Hands]:
    if not ray:
        return nullcontext(improving.own_hands(services))
    from broadsheet.cluster import hands_on_ray

    return hands_on_ray(services, ray)


def improve(
    *,
    most: Annotated[int | None, typer.Option(min=1, help="Stop after so many papers.")] = None,
    ray: Annotated[str, _RAY] = "",
) -> None:
    """Give papers the better vectors of a transformer now; the server does it in the background.

    Papers with the most votes and the newest come first. Stop it whenever you like: what is done
    stays, and another run goes on from there. BROADSHEET_IMPROVER names the transformer,
    BROADSHEET_IMPROVED_PAPERS how many papers it sees to.
    """
    services = open_services(load_settings())
    _, left = services.index.unimproved((), 1, services.settings.improved_papers)
    trouble = services.index.state().trouble
    if trouble:
        fail(trouble)
    with count_progress("Improving", min(left, most or left)) as progress:

        def show(done: int, _left: int) -> None:
            progress.update(progress.task_ids[0], completed=done)

        with _hands(services, ray) as hands:
            improved = improving.improve(services, lambda: False, show, most=most, hands=hands)
    tell(f"{counted(improved, 'paper', 'papers')} improved.")


sample = typer.Typer(help="The sample edition that a fresh install shows.", no_args_is_help=True)


@sample.command("load")
def sample_load() -> None:
    """Bring in the sample edition: landmark papers of machine learning, summarised by us."""
    services = open_services(load_settings())
    counts = pipeline.load_sample(services)
    sync_with_progress(services)
    tell(f"{counted(counts.new, 'sample paper', 'sample papers')} added.")


@sample.command("remove")
def sample_remove() -> None:
    """Remove every paper that only the sample edition brought in."""
    services = open_services(load_settings())
    removed = services.store.remove_sample()
    sync_with_progress(services)
    tell(f"{counted(removed, 'sample paper', 'sample papers')} removed.")


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("import")(import_)
    app.command("rejects")(rejects)
    app.command("export")(export)
    app.command("reindex")(reindex)
    app.command("improve")(improve)
    app.add_typer(sample, name="sample")
