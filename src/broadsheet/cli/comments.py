"""Commands for comments: export them all, see reports, hide one and show it again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from broadsheet.cli.terminal import fail, print_json, say, tell
from broadsheet.delivery.api.people.comment_shapes import CommentShape
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings

comments = typer.Typer(
    help="Comments of this instance, for the person who runs it.\n\n"
    "What is hidden here stands in the public log, as done by the operator.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=2**31 - 1)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_AT_ONCE = 1_000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(comments, name="comments")


@comments.command()
def export(
    *,
    since: Annotated[
        str, typer.Option(metavar="INSTANT", help="Only changes from this instant on, ISO 8601.")
    ] = "",
) -> None:
    """Print all comments as JSON lines, in the order of their last change.

    Deleted and hidden ones come as stubs without words. The lines are those of
    `/api/v1/comments`.
    """
    services, origin = _services(), load_settings().base_url.rstrip("/")
    instant = _instant(since)
    after: tuple[datetime, int] | None = None
    while True:
        found = services.community.comments.changes(since=instant, after=after, limit=_AT_ONCE)
        for signed in found:
            sys.stdout.write(CommentShape.of(signed, origin).model_dump_json() + "\n")
        if len(found) < _AT_ONCE:
            return
        last = found[-1].comment
        after = last.changed_at or last.created_at, last.comment_id


@comments.command()
def reports(*, json: Json = False) -> None:
    """Show the comments that somebody reported and nobody has decided about."""
    reported = _services().community.moderation.reported(None)
    if json:
        print_json(
            [
                {
                    "id": one.signed.comment.comment_id,
                    "paper": one.signed.paper_key,
                    "author": one.signed.handle,
                    "body": one.signed.comment.body,
                    "reasons": [each.reason for each in one.reports],
                }
                for one in reported
            ]
        )
        return
    for one in reported:
        found = one.signed.comment
        tell(f"{found.comment_id}  {one.signed.paper_key}  {one.signed.handle or '(left)'}")
        tell(f"    {' '.join(found.body.split())[:300]}")
        for each in one.reports:
            tell(f"    {each.handle or '(left)'}: {each.reason}")
    if not reported:
        say("No report is open.")


@comments.command()
def hide(
    number: Number,
    *,
    reason: Annotated[str, typer.Option(help="Why; the writer and the public log show it.")],
) -> None:
    """Hide a comment and close its reports."""
    _services().community.moderation.hide(None, number, reason)
    tell(f"Comment {number} is hidden. `broadsheet comments show {number}` undoes that.")


@comments.command()
def show(number: Number) -> None:
    """Show a hidden comment again."""
    _services().community.moderation.show_again(None, number)
    tell(f"Comment {number} is shown again.")


@comments.command()
def keep(number: Number) -> None:
    """Close the reports of a comment and leave it where it is."""
    closed = _services().community.moderation.keep(None, number)
    tell(f"{closed} report{'' if closed == 1 else 's'} of comment {number} closed.")


def _services() -> Services:
    return open_services(load_settings())


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"“{text}” is no instant. Write it as 2026-08-21 or 2026-08-21T12:00:00+00:00.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
