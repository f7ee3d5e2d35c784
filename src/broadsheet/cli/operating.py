"""Commands for the person who runs an instance: serve, status, doctor, settings, evaluate."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.table import Table
from rich.text import Text

from broadsheet import doctor as doctor_
from broadsheet import pipeline
from broadsheet.cli.library import sync_with_progress
from broadsheet.cli.sources import start_beside
from broadsheet.cli.terminal import fail, out, print_json, say, tell
from broadsheet.errors import BroadsheetError, ConfigurationError
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.improvers import NONE, Improvers, load_improver
from broadsheet.indexing_beside import sync_for_readers
from broadsheet.ranking.evaluation import EvaluationRow
from broadsheet.ranking.evaluation import evaluate as evaluate_collection
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings, load_settings
from broadsheet.status import status as status_of

SOCKET_BACKLOG = 128
STARTUP_INDEX_LIMIT = 2_000
"""Up to so many unindexed papers are indexed before the first page; more, beside the server."""


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (BROADSHEET_HOST, 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port, 0 for any free one (BROADSHEET_PORT, 8000)."),
    ] = None,
    single_user: Annotated[
        bool,
        typer.Option("--single-user", help="Sign the person at this machine in as the owner."),
    ] = False,
) -> None:
    """Serve the pages and the API, and print the address.

    Prepares the database, and fills an empty library with the sample edition.
    """
    # A server is meant to be stopped; other commands say what an interruption means for them.
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    settings = load_settings()
    if single_user:
        settings = settings.model_copy(update={"single_user": True})
    if settings.single_user:
        _check_is_loopback(host or settings.host)
        _check_is_loopback(urlsplit(settings.base_url).hostname or "localhost")
    listener = _listen(host or settings.host, settings.port if port is None else port)
    services = open_services(settings)
    _prepare(services)
    if settings.worker:
        start_beside(services)
    _serve(services, listener)


def _check_is_loopback(host: str) -> None:
    """Refuse to sign everybody in who reaches this machine."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ConfigurationError(
            f"Single-user mode signs in whoever asks, so it serves this machine only, not "
            f"{host}. Use --host 127.0.0.1 and no BROADSHEET_BASE_URL, or serve without it."
        )


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a taken port is a sentence and port 0 can be printed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small replies at once only on sockets that say they are TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(SOCKET_BACKLOG)  # whoever comes before the app is ready waits, unrefused
    except OSError as error:
        fail(
            f"Cannot listen on {host} port {port}: {error.strerror}. "
            "Choose another with `broadsheet serve --port NUMBER`."
        )
    return listener


def _prepare(services: Services) -> None:
    if services.settings.load_sample and services.store.count() == 0:
        added = pipeline.load_sample(services).new
        say(f"The library is empty: {added} sample papers loaded "
            "(`broadsheet sample remove` takes them out).")  # fmt: skip
    state = services.index.state()
    # Another process may be at it for long, or the bucket may not answer: pages are served anyway.
    has_to_wait = state.is_building or bool(services.index.warning())
    if not has_to_wait and services.store.pending(state.revision) <= STARTUP_INDEX_LIMIT:
        sync_with_progress(services)
    else:
        threading.Thread(target=_index_beside, args=(services,), daemon=True).start()


def _index_beside(services: Services) -> None:
    try:
        sync_for_readers(services)
    except BroadsheetError as error:
        say(f"Indexing stopped: {error}")


def _serve(services: Services, listener: socket.socket) -> None:
    import uvicorn

    from broadsheet.delivery.app import create_app

    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    say(f"Broadsheet is at http://{shown}:{port} (stop it with Ctrl+C).")
    config = uvicorn.Config(
        create_app(services), log_level="warning", server_header=False, proxy_headers=True
    )
    uvicorn.Server(config).run(sockets=[listener])


def status(*, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say how many papers there are, from which sources, how fresh, and whether search is whole."""
    now = status_of(open_services(load_settings()))
    if json:
        print_json(now)
        return
    tell(f"{now.papers:,} papers, newest day {now.newest_on or 'none'}.")
    table = Table(box=None, pad_edge=False)
    for heading in ("source", "papers", "newest day", "last import"):
        table.add_column(heading, justify="right" if heading == "papers" else "left")
    for source in now.sources:
        table.add_row(source.source, f"{source.papers:,}", str(source.newest_on or ""),
                      f"{source.last_seen_at:%Y-%m-%d %H:%M} UTC")  # fmt: skip
    if now.sources:
        out.print(table)
    tell(f"Index: {now.index_sentence}")
    for line in now.live:
        tell(f"{line.name}: {line.state}. {line.reason}")
    if now.rejects:
        tell(f"{now.rejects:,} rejected records: `broadsheet rejects`.")


def doctor(*, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check the set-up and say what to do; exit code 1 when something must be done."""
    findings = list(doctor_.examine(load_settings()))
    if json:
        print_json([
            {"check": finding.check, "health": finding.health, "text": finding.text}
            for finding in findings
        ])  # fmt: skip
    else:
        styles = {"good": "green", "warning": "yellow", "bad": "red"}
        table = Table(box=None, pad_edge=False, show_header=False)
        for finding in findings:
            mark = Text(finding.health.value, style=styles[finding.health])
            table.add_row(mark, Text(finding.check), Text(finding.text))
        out.print(table)
    if any(finding.health is doctor_.Health.BAD for finding in findings):
        raise typer.Exit(1)


def settings(*, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print the effective settings and how to change each; secrets are masked."""
    effective = load_settings()
    shown = effective.shown()
    if json:
        print_json(shown)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "what it does"):
        table.add_column(heading, overflow="fold")
    for name, value in shown.items():
        description = Settings.model_fields[name].description or ""
        table.add_row(Text(f"BROADSHEET_{name.upper()}"), Text(str(value)), Text(description))
    out.print(table)


def evaluate(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Collections to measure on.")
    ],
    *,
    improver: Annotated[
        str,
        typer.Option(help="Give every document a vector of this encoder too, such as `shipped`."),
    ] = NONE,
    json: Annotated[bool, typer.Option("--json", help="Print a list of rows.")] = False,
) -> None:
    """Measure search on test collections: words only, vectors only and hybrid.

    A collection is a folder with docs.jsonl, queries.jsonl and qrels.tsv; with pools.json only
    each query's pool is ranked.
    """
    encoder = StaticEncoder.load()
    improvers = Improvers(improver, partial(load_improver, cache=load_settings().data / "encoders"))
    if improver != NONE and improvers.wanted() is None:
        fail(improvers.trouble())
    rows = [row for folder in folders for row in evaluate_collection(folder, encoder, improvers)]
    if json:
        print_json(rows)
    else:
        out.print(_evaluation_table(rows))


def _evaluation_table(rows: list[EvaluationRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("collection", "mode", "nDCG@10", "recall@100", "queries/s"):
        table.add_column(heading, justify="left" if heading in ("collection", "mode") else "right")
    for row in rows:
        table.add_row(row.collection, row.mode, f"{row.ndcg_at_10:.3f}",
                      f"{row.recall_at_100:.3f}", f"{row.queries_per_second:,.0f}")  # fmt: skip
    return table


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (serve, status, doctor, settings, evaluate):
        app.command()(command)
