"""Commands for what people bring and editors choose: submissions, picks, claims."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from broadsheet import pipeline
from broadsheet.cli.reading import origin_of
from broadsheet.cli.terminal import fail, out, print_json, say, tell
from broadsheet.community.offers import offer_of
from broadsheet.delivery.api.people.claims import ClaimShape
from broadsheet.delivery.api.people.submissions import PickShape, SubmissionShape
from broadsheet.delivery.periods import parse_day
from broadsheet.doings import Claim, Decision, Submission
from broadsheet.errors import AlreadyHere
from broadsheet.latex import readable
from broadsheet.lookup import Lookup
from broadsheet.people import Account
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings

submissions = typer.Typer(help="What people brought: list, accept, decline.", no_args_is_help=True)
picks = typer.Typer(help="Editors' picks: list, add, remove.", no_args_is_help=True)
claims = typer.Typer(help="Claims of authors: list, grant, decline, revoke.", no_args_is_help=True)
Person = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Act as this account; else as the owner.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as the API gives it.")]
PaperId = Annotated[str, typer.Argument(metavar="ID", help="arXiv id, DOI, or our key.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1)]
Reason = Annotated[str, typer.Option("--reason", help="What the person is told.")]


def _acting(services: Services, name: str) -> Account:
    """The account that acts; the owner where none is named, made on first use."""
    if name:
        return services.store.people.accounts.by_name(name)
    return services.community.accounts.local_person()


def submit(
    paper: Annotated[
        str, typer.Argument(metavar="ID", help="arXiv id, DOI, or an address that holds one.")
    ],
    *,
    comment: Annotated[str, typer.Option(help="Opens the discussion under the paper.")] = "",
    name: Person = "",
    json: Json = False,
) -> None:
    """Bring a paper into today's edition, as the page Submit does."""
    services = _services()
    found = Lookup(services).find(paper)
    if found.paper is not None:
        tell(f"{found.paper.key} is in the library already: {readable(found.paper.title)}")
        return
    if found.record is None:
        fail(found.trouble)
    try:
        made = services.community.submissions.offer(
            _acting(services, name), offer_of(found.record), comment
        )
    except AlreadyHere as known:
        tell(f"{known.key} is in the library already.")
        return
    if made.state is Decision.GRANTED:
        pipeline.sync_index(services)
    if json:
        print_json(SubmissionShape.of(made, origin_of(services.settings)).model_dump(mode="json"))
    elif made.state is Decision.GRANTED:
        tell(f"{made.paper_key} joined today's edition: {readable(made.title)}")
    else:
        tell(f"Submission {made.submission_id} waits for an editor: {readable(made.title)}")


@submissions.command("list")
def list_submissions(*, json: Json = False) -> None:
    """List the submissions that wait for an editor, oldest first."""
    services = _services()
    found = services.community.submissions.pending()
    if json:
        origin = origin_of(services.settings)
        print_json([SubmissionShape.of(one, origin).model_dump(mode="json") for one in found])
        return
    _table(
        ("number", "title", "by", "since"),
        [(one.submission_id, readable(one.title), one.name, _day(one)) for one in found],
        "No submission waits.",
    )


@submissions.command("accept")
def accept(number: Number, *, name: Person = "") -> None:
    """Let a submission join today's edition."""
    services = _services()
    made = services.community.submissions.grant(_acting(services, name), number)
    pipeline.sync_index(services)
    tell(f"{made.paper_key} joined today's edition: {readable(made.title)}")


@submissions.command("decline")
def decline(number: Number, *, reason: Reason = "", name: Person = "") -> None:
    """Decline a submission, or take it out again, with a reason."""
    services = _services()
    services.community.submissions.decline(_acting(services, name), number, reason)
    pipeline.sync_index(services)
    tell(f"Submission {number} is declined.")


@picks.command("list")
def list_picks(*, json: Json = False) -> None:
    """List the picks of the fourteen newest days that have some."""
    services = _services()
    found = [one for _, of_day in services.community.picks.days() for one in of_day]
    papers = {one.paper_id: one for one in services.store.papers([pick.paper_id for pick in found])}
    if json:
        shapes = [PickShape.of(one, papers[one.paper_id].key) for one in found]
        print_json([shape.model_dump(mode="json") for shape in shapes])
        return
    rows = [
        (one.picked_on, one.position, papers[one.paper_id].key, one.note or "", one.name)
        for one in found
    ]
    _table(("day", "place", "id", "note", "by"), rows, "No paper has been picked.")


@picks.command("add")
def add_pick(
    paper: PaperId,
    *,
    note: Annotated[str, typer.Option(help="The editor's note, shown on the card.")] = "",
    day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Its front page; else its own day's.")
    ] = None,
    place: Annotated[int | None, typer.Option(min=1, help="From 1; else last.")] = None,
    name: Person = "",
) -> None:
    """Pick a paper for the front page of a day, or change its note, day or place."""
    services = _services()
    found, editor = services.store.paper(paper), _acting(services, name)
    made = services.community.picks.pick(editor, found, note, _day_of(day))
    if place is not None:
        made = services.community.picks.move(editor, found, place)
    tell(f"{found.key} is pick {made.position} of {made.picked_on}.")


@picks.command("remove")
def remove_pick(paper: PaperId, *, name: Person = "") -> None:
    """Take a pick back."""
    services = _services()
    found = services.store.paper(paper)
    services.community.picks.unpick(_acting(services, name), found)
    tell(f"{found.key} is picked no more.")


@claims.command("list")
def list_claims(*, json: Json = False) -> None:
    """List the claims and appeals that wait for a moderator, oldest first."""
    found = _services().community.claims.pending()
    if json:
        print_json([ClaimShape.of(one).model_dump(mode="json") for one in found])
        return
    rows = [(one.claim_id, one.paper_key, one.author, one.name, one.state.value) for one in found]
    _table(("number", "id", "author", "by", "state"), rows, "No claim waits.")


@claims.command("grant")
def grant_claim(number: Number, *, reason: Reason = "", name: Person = "") -> None:
    """Grant a claim or an appeal."""
    services = _services()
    _told(services.community.claims.grant(_acting(services, name), number, reason))


@claims.command("decline")
def decline_claim(number: Number, *, reason: Reason = "", name: Person = "") -> None:
    """Decline a claim or an appeal, with a reason."""
    services = _services()
    _told(services.community.claims.decline(_acting(services, name), number, reason))


@claims.command("revoke")
def revoke_claim(number: Number, *, reason: Reason = "", name: Person = "") -> None:
    """Take a granted claim back, with what was added by it."""
    services = _services()
    _told(services.community.claims.revoke(_acting(services, name), number, reason))


def _told(claim: Claim) -> None:
    tell(f"The claim of {claim.name} to {claim.paper_key} is {claim.state.value}.")


def _services() -> Services:
    return open_services(load_settings())


def _day(one: Submission) -> date:
    return one.submitted_at.date()


def _day_of(text: str | None) -> date | None:
    try:
        return parse_day(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]], empty: str) -> None:
    if not rows:
        say(empty)
        return
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    out.print(table)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(submit)
    app.add_typer(submissions, name="submissions")
    app.add_typer(picks, name="picks")
    app.add_typer(claims, name="claims")
