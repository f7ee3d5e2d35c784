"""Commands for one's own votes and library, and the recount of what people did."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from broadsheet.cli.terminal import fail, out, print_json, say, tell
from broadsheet.delivery.lists.shelves import Asked, shelf_page
from broadsheet.doings import Mark, Shelf
from broadsheet.latex import readable
from broadsheet.people import Account
from broadsheet.ranking.votes_in_words import counted
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings

Paper = Annotated[str, typer.Argument(metavar="PAPER", help="arXiv id, DOI or key of a paper.")]
As = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="NAME",
        help="The account that acts; by default the owner.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def vote(
    paper: Paper,
    *,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the vote back.")] = False,
    as_: As = "",
    json: Json = False,
) -> None:
    """Vote for a paper, or take the vote back; doing it again changes nothing."""
    services = open_services(load_settings())
    votes = services.community.votes
    change = votes.withdraw if withdraw else votes.cast
    tally = change(acting(services, as_), paper)
    if json:
        print_json(tally)
    else:
        word = "You vote" if tally.is_on else "You do not vote"
        tell(f"{word} for {tally.key}, which has {counted(tally.votes, 'vote')}.")


def mark(
    paper: Paper,
    *,
    saved: Annotated[bool | None, typer.Option("--saved/--not-saved")] = None,
    read: Annotated[bool | None, typer.Option("--read/--unread")] = None,
    dismissed: Annotated[bool | None, typer.Option("--dismissed/--not-dismissed")] = None,
    note: Annotated[
        str | None, typer.Option(help="A private note; an empty one deletes it.")
    ] = None,
    as_: As = "",
    json: Json = False,
) -> None:
    """Mark a paper in your library, or write a private note; without options, show your marks."""
    services = open_services(load_settings())
    account, library = acting(services, as_), services.community.library
    found = services.store.paper(paper)
    wanted = {Shelf.SAVED: saved, Shelf.READ: read, Shelf.DISMISSED: dismissed}
    for shelf, is_wanted in wanted.items():
        if is_wanted is not None:
            (library.put if is_wanted else library.take)(account, found.key, shelf)
    if note is not None:
        library.write_note(account, found.key, note)
    now = library.marks(account, [found.paper_id]).get(found.paper_id) or Mark(found.paper_id)
    if json:
        print_json({"id": found.key, "mark": now})
    else:
        shelves = [shelf.value for shelf in Shelf if now.is_on(shelf)]
        tell(f"{found.key}: {', '.join(shelves) or 'no marks'}.")
        if now.note:
            tell(now.note)


def library(
    shelf: Annotated[Shelf, typer.Argument(help="Which part of the library.")] = Shelf.SAVED,
    *,
    words: Annotated[str, typer.Option(help="Words that papers, or notes, must hold.")] = "",
    category: Annotated[str, typer.Option(help="Only this category or archive.")] = "",
    unread: Annotated[bool, typer.Option("--unread", help="Only what is not read yet.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Papers at most.")] = 25,
    as_: As = "",
    json: Json = False,
) -> None:
    """List your saved, noted, read or dismissed papers, put there last first."""
    services = open_services(load_settings())
    asked = Asked(shelf, words, category or None, unread, 0, limit)
    page = shelf_page(services, acting(services, as_), asked)
    for sentence in page.notes:
        say(sentence)
    if json:
        print_json([
            {"id": paper.key, "title": readable(paper.title), "mark": marked}
            for paper, marked in page.papers
        ])  # fmt: skip
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for paper, marked in page.papers:
        table.add_row(Text(paper.key), Text(readable(paper.title)), Text(marked.note[:200]))
    out.print(table)
    say(f"{counted(page.total, 'paper')}.")


def recount(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Set wrong counters right.")] = False,
    json: Json = False,
) -> None:
    """Compare the counters of votes and comments with the rows; exit code 1 for wrong ones left.

    Votes of accounts that have come of age since are counted on the way.
    """
    services = open_services(load_settings())
    services.community.votes.count_matured()
    counters = services.store.people.counters
    wrong = counters.repair() if repair else counters.check()
    if json:
        print_json(wrong)
    else:
        for miss in wrong:
            tell(f"{miss.key}: {miss.counter} was {miss.kept:,}, the rows say {miss.true:,}.")
    if wrong and not repair:
        fail(f"{counted(len(wrong), 'counter')} wrong: `broadsheet people recount --repair`.")
    say("Set right." if wrong else "Every counter equals its rows.")


def acting(services: Services, name: str) -> Account:
    """The account that a command acts for: the named one, else the owner. Raises NotFound."""
    if name:
        return services.store.people.accounts.by_name(name)
    return services.community.accounts.local_person()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (vote, mark, library):
        app.command()(command)
