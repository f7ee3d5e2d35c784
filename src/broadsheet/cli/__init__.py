"""The `broadsheet` command: thin commands, each calling the same function as the page does."""

from __future__ import annotations

import os
import signal
import sys

import typer

from broadsheet import __version__
from broadsheet.cli import (
    agents,
    backfill,
    citing,
    collections,
    comments,
    curation,
    digest,
    library,
    operating,
    people,
    reading,
    records,
    sources,
    votes,
)
from broadsheet.cli.terminal import fail
from broadsheet.errors import BroadsheetError
from broadsheet.process import tune

app = typer.Typer(
    name="broadsheet",
    help="The daily paper of a research community.\n\n"
    "Start with `broadsheet serve` and open the address it prints; bring papers in with "
    "`broadsheet import FILE...`. The setting BROADSHEET_DATA names the data folder "
    "(default: ./data).",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    *,
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
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


reading.register(app)
library.register(app)
records.register(app)
collections.register(app)
comments.register(app)
operating.register(app)
sources.register(app)
backfill.register(app)
agents.register(app)
citing.register(app)
digest.register(app)
people.register(app)
votes.register(app, people.people)
curation.register(app)


class Interrupted(BaseException):
    """Ctrl+C; not a KeyboardInterrupt, which the command line library would end without a word."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def main() -> None:
    """Run the command line; every deliberate error is one sentence on stderr and exit code 1."""
    signal.signal(signal.SIGINT, _interrupt)
    tune()
    try:
        app()
    except BroadsheetError as error:
        fail(str(error))
    except (Interrupted, KeyboardInterrupt):
        fail("Stopped. What was done is kept; the same command goes on from there.", code=130)
    except BrokenPipeError:
        sys.stdout = None
        raise SystemExit(0) from None
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or 'input or output'}.")
