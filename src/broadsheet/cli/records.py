"""Commands that correct which records make a paper: split and rejoin."""

from __future__ import annotations

from typing import Annotated

import typer

from broadsheet.cli.library import sync_with_progress
from broadsheet.cli.terminal import fail, tell
from broadsheet.services import open_services
from broadsheet.settings import load_settings

Key = Annotated[str, typer.Argument(help="arXiv id, DOI or key of the paper.")]


def split(
    key: Key,
    records: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE:ID]...", help="The records of the other work."),
    ] = None,
) -> None:
    """Split a paper that is two works: the named records become a paper of their own.

    Without records, the paper's records are listed. The split outlives later imports; votes and
    comments stay with the paper that keeps its address. `broadsheet rejoin` undoes it.
    """
    services = open_services(load_settings())
    paper = services.store.paper(key)
    known = {f"{r.source}:{r.record_id}": r for r in services.store.records(paper.paper_id)}
    if not records:
        for name, record in known.items():
            tell(f"{name}  {record.title}")
        return
    unknown = [name for name in records if name not in known]
    if unknown:
        fail(f"{key} has no record {unknown[0]}. It has: {', '.join(known)}.")
    names = [(known[name].source, known[name].record_id) for name in records]
    made = services.community.records.split(None, paper, names)
    sync_with_progress(services)
    tell(f"They are {made} now.")


def rejoin(key: Key) -> None:
    """Undo a split: join a paper that was split off to the one it came from."""
    services = open_services(load_settings())
    joined = services.community.records.rejoin(None, services.store.paper(key))
    sync_with_progress(services)
    tell(f"It belongs to {joined} again.")


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(split)
    app.command()(rejoin)
