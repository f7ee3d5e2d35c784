"""Commands for live sources: list, add, pause, check and harvest them; the worker; backfill."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from broadsheet import intake, source_states
from broadsheet import worker as worker_
from broadsheet.cli.library import sync_with_progress
from broadsheet.cli.terminal import fail, out, print_json, say, tell
from broadsheet.domain import Source, SourceState
from broadsheet.errors import BroadsheetError, IndexUnavailable
from broadsheet.indexing_beside import sync_for_readers
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings
from broadsheet.sources.live.addresses import shown_address
from broadsheet.sources.live.harvesting import Batch, SourceKind
from broadsheet.sources.live.registry import KINDS

STYLES = {
    SourceState.FRESH: "green",
    SourceState.WAITING: "cyan",
    SourceState.QUIET: "blue",
    SourceState.STALLED: "yellow",
    SourceState.FAILED: "red",
}
_SHOWN_TITLES = 5

sources = typer.Typer(
    help="Live sources: what is harvested, when, and how it stands.\n\n"
    "`broadsheet sources kinds` lists what can be added; `broadsheet sources add arxiv-oai` adds "
    "one; `broadsheet worker` harvests them when they are due (as does `broadsheet serve`).",
    invoke_without_command=True,
    rich_markup_mode="markdown",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of a source.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@sources.callback()
def root(context: typer.Context) -> None:
    """Without a command, list the sources."""
    if context.invoked_subcommand is None:
        list_()


@sources.command("list")
def list_(*, json: Json = False) -> None:
    """List the sources: state, why, and when each is asked again."""
    services = open_services(load_settings())
    now = services.clock()
    rows = [(source, *source_states.state_of(source, now)) for source in services.store.sources()]
    if json:
        print_json([_as_json(*row) for row in rows])
        return
    if not rows:
        say("No live sources yet. `broadsheet sources kinds` lists what can be added.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("source", "state", "asked", "due", "why"):
        table.add_column(heading, no_wrap=heading != "why", overflow="fold")
    for source, state, reason in rows:
        asked = f"{source.checked_at:%Y-%m-%d %H:%M}" if source.checked_at else "never"
        due = "paused" if source.is_paused else f"{source.due_at:%Y-%m-%d %H:%M}"
        table.add_row(
            Text(source.name),
            Text(state, style=STYLES[state]),
            Text(asked),
            Text(due),
            Text(reason),
        )
    out.print(table)
    say("Times are UTC.")


def _as_json(source: Source, state: SourceState, reason: str) -> dict[str, object]:
    return {
        "name": source.name,
        "kind": source.kind,
        "options": _masked(source),
        "state": state,
        "reason": reason,
        "is_paused": source.is_paused,
        "checked_at": source.checked_at,
        "news_at": source.news_at,
        "due_at": source.due_at,
        "batch_on": source.batch_on,
        "failures": source.failures,
    }


def _masked(source: Source) -> dict[str, str]:
    """The options without keys and tokens, and addresses without what may be secret in them."""
    kind = KINDS.get(source.kind)
    secret = kind.secret if kind else tuple(source.options)
    shown = {
        name: "***" if name in secret and value else value for name, value in source.options.items()
    }
    return {**shown, "url": shown_address(shown["url"])} if "url" in shown else shown


@sources.command()
def kinds(*, json: Json = False) -> None:
    """List the kinds of sources, their hosts and options."""
    if json:
        print_json([_kind_as_json(kind) for kind in KINDS.values()])
        return
    for kind in KINDS.values():
        tell(f"{kind.name}: {kind.title}")
        tell(f"    {kind.about}")
        for name, (default, text) in kind.options.items():
            tell(f"    --set {name}=…  {text}{_remark(kind, name, default)}")
    say(
        "No kind needs a key; those with one are answered sooner or oftener. Give a key when you "
        "add the source, as --set key=@FILE with a file that holds it, or --set key=KEY. It is "
        "sent to that service alone and shown as ***."
    )


def _remark(kind: SourceKind, name: str, default: str) -> str:
    if name in kind.required:
        return " (required)"
    if name in kind.secret:
        return " (optional, kept secret)"
    return f" (default: {default})" if default else " (optional)"


def _kind_as_json(kind: SourceKind) -> dict[str, object]:
    return {
        "kind": kind.name,
        "title": kind.title,
        "about": kind.about,
        "hosts": kind.hosts,
        "options": {
            name: {
                "default": default,
                "help": text,
                "is_required": name in kind.required,
                "is_secret": name in kind.secret,
            }
            for name, (default, text) in kind.options.items()
        },
    }


@sources.command()
def add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="One of `broadsheet sources kinds`.")],
    *,
    name: Annotated[str, typer.Option(help="A name of your own; the kind's is the default.")] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help="Set an option.")
    ] = None,
) -> None:
    """Add a source; it is due at once. Example: `sources add arxiv-oai --set set=cs`.

    A value that begins with `@` is read from the file it names: `--set key=@key.txt`.
    """
    services = open_services(load_settings())
    added = intake.add_source(services, kind, _pairs(set_ or ()), name)
    tell(f"Added {added}. `broadsheet sources check {added}` tries it without storing anything.")


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            fail("--set wants OPTION=VALUE, such as --set days=3.")
        pairs[name.strip()] = _value(value.strip())
    return pairs


def _value(value: str) -> str:
    """The value itself, or what the file holds that `@` names: keys need not stand in a command."""
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        fail(f"The file {value[1:]} cannot be read: {why}.")


@sources.command()
def remove(name: Name) -> None:
    """Forget a source. The papers that it brought stay."""
    open_services(load_settings()).store.remove_live_source(name)
    tell(f"Removed {name}; its papers stay.")


@sources.command()
def pause(name: Name) -> None:
    """Stop asking a source until it is resumed."""
    services = open_services(load_settings())
    services.store.pause_source(name, is_paused=True, due_at=services.clock())
    tell(f"Paused {name}. `broadsheet sources resume {name}` goes on where it stopped.")


@sources.command()
def resume(name: Name) -> None:
    """Ask a paused source again, from where it stopped; also: ask a source now."""
    services = open_services(load_settings())
    services.store.pause_source(name, is_paused=False, due_at=services.clock())
    tell(f"{name} is due now.")


@sources.command()
def check(name: Name) -> None:
    """Tell what a source would fetch, ask it once, and store nothing."""
    services = open_services(load_settings())
    source = services.store.source(name)
    kind = source_states.kind_of(source)
    shown = _masked(replace(source, options=kind.completed(source.options)))
    tell(f"{name}: {kind.title}")
    tell(f"Address: {shown.pop('url', '') or ', '.join(kind.hosts)}")
    tell(f"Options: {_listed(shown) or 'none'}")
    tell(f"Goes on from: {_listed(_place(source)) or 'the beginning'}")
    try:
        batch = intake.first_batch(services, source)
    except BroadsheetError as error:
        fail(f"It would fail now: {error}")
    _tell_batch(batch)


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items() if value != "")


def _place(source: Source) -> dict[str, object]:
    """What the cursor says in words; addresses in it may hold a key."""
    return {
        name: f"{value:.60}" if isinstance(value, str) else value
        for name, value in source.cursor.items()
        if isinstance(value, str | int) and "://" not in str(value)
    }


def _tell_batch(batch: Batch | None) -> None:
    if batch is None or not (batch.records or batch.rejects):
        tell(f"It answers, and has nothing new. {batch.note if batch else ''}".rstrip())
        return
    declared = f" of {batch.declared:,} declared" if batch.declared is not None else ""
    day = f", announced on {batch.batch_on}" if batch.batch_on else ""
    tell(f"The first answer holds {len(batch.records):,} papers{declared}{day}:")
    for record in batch.records[:_SHOWN_TITLES]:
        tell(f"    {record.record_id}  {record.title[:90]}")
    for reject in batch.rejects[:_SHOWN_TITLES]:
        tell(f"    set aside: {reject.position}: {reject.reason}")


@sources.command("harvest")
def harvest_(name: Name) -> None:
    """Harvest one source now, to its end, and index what came."""
    services = open_services(load_settings())
    outcome = intake.harvest(services, services.store.source(name))
    if outcome is None:
        fail(f"Another worker is harvesting {name} just now.")
    sync_with_progress(services)
    tell(f"{name}: {outcome.state}. {outcome.reason}")
    if outcome.state is SourceState.FAILED:
        raise typer.Exit(1)


def worker(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Harvest, mail and post what is due, then stop.")
    ] = False,
) -> None:
    """Harvest live sources, send mail and webhooks when they are due, and improve vectors.

    It goes on until stopped; any number of workers share the work. With `--once`, for cron, it
    improves the vectors of 256 papers at most.
    """
    services = open_services(load_settings())
    if once:
        _work_once(services)
        return
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    say("Working; stop with Ctrl+C.")
    worker_.work(services, stop, tell)


def _work_once(services: Services) -> None:
    """Mail and webhooks go out even where harvests met trouble; trouble with any exits with 1."""
    from broadsheet.improving import MOST_AT_ONCE, improve
    from broadsheet.mail_clock import mail_once
    from broadsheet.webhook_clock import post_once

    try:
        done = worker_.work_once(services, tell)
        tell("1 source harvested." if done == 1 else f"{done} sources harvested.")
    finally:
        unposted, unsent = post_once(services, tell), mail_once(services, tell)
    if unsent:
        fail(f"Mail cannot be sent: {unsent}")
    if unposted:
        fail(f"Webhooks cannot be looked after: {unposted}")
    with suppress(IndexUnavailable):  # an empty library has none
        improve(services, lambda: False, most=MOST_AT_ONCE)


def start_beside(services: Services) -> None:
    """Harvest in a thread of the serving process, for installs of one process."""
    stop = threading.Event()
    threading.Thread(
        target=worker_.work,
        args=(services, stop, say, sync_for_readers),
        name="worker",
        daemon=True,
    ).start()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(sources, name="sources")
    app.command()(worker)
