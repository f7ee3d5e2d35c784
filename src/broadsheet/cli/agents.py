"""Commands for agents: the tools of the Model Context Protocol on standard input and output."""

from __future__ import annotations

from typing import Annotated

import typer

from broadsheet.cli.reading import origin_of
from broadsheet.community.acting import may_act
from broadsheet.people import Account
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings


def mcp(
    name: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="NAME",
            help="The account in whose name agents save, vote and collect; else nobody's, or the "
            "owner's with BROADSHEET_SINGLE_USER.",
        ),
    ] = "",
) -> None:
    """Serve tools to an agent over standard input and output (Model Context Protocol).

    An agent's program starts this command itself; see docs/mcp.md. Over HTTP, `broadsheet serve`
    has the same tools at /mcp.
    """
    import anyio

    from broadsheet.delivery.mcp.callers import Caller
    from broadsheet.delivery.mcp.server import serve_stdio

    settings = load_settings()
    services = open_services(settings)
    account = agents_account(services, name)
    caller = Caller(services, origin_of(settings), account.account_id if account else None)
    anyio.run(serve_stdio, caller)


def agents_account(services: Services, name: str) -> Account | None:
    """In whose name the tools act: that of a named account, or the owner's in single-user mode.

    Unlike commands that a person types, an agent is nobody unless somebody decided otherwise, as
    texts of others may lead it. Raises NotFound, and PermissionDenied for a suspended account.
    """
    if name:
        account = services.store.people.accounts.by_name(name)
        may_act(account)
        return account
    if services.settings.single_user:
        return services.community.accounts.local_person()
    return None


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(mcp)
