"""Keys and passwords of a source: they go to its service, and are shown nowhere."""

from __future__ import annotations

import json
from datetime import date

import pytest
from commands import Command
from outside import Clock, add

from broadsheet import intake, worker
from broadsheet.services import Services
from broadsheet.source_states import state_of
from loopback import CUT, Loopback

SECRET = "hush7"
DAY = date(2026, 8, 20)
FEED = (
    '<rss version="2.0"><channel><title>Mill</title>'
    "<item><title>Looms</title><description>We weave.</description><link>/p/1</link></item>"
    "<item><description>Nothing.</description></item></channel></rss>"
)


def secret_address(server: Loopback) -> str:
    with_password = server.url.replace("//", f"//ada:{SECRET}@")
    return f"{with_password}/feed?key={SECRET}&token={SECRET}"


def add_feed(services: Services, server: Loopback) -> None:
    intake.add_source(services, "feed", {"url": secret_address(server)}, "feed")


ANSWERS = {
    "good": {"body": FEED},
    "all rejected": {"body": FEED.replace("<title>Looms</title>", "")},
    "not found": {"status": 404},
    "throttled": {"status": 429},
    "cut": {"body": FEED, "fault": CUT},
    "page": {"body": "<html>Log in</html>"},
    "no feed": {"body": "<looms/>"},
    "loop": {"status": 302, "headers": {"Location": ""}},
    "elsewhere": {"status": 302, "headers": {"Location": f"https://x.example.org/?key={SECRET}"}},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
def test_secret_in_an_address_stands_in_no_state_reject_paper_or_message(
    services: Services,
    server: Loopback,
    answer: dict[str, object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.answer("/feed", **answer)  # type: ignore[arg-type]
    add_feed(services, server)
    said: list[str] = []
    worker.work_once(services, said.append)
    source = services.store.source("feed")
    shown = [
        *said,
        *state_of(source, services.clock()),
        str(services.store.rejects()),
        str(list(services.store.every_paper())),
        caplog.text,
    ]
    assert said
    assert SECRET not in "\n".join(shown)


def test_secret_is_sent_to_the_service(services: Services, server: Loopback) -> None:
    server.answer("/feed", body=FEED)
    add_feed(services, server)
    worker.work_once(services, lambda _: None)
    (request,) = server.requests()
    assert request.query["key"] == SECRET
    assert request.headers["authorization"].startswith("Basic ")


def test_secret_stands_in_no_message_about_a_host_that_is_not_there(
    services: Services, moving: Clock
) -> None:
    url = f"http://ada:{SECRET}@papers.invalid/feed?key={SECRET}"
    intake.add_source(services, "feed", {"url": url}, "feed")
    said: list[str] = []
    worker.work_once(services, said.append)
    assert "papers.invalid cannot be reached" in said[0]
    assert SECRET not in said[0]


@pytest.mark.parametrize(
    "arguments",
    [("sources",), ("sources", "list", "--json"), ("sources", "check", "feed"),
     ("sources", "harvest", "feed"), ("status",), ("status", "--json"), ("rejects",)],
    ids=" ".join,
)  # fmt: skip
def test_no_command_shows_the_secret_of_an_address(
    command: Command, services: Services, server: Loopback, arguments: tuple[str, ...]
) -> None:
    server.answer("/feed", body=FEED)
    add_feed(services, server)
    worker.work_once(services, lambda _: None)
    for stamp in (services.settings.data / "gates").glob("*.last"):
        stamp.unlink()  # or the command waits until the service may be asked again
    done = command(*arguments)
    assert done.out
    assert SECRET not in done.out + done.err


@pytest.mark.parametrize(
    ("kind", "option"), [("semantic-scholar", "key"), ("openalex", "key"), ("github", "token")]
)
def test_keys_are_shown_as_stars(
    command: Command, services: Services, server: Loopback, kind: str, option: str
) -> None:
    add(services, server, kind, **{option: SECRET})
    listed = json.loads(command("sources", "list", "--json").out)
    assert listed[0]["options"][option] == "***"
    checked = command("sources", "check", "daily")
    assert f"{option}=***" in checked.out
    assert SECRET not in checked.out + checked.err


def test_options_of_an_unknown_kind_are_all_hidden(command: Command, services: Services) -> None:
    services.store.add_source("elder", "telepathy", {"mind": SECRET}, due_at=services.clock())
    assert json.loads(command("sources", "list", "--json").out)[0]["options"] == {"mind": "***"}
