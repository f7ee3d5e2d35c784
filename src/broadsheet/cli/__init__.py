"""The `broadsheet` command: thin commands, each calling the same function as the page does.

A command imports its own part of the program only; the web framework alone takes half a second.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from functools import cache
from typing import TYPE_CHECKING

import typer

from broadsheet import __version__, process
from broadsheet.cli.terminal import fail
from broadsheet.errors import BroadsheetError

if TYPE_CHECKING:
    app: typer.Typer

PARTS: dict[str, tuple[str, ...]] = {
    "reading": ("papers", "search", "similar", "show"),
    "library": ("import", "rejects", "export", "reindex", "improve", "sample"),
    "records": ("split", "rejoin"),
    "collections": ("collections",),
    "comments": ("comments",),
    "operating": ("serve", "status", "doctor", "settings", "evaluate"),
    "sources": ("worker", "sources"),
    "backfill": ("backfill",),
    "agents": ("mcp",),
    "citing": ("cite",),
    "digest": ("digest",),
    "people": ("people",),
    "votes": ("vote", "mark", "library"),
    "feeds": ("feeds",),
    "webhooks": ("webhooks",),
    "curation": ("submit", "submissions", "picks", "claims"),
}
"""The commands of each module of this folder, in the order of `--help`."""
_VERSION = "--version"
_HELP = (
    "The daily paper of a research community.\n\n"
    "Start with `broadsheet serve` and open the address it prints; bring papers in with "
    "`broadsheet import FILE...`. The setting BROADSHEET_DATA names the data folder "
    "(default: ./data)."
)


@cache
def command_line(command: str = "") -> typer.Typer:
    """The command line with all commands, or with those of one command's part."""
    made = typer.Typer(
        name="broadsheet",
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback(invoke_without_command=True)(_root)
    wanted = [part for part, names in PARTS.items() if command in names] or list(PARTS)
    for part in wanted if command != _VERSION else ():
        importlib.import_module(f"broadsheet.cli.{part}").register(made)
    return made


def __getattr__(name: str) -> typer.Typer:
    if name == "app":
        return command_line()
    raise AttributeError(name)


def _root(
    *,
    version: bool = typer.Option(False, _VERSION, help="Print the version and stop."),
    data: str = typer.Option(
        "", "--data", metavar="FOLDER", help="The data folder; stands above BROADSHEET_DATA."
    ),
) -> None:
    """Take the options that come before every command."""
    if version:
        typer.echo(f"broadsheet {__version__}")
        raise typer.Exit
    if data:
        os.environ["BROADSHEET_DATA"] = data


class Interrupted(BaseException):
    """Ctrl+C; not a KeyboardInterrupt, which the command line library would end without a word."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def _asked() -> str:
    """The command that is asked for, as far as it stands first; else all have to be known."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    return first if first == _VERSION or not first.startswith("-") else ""


def main() -> None:
    """Run the command line as the whole of a process."""
    process.tune()
    process.run(run_command_line)


def run_command_line() -> None:
    """Run a command; every deliberate error is one sentence on stderr and exit code 1."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        command_line(_asked())()
    except BroadsheetError as error:
        fail(str(error))
    except (Interrupted, KeyboardInterrupt):
        fail("Stopped. What was done is kept; the same command goes on from there.", code=130)
    except BrokenPipeError:
        sys.stdout = None
        raise SystemExit(0) from None
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or 'input or output'}.")
