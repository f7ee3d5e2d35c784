"""Commands for agents: the tools of the Model Context Protocol on standard input and output."""

from __future__ import annotations

import typer

from broadsheet.cli.reading import origin_of
from broadsheet.services import open_services
from broadsheet.settings import load_settings


def mcp() -> None:
    """Serve tools to an agent over standard input and output (Model Context Protocol).

    An agent's program starts this command itself; see docs/mcp.md. Over HTTP, `broadsheet serve`
    has the same tools at /mcp.
    """
    import anyio

    from broadsheet.delivery.mcp.server import serve_stdio
    from broadsheet.delivery.mcp.tools import Caller

    settings = load_settings()
    anyio.run(serve_stdio, Caller(open_services(settings), origin_of(settings)))


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(mcp)
