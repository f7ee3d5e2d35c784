"""Collections at the terminal: list, show, export."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from broadsheet.cli.terminal import fail, print_json, tell
from broadsheet.delivery.citations.formats import FORMATS
from broadsheet.delivery.web.counts import counted
from broadsheet.doings import Collection
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings

collections = typer.Typer(help="Reading lists of the people here.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="PERSON/COLLECTION", help="As in its address.")]


@collections.command("list")
def list_(
    person: Annotated[str, typer.Argument(help="Whose; empty means all public ones.")] = "",
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List collections: those of a person with the private ones, or all public ones."""
    services = open_services(load_settings())
    table, accounts = services.store.people.collections, services.store.people.accounts
    found = (
        table.of_account(accounts.by_name(person).account_id, with_private=True)
        if person
        else table.public(1_000)
    )
    owners = accounts.by_ids({each.account_id for each in found})
    names = [f"{owners[each.account_id].name}/{each.slug}" for each in found]
    if json:
        print_json([
            {"collection": name, "name": each.name, "papers": each.papers,
             "is_public": each.is_public}
            for name, each in zip(names, found, strict=True)
        ])  # fmt: skip
        return
    for name, each in zip(names, found, strict=True):
        private = "" if each.is_public else ", private"
        tell(f"{name}  {each.name} ({counted(each.papers, 'paper', 'papers')}{private})")
    if not found:
        tell("There are no collections.")


@collections.command("show")
def show(name: Name) -> None:
    """Print the papers of a collection with their notes."""
    services = open_services(load_settings())
    for place, each in enumerate(services.store.people.collections.papers(
        _find(services, name).collection_id
    ), 1):  # fmt: skip
        [paper] = services.store.papers([each.paper_id])
        tell(f"{place:>3}. {paper.title}  [{paper.key}]")
        if each.note:
            tell(f"     {each.note}")


@collections.command("export")
def export(
    name: Name,
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "bib",
) -> None:
    """Write a collection to standard output for a reference manager."""
    if form not in FORMATS:
        fail(f"There is no format {form}. There are {', '.join(FORMATS)}.", code=2)
    services = open_services(load_settings())
    held = services.store.people.collections.papers(_find(services, name).collection_id)
    papers = services.store.papers([each.paper_id for each in held])
    sys.stdout.buffer.write(FORMATS[form].write(papers))


def _find(services: Services, name: str) -> Collection:
    owner, _, slug = name.partition("/")
    return services.store.people.collections.find(owner, slug)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(collections, name="collections")
