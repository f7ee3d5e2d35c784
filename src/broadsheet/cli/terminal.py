"""How the terminal shows things: tables of papers, progress, sentences on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from broadsheet.domain import Hit, Page
from broadsheet.latex import readable

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

MOST_AUTHORS = 3


def fail(sentence: str, code: int = 1) -> NoReturn:
    """End the process with a sentence on stderr."""
    err.print(Text(sentence, style="red"), soft_wrap=True)
    raise SystemExit(code)


def say(sentence: str) -> None:
    """A sentence on stderr, so that standard output stays data."""
    err.print(Text(sentence), soft_wrap=True)


def tell(sentence: str) -> None:
    """A sentence on standard output, never broken into lines."""
    out.print(Text(sentence), soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON value on standard output, indented for people and parsers alike."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_page(page: Page, title: str) -> None:
    """A page of papers as a table, with the reader's notes above it."""
    for note in page.notes:
        say(note)
    if not page.hits:
        say("No papers here. Bring some in with `broadsheet import FILE...`.")
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("id", style="cyan", no_wrap=True)
    table.add_column("title", overflow="fold", ratio=1)
    table.add_column("authors", style="dim", max_width=28)
    table.add_column("votes", justify="right", no_wrap=True)
    table.add_column("day", no_wrap=True, style="dim")
    for hit in page.hits:
        table.add_row(*_row(hit))
    out.print(table)
    at_least = "" if page.is_total_exact else "at least "
    say(f"{len(page.hits)} of {at_least}{page.total:,} papers.")
    if page.next_cursor:
        say(f"More: --cursor {page.next_cursor}")


def _pick(hit: Hit) -> str:
    if hit.pick is None:
        return ""
    return f"\n  Editors' pick. {hit.pick}".rstrip()


def _row(hit: Hit) -> tuple[Text, ...]:
    paper = hit.paper
    return (
        Text(paper.key),
        Text(readable(paper.title) + _pick(hit)),
        Text(authors_in_short(paper.authors)),
        Text(str(paper.votes) if paper.votes else ""),
        Text(paper.listed_on.isoformat()),
    )


def authors_in_short(authors: tuple[str, ...]) -> str:
    """The first authors, and how many more there are."""
    names = ", ".join(authors[:MOST_AUTHORS])
    more = len(authors) - MOST_AUTHORS
    return f"{names} +{more}" if more > 0 else names


@contextmanager
def byte_progress(description: str, total: int | None) -> Iterator[Progress]:
    """A bar for reading files: share, rate in papers and remaining time; silent off a terminal."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[papers]:,} papers, {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with progress:
        progress.add_task(description, total=total, papers=0, rate=0.0)
        yield progress


@contextmanager
def count_progress(description: str, total: int) -> Iterator[Progress]:
    """A bar for counted work; silent off a terminal."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with progress:
        progress.add_task(description, total=total)
        yield progress
