"""Private feeds at the terminal: list, make or renew, take back."""

from __future__ import annotations

from typing import Annotated

import typer

from broadsheet.cli.reading import origin_of
from broadsheet.cli.terminal import print_json, say, tell
from broadsheet.cli.votes import As, Json, acting
from broadsheet.delivery.private_addresses import OwnFeed, make_feed, own_feeds
from broadsheet.doings import FeedKind
from broadsheet.services import open_services
from broadsheet.settings import Settings, load_settings

feeds = typer.Typer(
    help="Private feeds: saved searches, private collections, saved papers, news of what you "
    "follow.\n\nWhoever has the address of one can read its list.",
    no_args_is_help=True,
)
Kind = Annotated[FeedKind, typer.Argument(help="Which list.")]
Subject = Annotated[str, typer.Argument(help="The saved query, or the number of the collection.")]


@feeds.command("list")
def list_(*, as_: As = "", json: Json = False) -> None:
    """List the private feeds of an account with their addresses."""
    settings = load_settings()
    services = open_services(settings)
    found = own_feeds(services, acting(services, as_))
    if json:
        print_json([_facts(settings, each) for each in found])
        return
    for each in found:
        tell(f"{each.title}\n  {origin_of(settings)}{each.path}")
    if not found:
        say("No private feeds.")


@feeds.command("make")
def make(kind: Kind, subject: Subject = "", *, as_: As = "", json: Json = False) -> None:
    """Make a feed of a list, or give it a new address; the former leads nowhere any more."""
    settings = load_settings()
    services = open_services(settings)
    made = make_feed(services, acting(services, as_), kind, subject)
    if json:
        print_json(_facts(settings, made))
    else:
        tell(f"{origin_of(settings)}{made.path}")


@feeds.command("end")
def end(kind: Kind, subject: Subject = "", *, as_: As = "") -> None:
    """Take a feed back: its address answers 410 from then on."""
    services = open_services(load_settings())
    is_gone = services.community.private_feeds.remove(acting(services, as_), kind, subject)
    say("Taken back." if is_gone else "There was no such feed.")


def _facts(settings: Settings, own: OwnFeed) -> dict[str, object]:
    origin = origin_of(settings)
    return {
        "kind": own.feed.kind,
        "subject": own.feed.subject,
        "title": own.title,
        "urls": {link.path.rpartition(".")[2]: origin + link.path for link in own.links},
    }


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(feeds, name="feeds")
