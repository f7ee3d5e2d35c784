"""Commands for accounts: list, add, roles, approval, suspension, one-time links, removal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from broadsheet.cli.terminal import fail, out, print_json, say, tell
from broadsheet.cli.votes import recount
from broadsheet.community.accounts import PAGE
from broadsheet.community.handles import parse_handle
from broadsheet.people import Account, Role
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings
from broadsheet.subscriptions.addresses import parse_address

people = typer.Typer(
    help="The accounts of this instance, for the person who runs it.\n\n"
    "What is done here stands in the public log, as done by the operator.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The handle of an account.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _services() -> Services:
    return open_services(load_settings())


def _role(text: str) -> Role:
    for role in Role:
        if role.label == text.lower():
            return role
    return fail(f"There is no role “{text}”. Roles: {', '.join(role.label for role in Role)}.")


@people.command("list")
def list_(
    *,
    waiting: Annotated[bool, typer.Option(help="Only those who wait for approval.")] = False,
    suspended: Annotated[bool, typer.Option(help="Only those who are suspended.")] = False,
    page: Annotated[int, typer.Option(min=1, help=f"Which page of {PAGE}.")] = 1,
    json: Json = False,
) -> None:
    """List accounts: the highest role first, then the newest."""
    state = "waiting" if waiting else "suspended" if suspended else ""
    found, total = _services().community.accounts.listed(None, state=state, page=page)
    if json:
        print_json([_facts(account) for account in found])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "role", "address", "since", "state"):
        table.add_column(heading, overflow="fold")
    for account in found:
        facts = _facts(account)
        address = f"{account.email or ''}{'' if account.verified_at else ' (unconfirmed)'}"
        table.add_row(
            Text(account.name), account.role.label, Text(address if account.email else ""),
            f"{account.created_at:%Y-%m-%d}", Text(str(facts["state"])),
        )  # fmt: skip
    if found:
        out.print(table)
    say(f"{len(found)} of {total:,} accounts.")


@people.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new handle.")],
    *,
    email: Annotated[str, typer.Option(help="The person's address; it stays unconfirmed.")] = "",
    role: Annotated[str, typer.Option(help="reader, editor, moderator or owner.")] = "reader",
) -> None:
    """Add an account, whatever BROADSHEET_SIGN_UP says, and print a link that signs it in."""
    services = _services()
    try:
        address = parse_address(email) if email else None
    except ValueError as error:
        fail(str(error))
    made = services.community.accounts.add(parse_handle(name), email=address, role=_role(role))
    say(f"{made.name} is a{'n' if made.role in (Role.OWNER, Role.EDITOR) else ''} "
        f"{made.role.label} now. This link signs them in, once, for 20 minutes:")  # fmt: skip
    tell(_link(services, made.name))


@people.command()
def role(
    name: Name, to: Annotated[str, typer.Argument(metavar="ROLE", help="The role to give.")]
) -> None:
    """Give an account a role: reader, editor, moderator or owner."""
    changed = _services().community.accounts.set_role(None, name, _role(to))
    say(f"{changed.name}: {changed.role.label}.")


@people.command()
def approve(name: Name) -> None:
    """Let somebody who waits for approval take part."""
    say(f"{_services().community.accounts.approve(None, name).name} is approved.")


@people.command()
def suspend(
    name: Name, *, reason: Annotated[str, typer.Option(help="Why; shown to everybody.")]
) -> None:
    """Stop an account from acting; it may still read, export and leave."""
    say(f"{_services().community.accounts.suspend(None, name, reason).name} is suspended.")


@people.command()
def unsuspend(name: Name) -> None:
    """Undo a suspension."""
    say(f"{_services().community.accounts.unsuspend(None, name).name} may act again.")


@people.command()
def link(
    name: Name,
    *,
    reset: Annotated[bool, typer.Option(help="A link to choose a new password instead.")] = False,
) -> None:
    """Print a link that signs an account in, once, within 20 minutes: for a lost password."""
    services = _services()
    tell(_link(services, name, is_reset=reset))
    act = "Printed a link that resets the password." if reset else "Printed a link that signs in."
    services.community.log.note(None, "print-link", f"account:{name}", act, is_public=False)


@people.command()
def remove(
    name: Name,
    *,
    comments: Annotated[bool, typer.Option(help="Take the words of its comments too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an account with everything private. This cannot be undone."""
    services = _services()
    account = services.community.accounts.by_name(name)
    if not yes and not typer.confirm(f"Delete {account.name} for good?", err=True):
        fail("Nothing was deleted.")
    services.community.leaving.remove(account, with_comments=comments)
    services.community.log.note(
        None,
        "remove-account",
        f"account:{account.name}",
        "Deleted by the operator.",
        is_public=True,
    )
    say(f"{account.name} is deleted.")


def _facts(account: Account) -> dict[str, object]:
    state = "waiting" if not account.is_approved else "suspended" if account.is_suspended else ""
    return {
        "name": account.name,
        "role": account.role.label,
        "email": account.email,
        "is_verified": account.verified_at is not None,
        "created_at": account.created_at,
        "state": state,
    }


def _link(services: Services, name: str, *, is_reset: bool = False) -> str:
    settings = services.settings
    secret = services.community.signing_in.link_for(name, is_reset=is_reset)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    origin = settings.base_url.rstrip("/") or f"http://{host}:{settings.port}"
    return f"{origin}/link/{secret}"


people.command()(recount)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(people, name="people")
