"""Commands for mail: preview and send digests, subscribers, the outbox, bounces."""

from __future__ import annotations

import imaplib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from broadsheet.cli.terminal import fail, out, print_json, say, tell
from broadsheet.delivery.mail.bouncing import mails_in, take_reports
from broadsheet.delivery.mail.posting import NO_MAIL, can_send
from broadsheet.delivery.mail.wording import lists_in_words, schedule_in_words
from broadsheet.delivery.periods import parse_day
from broadsheet.errors import NotFound
from broadsheet.mail import Preferences, Subscriber, SubscriberState
from broadsheet.services import Services, open_services
from broadsheet.settings import load_settings
from broadsheet.subscriptions.addresses import masked, parse_address
from broadsheet.subscriptions.schedule import zone_of

digest = typer.Typer(
    help="Digests by mail: what would be sent, who gets it, and what came back.\n\n"
    "`broadsheet worker` (and `broadsheet serve`) sends digests when they are due; these commands "
    "look, and help by hand.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]


def _opened() -> Services:
    return open_services(load_settings())


@digest.command()
def preview(
    *,
    to: Annotated[
        str, typer.Option(metavar="ADDRESS", help="As this subscriber; else with the defaults.")
    ] = "",
    edition: Annotated[
        str, typer.Option(metavar="DAY", help="The edition of a day, as 2026-08-21; else now.")
    ] = "",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the HTML part to a file.")
    ] = None,
) -> None:
    """Print a digest as text. Nothing is sent or marked, and its links act for nobody."""
    from broadsheet.delivery.mail.previewing import preview_letter

    services = _opened()
    reader = _known(services, to)
    preferences = reader.preferences if reader else Preferences()
    day = _day(edition)
    at = _end_of(day, preferences) if day else services.clock()
    # An edition of the past is shown whole, whatever the reader has had since.
    account_id = reader.account_id if reader else None
    whom = None if day else reader
    letter = preview_letter(services, preferences, at, whom, to or "you", account_id=account_id)
    if letter is None:
        fail("No papers are new for this reader, so no mail would be sent.")
    say(f"Subject: {letter.subject}")
    sys.stdout.write(letter.text)
    if html is not None:
        html.write_text(letter.html, encoding="utf-8")
        say(f"The HTML part is in {html}.")


def _known(services: Services, address: str) -> Subscriber | None:
    try:
        return services.store.mail.subscribers.by_address(address) if address else None
    except NotFound:
        say("Nobody has subscribed with this address; this is a digest with the defaults.")
        return None


def _day(text: str) -> date | None:
    try:
        return parse_day(text) if text else None
    except ValueError as error:
        fail(str(error))


def _end_of(day: date, preferences: Preferences) -> datetime:
    zone = zone_of(preferences.time_zone)
    return datetime.combine(day, time(23, 59), tzinfo=zone).astimezone(UTC)


@digest.command()
def send(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say who would get what; send and mark nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Send what is due now, as the worker does."""
    from broadsheet.delivery.mail.rounds import mail_round
    from broadsheet.mail_clock import in_words

    services = _opened()
    if dry_run:
        _tell_dry_run(services, json=json)
        return
    if not can_send(services.settings):
        fail(NO_MAIL)
    done = mail_round(services)
    if json:
        print_json(done)
    else:
        tell(f"{in_words(done) or 'Nothing was due'}.")
    if done.trouble:
        fail(f"Mail cannot be sent: {done.trouble}")


def _tell_dry_run(services: Services, *, json: bool) -> None:
    from broadsheet.delivery.mail.rounds import due_digests

    found = [
        {
            "subscriber": reader.subscriber_id,
            "address": masked(reader.address),
            "edition": edition.isoformat(),
            "papers": len(made.hits) if made else 0,
            "subject": subject,
        }
        for reader, edition, made, subject in due_digests(services)
    ]
    if json:
        print_json(found)
        return
    for each in found:
        papers = f"{each['papers']} papers: {each['subject']}" if each["papers"] else "no papers"
        tell(f"{each['address']}  {each['edition']}  {papers}")
    say(f"{len(found)} digests are due; nothing was sent.")


@digest.command()
def subscribers(
    *,
    addresses: Annotated[
        bool, typer.Option("--addresses", help="Show whole addresses; they are masked otherwise.")
    ] = False,
    json: Json = False,
) -> None:
    """List who subscribes to what."""
    shown = [
        {
            "number": reader.subscriber_id,
            "address": reader.address if addresses else masked(reader.address),
            "state": reader.state.value,
            "gets": lists_in_words(reader.preferences),
            "when": schedule_in_words(reader.preferences),
            "due_at": reader.due_at,
        }
        for reader in _opened().store.mail.subscribers.everybody()
    ]
    if json:
        print_json(shown)
        return
    if not shown:
        say("Nobody has subscribed yet.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("number", "address", "state", "gets", "when", "due"):
        table.add_column(heading, overflow="fold")
    for one in shown:
        due_at = one["due_at"]
        due = f"{due_at:%Y-%m-%d %H:%M}" if isinstance(due_at, datetime) else ""
        texts = (one["number"], one["address"], one["state"], one["gets"], one["when"], due)
        table.add_row(*(Text(str(text)) for text in texts))
    out.print(table)
    say("Times of the last column are UTC.")


@digest.command()
def forget(address: Address) -> None:
    """Erase a subscriber and all that is kept of them."""
    services = _opened()
    reader = services.store.mail.subscribers.by_address(address)
    services.store.mail.subscribers.forget(reader.subscriber_id)
    tell("Erased.")


@digest.command()
def allow(address: Address) -> None:
    """Write to an address again that bounced or complained; its owner must subscribe anew."""
    services = _opened()
    try:
        given = parse_address(address)
    except ValueError as error:
        fail(str(error))
    if not services.store.mail.suppression.lift(given):
        fail("This address is not stopped.")
    if reader := _known(services, given):
        services.store.mail.subscribers.change(reader.subscriber_id, state=SubscriberState.LEFT)
    tell("The address may be written to again.")


@digest.command()
def outbox(
    *,
    retry_unknown: Annotated[
        bool,
        typer.Option(
            "--retry-unknown",
            help="Send the mails of unknown fate again; some of their readers get them twice.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Say how many mails wait, were sent or failed, and why."""
    services = _opened()
    box = services.store.mail.outbox
    if retry_unknown:
        tell(f"{box.retry_unknown(services.clock())} mails wait to be sent again.")
        return
    counts = {state.value: number for state, number in box.counts().items()}
    troubled = [
        {"kind": mail.kind, "address": masked(mail.address), "state": mail.state.value,
         "attempts": mail.attempts, "due_at": mail.due_at, "error": mail.last_error}
        for mail in box.troubled()
    ]  # fmt: skip
    if json:
        print_json({"counts": counts, "troubled": troubled,
                    "stopped_addresses": services.store.mail.suppression.count()})  # fmt: skip
        return
    tell(", ".join(f"{number:,} {state}" for state, number in counts.items()) or "Empty.")
    for one in troubled:
        tell(f"{one['address']}  {one['state']} after {one['attempts']} tries: {one['error']}")


@digest.command()
def clicks(
    *,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Of so many days.")] = 30,
    json: Json = False,
) -> None:
    """List the papers that were opened from digests most, where BROADSHEET_COUNT_CLICKS is on."""
    services = _opened()
    since = services.clock().date() - timedelta(days=days)
    counted = dict(services.store.mail.sent.clicks(since))
    papers = services.store.papers(list(counted))
    if json:
        print_json([{"id": paper.key, "clicks": counted[paper.paper_id]} for paper in papers])
        return
    for paper in papers:
        tell(f"{counted[paper.paper_id]:,}  {paper.key}  {paper.title}")


@digest.command()
def bounces(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Mails or mbox files; - is standard input."),
    ] = None,
    *,
    imap: Annotated[
        str, typer.Option(metavar="HOST[:PORT]", help="Read the unseen mails of an IMAP folder.")
    ] = "",
    user: Annotated[str, typer.Option(help="User name at the IMAP server.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File that holds the password.")
    ] = None,
    folder: Annotated[str, typer.Option(help="The IMAP folder.")] = "INBOX",
    plain: Annotated[
        bool, typer.Option("--plain", help="IMAP without TLS; on this machine only.")
    ] = False,
) -> None:
    """Read reports of failed deliveries and complaints, and stop or slow down their addresses."""
    services = _opened()
    if imap:
        with _mailbox(imap, user, password_file, is_plain=plain) as server:
            read, noted = _read_folder(services, server, folder)
    elif files:
        contents = [content for file in files for content in _contents(file)]
        read, noted = len(contents), sum(take_reports(services, each) for each in contents)
    else:
        fail("Name files with reports, - for standard input, or an IMAP server with --imap.")
    tell(f"{read} mails read, {noted} reports about mails of ours.")


def _contents(file: Path) -> Iterator[bytes]:
    if str(file) == "-":
        yield sys.stdin.buffer.read()
    else:
        yield from mails_in(file)


@contextmanager
def _mailbox(
    place: str, user: str, password_file: Path | None, *, is_plain: bool
) -> Iterator[imaplib.IMAP4]:
    host, _, port = place.partition(":")
    if port and not port.isdecimal():
        fail(f"“{place}” is no server. Write HOST or HOST:PORT.")
    if is_plain and host not in {"127.0.0.1", "localhost", "::1"}:
        fail("A password is sent in plain text to this machine only; leave --plain out.")
    password = password_file.read_text(encoding="utf-8").strip() if password_file else ""
    try:
        server = (
            imaplib.IMAP4(host, int(port or 143), timeout=60)
            if is_plain
            else imaplib.IMAP4_SSL(host, int(port or 993), timeout=60)
        )
        with server:
            server.login(user, password)
            yield server
    except imaplib.IMAP4.error as error:
        fail(f"The IMAP server refused: {error}")


def _read_folder(services: Services, server: imaplib.IMAP4, folder: str) -> tuple[int, int]:
    """How many unseen mails were read, and reports noted; what was read counts as seen."""
    state, _ = server.select(f'"{folder}"')
    if state != "OK":
        fail(f"There is no IMAP folder “{folder}”.")
    _, found = server.search(None, "UNSEEN")
    numbers = found[0].split() if found and found[0] else []
    noted = 0
    for number in numbers:
        _, parts = server.fetch(number.decode(), "(BODY.PEEK[])")
        content = next((part[1] for part in parts if isinstance(part, tuple)), b"")
        noted += take_reports(services, content)
        server.store(number.decode(), "+FLAGS", "\\Seen")
    return len(numbers), noted


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(digest, name="digest")
