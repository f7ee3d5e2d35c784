"""`broadsheet backfill`: the past of a source, month by month, resumable and throttled."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from datetime import date
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from broadsheet import intake
from broadsheet.cli.library import sync_with_progress
from broadsheet.cli.terminal import err, fail, say, tell
from broadsheet.domain import ImportCounts, Source, SourceState
from broadsheet.errors import NotFound
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings
from broadsheet.source_states import BACKFILL
from broadsheet.sources.live.arxiv_oai import EARLIEST
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch

KINDS = {"arxiv": "arxiv-oai"}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"“{text}” is no day; write it as 2024-01-31.") from None


def backfill(
    what: Annotated[str, typer.Argument(metavar="SOURCE", help="What to fill: arxiv.")],
    *,
    from_: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day of change.")
    ],
    until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Last day of change; today if absent.")
    ] = None,
    set_: Annotated[
        str, typer.Option("--set", help="OAI sets such as cs or math:math:NA; empty for all.")
    ] = "",
    url: Annotated[str, typer.Option(help="Another address of the same interface.")] = "",
    pause: Annotated[
        float,
        typer.Option(min=0.0, help="Seconds between requests, if more than the source's own."),
    ] = 0.0,
) -> None:
    """Harvest the past of a source: all that was changed since a day, month by month.

    Stopped at any moment and run again with the same days, it goes on where it stopped. arXiv
    takes its time (reports speak of 50,000 papers an hour); who has arXiv's metadata snapshot
    imports that instead and fills only the time since, from the day of the snapshot.
    """
    if what not in KINDS:
        fail(f"“{what}” cannot be filled; what can: {', '.join(KINDS)}.")
    services = open_services(load_settings())
    first, last = _day(from_), _day(until) if until else services.clock().date()
    if last < first:
        fail(f"The last day, {last}, lies before the first, {first}.")
    if last < EARLIEST or first > services.clock().date():
        fail(f"Nothing was changed between {first} and {last}: records begin on {EARLIEST}.")
    options = {"from": first.isoformat(), "until": last.isoformat(), "set": set_, "url": url}
    options = {name: value for name, value in options.items() if value}
    wanted = {name: value for name, value in options.items() if name != "until" or until}
    source = _row(services, _name(what, wanted), KINDS[what], options)
    counts = _fill(services, source, pause)
    services.store.remove_live_source(source.name)
    sync_with_progress(services)
    tell(f"{counts.new:,} new papers, {counts.updated + counts.merged:,} updated, "
         f"{counts.unchanged:,} known, {counts.rejected:,} rejected.")  # fmt: skip


def _name(what: str, wanted: dict[str, str]) -> str:
    """The name of the row that keeps the cursor; other wishes are another backfill."""
    digest = hashlib.sha256(repr(sorted(wanted.items())).encode()).hexdigest()[:8]
    return f"{BACKFILL}{what}-{wanted['from']}-{digest}"


def _row(services: Services, name: str, kind: str, options: dict[str, str]) -> Source:
    """The row of a backfill; paused, so that no worker takes it for a daily source."""
    try:
        source = services.store.source(name)
        say(f"Going on from {source.cursor.get('from', 'the beginning')}.")
    except NotFound:
        intake.add_source(services, kind, options, name, is_paused=True)
        source = services.store.source(name)
    return source


def _fill(services: Services, source: Source, pause: float) -> ImportCounts:
    first, last = (date.fromisoformat(source.options[end]) for end in ("from", "until"))
    total = (last - first).days + 1
    counts = ImportCounts()

    def fetcher(services: Services, source: Source) -> Fetcher:
        polite = intake.fetcher_of(services, source)
        return dataclasses.replace(polite, pause_seconds=max(polite.pause_seconds, pause))

    with _progress() as progress:
        task = progress.add_task(str(first), total=total)

        def report(batch: Batch) -> None:
            reached = date.fromisoformat(str(batch.cursor.get("from", last)))
            progress.update(task, completed=(reached - first).days, description=str(reached))

        while True:
            outcome = intake.harvest(services, source, fetcher, report=report)
            if outcome is None:
                fail("Another process is filling this just now.")
            counts += outcome.counts
            if outcome.state is not SourceState.FAILED:
                progress.update(task, completed=total)
                return counts
            if outcome.is_permanent:
                services.store.remove_live_source(source.name)
                progress.stop()
                fail(outcome.reason)
            seconds = max((outcome.due_at - services.clock()).total_seconds(), 1.0)
            say(f"{outcome.reason} Trying again in {seconds / 60:.0f} minutes; what came is kept.")
            time.sleep(seconds)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
    )


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(backfill)
