"""The pages, endpoints and commands of webhooks: what is shown once, and what can be done."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hooks import PATH, Clock, Pier, begin, open_hooks, signature
from starlette.testclient import TestClient
from typer.testing import CliRunner

from apps import app_around
from broadsheet.delivery.webhooks.rounds import webhook_round
from broadsheet.services import Services
from broadsheet.webhooks import WebhookState
from loopback import Loopback
from people_factories import program_of, signed_in

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture(scope="module")
def kept_services(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Services, Clock]]:
    services, clock = open_hooks(tmp_path_factory.mktemp("web"))
    yield services, clock
    services.store.close()


@pytest.fixture
def pier(kept_services: tuple[Services, Clock], receiver: Loopback) -> Pier:
    return begin(*kept_services, receiver)


@pytest.fixture
def bob(pier: Pier) -> TestClient:
    return signed_in(app_around(pier.services), pier.bob)


def form(pier: Pier, **changes: str) -> dict[str, str]:
    return {"url": pier.server.url + PATH, "kind": "category", "subject": "cs.LG", **changes}


def make(pier: Pier, browser: TestClient, **changes: str) -> str:
    """The path of the page of a new webhook."""
    reply = browser.post("/settings/webhooks", data=form(pier, **changes))
    assert reply.status_code == 200
    [made] = pier.services.community.webhooks.of(pier.bob)
    return f"/settings/webhooks/{made.webhook_id}"


def test_the_secret_is_on_the_page_that_makes_it_and_on_no_other(
    pier: Pier, bob: TestClient
) -> None:
    made = bob.post("/settings/webhooks", data=form(pier))
    [secret] = SECRET.findall(made.text)
    assert made.headers["cache-control"] == "no-store"
    assert not SECRET.search(bob.get("/settings/webhooks").text)
    [webhook] = pier.services.community.webhooks.of(pier.bob)
    own = f"/settings/webhooks/{webhook.webhook_id}"
    assert not SECRET.search(bob.get(own).text)
    renewed = bob.post(f"{own}/secret")
    assert SECRET.findall(renewed.text) not in ([], [secret])
    assert renewed.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"url": "ftp://example.org/"}, "url"), ({"subject": ""}, "subject"),
     ({"kind": "search", "subject": "after:2024-77"}, "subject")],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_with_what_was_typed(
    pier: Pier, bob: TestClient, changes: dict[str, str], field: str
) -> None:
    typed = form(pier, **changes)
    page = bob.post("/settings/webhooks", data=typed)
    assert page.status_code == 422
    assert f'id="{field}-note" role="alert"' in page.text
    assert f'value="{typed["url"]}"' in page.text
    assert pier.services.community.webhooks.of(pier.bob) == []


def test_a_test_says_at_once_how_it_went(pier: Pier, bob: TestClient) -> None:
    own = make(pier, bob)
    pier.server.answer(PATH, status=503, times=1)
    pier.server.answer(PATH, status=202)
    path = bob.post(f"{own}/test").headers["location"]
    assert "The test was not delivered. 127.0.0.1 answered 503." in bob.get(path).text
    path = bob.post(f"{own}/test").headers["location"]
    assert "The test was delivered; the answer was 202." in bob.get(path).text


def test_pausing_resuming_and_deleting_by_buttons(pier: Pier, bob: TestClient) -> None:
    own = make(pier, bob)

    def state() -> WebhookState:
        [webhook] = pier.services.community.webhooks.of(pier.bob)
        return webhook.state

    bob.post(f"{own}/pause")
    assert state() is WebhookState.PAUSED
    assert "Paused: nothing is sent." in bob.get(own).text
    bob.post(f"{own}/resume")
    assert state() is WebhookState.ACTIVE
    assert bob.post(f"{own}/delete").headers["location"].endswith("deleted")
    assert bob.get(own).status_code == 404


def test_a_stopped_webhook_says_why_in_the_list_on_its_page_and_in_the_news(
    pier: Pier, bob: TestClient
) -> None:
    pier.server.answer(PATH, status=410)
    own = make(pier, bob, subject="physics.optics")
    pier.add(1)
    webhook_round(pier.services)
    for page in ("/settings/webhooks", own, "/notifications"):
        assert "127.0.0.1 answered 410: it wants no deliveries any more." in bob.get(page).text
    [news] = pier.services.community.notifications.of(pier.bob)
    opened = bob.get(f"/notifications/{news.notification_id}")
    assert opened.headers["location"] == own


def test_others_see_nothing_of_a_webhook(pier: Pier, bob: TestClient) -> None:
    own = make(pier, bob)
    alice = signed_in(app_around(pier.services), pier.alice)
    assert alice.get(own).status_code == 404
    for act in ("test", "pause", "resume", "secret", "delete"):
        assert alice.post(f"{own}/{act}").status_code == 404
    assert pier.got() == []


def test_addresses_are_shown_as_text(pier: Pier, bob: TestClient) -> None:
    url = f'{pier.server.url}/"><script>alert(1)</script>'
    own = make(pier, bob, url=url, subject='"><img src=x>')
    for page in ("/settings/webhooks", own):
        assert "<script>alert" not in bob.get(page).text
        assert "<img src=x" not in bob.get(page).text


def test_programs_do_the_same_by_the_api(pier: Pier) -> None:
    pier.server.answer(PATH)
    program = program_of(app_around(pier.services), pier.bob)
    made = program.post("/api/v1/me/webhooks", json=form(pier, subject="physics.optics"))
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    number = made.json()["webhook"]["webhook_id"]
    own = f"/api/v1/me/webhooks/{number}"
    pier.add(1)
    webhook_round(pier.services)
    [request] = pier.got()
    assert request.headers["webhook-signature"] == signature(made.json()["secret"], request)
    assert program.post(f"{own}/test").json()["state"] == "delivered"
    deliveries = program.get(f"{own}/deliveries").json()
    assert [each["papers"] for each in deliveries] == [0, 1]
    assert program.post(f"{own}/pause").json()["state"] == "paused"
    assert program.post(f"{own}/resume").json()["state"] == "active"
    assert SECRET.fullmatch(program.post(f"{own}/secret").json()["secret"])
    assert "secret" not in program.get(own).text
    assert [each["webhook_id"] for each in program.get("/api/v1/me/webhooks").json()] == [number]
    assert program.delete(own).status_code == 204
    assert program.get(own).status_code == 404


def test_a_token_that_may_read_only_makes_none(pier: Pier) -> None:
    program = program_of(app_around(pier.services), pier.bob, can_write=False)
    assert program.post("/api/v1/me/webhooks", json=form(pier)).status_code == 403


def test_the_terminal_does_the_same(pier: Pier, monkeypatch: pytest.MonkeyPatch) -> None:
    from broadsheet.cli import command_line

    monkeypatch.setenv("BROADSHEET_DATA", str(pier.services.settings.data))
    monkeypatch.setenv("BROADSHEET_WEBHOOK_PRIVATE", "true")
    pier.server.answer(PATH)

    def run(*words: str, code: int = 0) -> str:
        found = CliRunner().invoke(command_line("webhooks"), ["webhooks", *words, "--as", "bob"])
        assert found.exit_code == code, found.output
        return found.stdout

    made = json.loads(run("add", "category", pier.server.url + PATH, "physics.optics", "--json"))
    number = str(made["webhook"]["webhook_id"])
    assert SECRET.fullmatch(made["secret"])
    assert "Delivered; the answer was 200." in run("test", number)
    run("pause", number)
    assert json.loads(run("list", "--json"))[0]["state"] == "paused"
    run("resume", number)
    assert "test: delivered, answer 200" in run("show", number)
    run("delete", number, "--yes")
    assert json.loads(run("list", "--json")) == []
