"""Webhooks at the terminal: make, look, test, pause, resume, delete, and send what is due."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from broadsheet.cli.terminal import fail, print_json, say, tell
from broadsheet.cli.votes import As, Json, acting
from broadsheet.delivery.web.counts import counted
from broadsheet.delivery.webhooks.lists import make_webhook
from broadsheet.delivery.webhooks.rounds import send_test, webhook_round
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings
from broadsheet.webhooks import Delivery, ListKind, Webhook, WebhookState

webhooks = typer.Typer(
    help="Webhooks: new papers of a list, posted to a program as Standard Webhooks has it.",
    no_args_is_help=True,
)
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The webhook's number.")]


@webhooks.command("list")
def list_(*, as_: As = "", json: Json = False) -> None:
    """List the webhooks of an account and how they stand."""
    services = open_services(load_settings())
    found = services.community.webhooks.of(acting(services, as_))
    if json:
        print_json([_facts(each) for each in found])
        return
    for each in found:
        trouble = each.reason or each.last_error
        tell(f"{each.webhook_id:>4}  {each.label}  {each.url}  {each.state}")
        if trouble:
            tell(f"      {trouble}")
    if not found:
        say("No webhooks.")


@webhooks.command("add")
def add(
    kind: Annotated[ListKind, typer.Argument(help="Which kind of list.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Where new papers are posted.")],
    subject: Annotated[
        str, typer.Argument(help="Window, category, query, author or PERSON/COLLECTION.")
    ] = "",
    *,
    as_: As = "",
    json: Json = False,
) -> None:
    """Make a webhook and print its secret, which is never shown again."""
    services = open_services(load_settings())
    secret, made = make_webhook(services, acting(services, as_), url, kind, subject)
    if json:
        print_json({"secret": secret, "webhook": _facts(made)})
        return
    say(f"Webhook {made.webhook_id}: {made.label}. Its secret, shown only now:")
    tell(secret)


@webhooks.command("show")
def show(number: Number, *, as_: As = "", json: Json = False) -> None:
    """Show one webhook and its last deliveries."""
    services = open_services(load_settings())
    rules, actor = services.community.webhooks, acting(services, as_)
    found, deliveries = rules.own(actor, number), rules.deliveries(actor, number)
    if json:
        print_json({**_facts(found), "deliveries": [_delivery(each) for each in deliveries]})
        return
    tell(f"{found.label}\n{found.url}\n{found.state} {found.reason}".rstrip())
    for each in deliveries:
        what = "test" if each.is_test else counted(each.papers, "paper", "papers")
        answer = f", answer {each.status}" if each.status else ""
        tell(f"{each.created_at:%Y-%m-%d %H:%M}  {what}: {each.state}{answer}  {each.error}")


@webhooks.command("test")
def try_out(number: Number, *, as_: As = "") -> None:
    """Send a message without papers at once; exit code 1 when it was not delivered."""
    services = open_services(load_settings())
    delivery = send_test(services, acting(services, as_), number)
    if delivery.error:
        fail(delivery.error)
    tell(f"Delivered; the answer was {delivery.status}.")


@webhooks.command("pause")
def pause(number: Number, *, as_: As = "") -> None:
    """Send nothing to a webhook until it is resumed."""
    services = open_services(load_settings())
    say(_standing(services.community.webhooks.pause(acting(services, as_), number)))


@webhooks.command("resume")
def resume(number: Number, *, as_: As = "") -> None:
    """Send again what waits and what is new, also where a webhook was stopped."""
    services = open_services(load_settings())
    say(_standing(services.community.webhooks.resume(acting(services, as_), number)))


@webhooks.command("secret")
def secret(number: Number, *, as_: As = "") -> None:
    """Make a new secret and print it; the former signs nothing any more."""
    services = open_services(load_settings())
    tell(services.community.webhooks.renew_secret(acting(services, as_), number))


@webhooks.command("delete")
def delete(
    number: Number,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_: As = "",
) -> None:
    """Delete a webhook with its deliveries; this cannot be undone."""
    services = open_services(load_settings())
    actor = acting(services, as_)
    found = services.community.webhooks.own(actor, number)
    if not yes and not typer.confirm(f"Delete the webhook “{found.label}” to {found.url}?"):
        fail("Nothing was deleted.")
    services.community.webhooks.delete(actor, number)
    say("Deleted.")


@webhooks.command("send")
def send() -> None:
    """Look through all webhooks that are due and send what waits, once; the worker does it too."""
    services: Services = open_services(load_settings())
    done = webhook_round(services)
    say(f"{counted(done.delivered, 'delivery', 'deliveries')} made, {done.failed:,} failed.")


def _standing(webhook: Webhook) -> str:
    words = {WebhookState.ACTIVE: "active again", WebhookState.PAUSED: "paused"}
    return f"{webhook.label} is {words.get(webhook.state, webhook.state.value)}."


def _facts(webhook: Webhook) -> dict[str, Any]:
    names = ("webhook_id", "url", "kind", "subject", "label", "state", "reason", "created_at")
    more = ("delivered_at", "failing_since", "last_error")
    return {name: getattr(webhook, name) for name in (*names, *more)}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    names = ("message_id", "papers", "state", "attempts", "status", "error", "created_at")
    return {name: getattr(delivery, name) for name in names}


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(webhooks, name="webhooks")
