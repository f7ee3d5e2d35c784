"""Submitting a paper on pages and at the API, with services that answer on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import libraries
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.people import Account, Role
from broadsheet.services import Services
from broadsheet.store.schema import metadata
from loopback import HANG, Loopback
from people_factories import person, program_of, signed_in
from services_of_papers import arxiv_knows, arxiv_knows_nothing, use

BELLS = "Bells on Windmills and What Birds Say of Them"
BY_HAND = {
    "title": "Windmills That Sing in the Key of D",
    "authors": "Ada Wheel\nBo Salt",
    "abstract": "We tune the sails of four windmills.",
    "link": "https://mills.example/singing.pdf",
}


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Loopback]:
    with Loopback.running() as server:
        yield server


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(libraries.open_library(tmp_path_factory.mktemp("submissions"), []))


@pytest.fixture
def services(app: FastAPI, shared_server: Loopback) -> Services:
    """The services of the application, their library emptied."""
    opened: Services = app.state.services
    shared_server.forget()
    with opened.store._database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    use(opened, shared_server)
    person(opened, "alice", Role.OWNER)
    return opened


@pytest.fixture
def server(services: Services, shared_server: Loopback) -> Loopback:
    arxiv_knows(shared_server, "2607.12345", BELLS)
    arxiv_knows_nothing(shared_server)
    return shared_server


@pytest.fixture
def bob_account(services: Services) -> Account:
    return person(services, "bob")


@pytest.fixture
def bob(app: FastAPI, bob_account: Account) -> TestClient:
    return signed_in(app, bob_account)


@pytest.fixture
def dan(app: FastAPI, services: Services) -> TestClient:
    """Somebody whose address nobody has verified: what he brings waits."""
    return signed_in(app, person(services, "dan", verified=False))


@pytest.fixture
def edda(app: FastAPI, services: Services) -> TestClient:
    return signed_in(app, person(services, "edda", Role.EDITOR))


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form that submits what was found."""
    form = page.split('action="/submit">', 1)[1].split("</form>", 1)[0]
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in pairs}


def test_what_was_found_is_shown_and_then_submitted(
    bob: TestClient, server: Loopback, services: Services
) -> None:
    page = bob.post("/submit/find", data={"name": "https://arxiv.org/abs/2607.12345"})
    assert page.status_code == 200
    assert BELLS in page.text
    assert "Found at arXiv" in page.text
    reply = bob.post("/submit", data={**hidden(page.text), "comment": "Read it aloud."})
    assert (reply.status_code, reply.headers["location"]) == (303, "/papers/2607.12345")
    shown = bob.get("/papers/2607.12345").text
    assert "Brought by" in shown
    assert "Read it aloud." in shown
    assert len(server.requests()) == 1  # what was found is not asked for again
    assert "Brought by" in bob.get("/papers").text
    assert services.store.paper("2607.12345").title == BELLS


def test_a_forged_finding_is_asked_for_again(
    bob: TestClient, server: Loopback, services: Services
) -> None:
    fields = hidden(bob.post("/submit/find", data={"name": "2607.12345"}).text)
    forged = {**fields, "found": fields["found"].replace("Bells", "Bombs")}
    bob.post("/submit", data=forged)
    assert services.store.paper("2607.12345").title == BELLS


def test_a_finding_of_somebody_else_is_asked_for_again(
    app: FastAPI, bob: TestClient, server: Loopback, services: Services
) -> None:
    fields = hidden(bob.post("/submit/find", data={"name": "2607.12345"}).text)
    eve = signed_in(app, person(services, "eve"))
    reply = eve.post("/submit", data=fields)
    assert reply.headers["location"] == "/papers/2607.12345"
    assert len(server.requests()) == 2


def test_a_known_paper_is_shown_with_its_address(bob: TestClient, server: Loopback) -> None:
    bob.post("/submit", data={"name": "2607.12345"})
    page = bob.post("/submit/find", data={"name": "arXiv:2607.12345v3"})
    assert "Here already" in page.text
    assert 'href="/papers/2607.12345"' in page.text
    again = bob.post("/submit", data={"name": "2607.12345"})
    assert (again.status_code, again.headers["location"]) == (303, "/papers/2607.12345")


@pytest.mark.parametrize("name", ["", "http://127.0.0.1/", "file:///etc/passwd", "x" * 100_000])
def test_what_names_no_paper_is_said_at_the_field(
    bob: TestClient, server: Loopback, name: str
) -> None:
    for path in ("/submit/find", "/submit"):
        page = bob.post(path, data={"name": name})
        assert page.status_code == 422
        assert 'aria-invalid="true"' in page.text
    assert server.requests() == []


def test_an_unknown_id_is_told_and_can_be_filled_in(bob: TestClient, server: Loopback) -> None:
    page = bob.post("/submit/find", data={"name": "2607.99999"})
    assert page.status_code == 200
    assert "arXiv knows no paper" in page.text
    assert "/submit/by-hand?arxiv_id=2607.99999" in page.text


def test_a_paper_is_filled_in_by_hand(bob: TestClient, services: Services) -> None:
    reply = bob.post("/submit/by-hand", data=BY_HAND)
    assert reply.status_code == 303
    paper = services.store.paper(reply.headers["location"].removeprefix("/papers/"))
    assert paper.authors == ("Ada Wheel", "Bo Salt")
    assert [link.url for link in paper.links] == ["https://mills.example/singing.pdf"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("abstract", "y" * 100_000),
        ("link", "javascript:alert(1)"),
        ("arxiv_id", "nonsense"),
        ("arxiv_id", "2607.99999"),
        ("comment", "z" * 100_000),
    ],
)
def test_a_wrong_field_by_hand_keeps_what_was_typed(
    bob: TestClient, server: Loopback, services: Services, field: str, value: str
) -> None:
    page = bob.post("/submit/by-hand", data={**BY_HAND, field: value})
    assert page.status_code == 422
    marked = re.search(r'name="(\w+)"[^>]*aria-invalid="true"', page.text)
    assert marked is not None
    assert marked[1] == field
    assert "We tune the sails" in page.text or field == "abstract"
    assert services.store.count() == 0


def test_an_id_typed_by_hand_is_shown_as_its_service_has_it(
    bob: TestClient, server: Loopback
) -> None:
    page = bob.post("/submit/by-hand", data={**BY_HAND, "arxiv_id": "2607.12345"})
    assert BELLS in page.text
    assert hidden(page.text)["name"] == "2607.12345"


def test_an_id_that_nobody_could_check_waits_for_an_editor(
    bob: TestClient, services: Services, shared_server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadsheet import lookup

    monkeypatch.setattr(lookup.Lookup.__init__, "__defaults__", (0.3,))
    shared_server.answer("/arxiv", fault=HANG)
    reply = bob.post("/submit/by-hand", data={**BY_HAND, "arxiv_id": "2607.77777"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/submissions")
    assert services.store.count() == 0
    assert len(services.community.submissions.pending()) == 1


def test_own_submissions_are_listed_and_withdrawn(
    dan: TestClient, bob: TestClient, services: Services
) -> None:
    dan.post("/submit/by-hand", data=BY_HAND)
    page = dan.get("/submissions").text
    assert "Windmills That Sing" in page
    assert "Waiting" in page
    [one] = services.community.submissions.pending()
    assert bob.post(f"/submissions/{one.submission_id}/withdraw").status_code == 404
    assert dan.post(f"/submissions/{one.submission_id}/withdraw").status_code == 303
    assert "Withdrawn" in dan.get("/submissions").text


def test_editors_accept_at_their_desk(
    dan: TestClient, edda: TestClient, services: Services
) -> None:
    dan.post("/submit/by-hand", data={**BY_HAND, "comment": "Please."})
    desk = edda.get("/moderation/submissions").text
    assert "Windmills That Sing" in desk
    assert "Please." in desk
    [one] = services.community.submissions.pending()
    accepted = edda.post(f"/moderation/submissions/{one.submission_id}/accept")
    assert accepted.status_code == 303
    assert services.store.count() == 1
    assert "was accepted" in dan.get("/notifications").text


def test_declining_without_a_reason_is_said_at_the_field(
    dan: TestClient, edda: TestClient, services: Services
) -> None:
    dan.post("/submit/by-hand", data=BY_HAND)
    [one] = services.community.submissions.pending()
    path = f"/moderation/submissions/{one.submission_id}/decline"
    assert edda.post(path, data={"reason": " "}).status_code == 422
    assert edda.post(path, data={"reason": "Off topic."}).status_code == 303
    assert "Off topic." in dan.get("/submissions").text


def test_readers_do_not_see_the_desk(bob: TestClient) -> None:
    assert bob.get("/moderation/submissions").status_code == 403


def test_somebody_signed_out_is_led_to_sign_in(app: FastAPI, services: Services) -> None:
    charlie = TestClient(app, follow_redirects=False)
    reply = charlie.get("/submit", headers={"Accept": "text/html"})
    assert reply.headers["location"] == "/sign-in?next=%2Fsubmit"
    assert charlie.post("/submit/find", data={"name": "2607.12345"}).status_code == 401


def test_hostile_texts_stay_texts(dan: TestClient, edda: TestClient) -> None:
    hostile = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    dan.post(
        "/submit/by-hand",
        data={**BY_HAND, "title": hostile, "authors": hostile, "comment": hostile},
    )
    for page in (dan.get("/submissions").text, edda.get("/moderation/submissions").text):
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert "<img" not in page


def made(reply: Any) -> dict[str, Any]:
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


def test_a_program_submits_by_id(app: FastAPI, bob_account: Account, server: Loopback) -> None:
    program = program_of(app, bob_account)
    body = made(program.post("/api/v1/submissions", json={"id": "arXiv:2607.12345"}))
    assert (body["state"], body["paper"]) == ("granted", "2607.12345")
    again = program.post("/api/v1/submissions", json={"id": "2607.12345"})
    assert (again.status_code, again.json()["key"]) == (409, "2607.12345")
    [listed] = program.get("/api/v1/submissions").json()
    assert listed["number"] == body["number"]
    [hit] = program.get("/api/v1/papers").json()["papers"]
    assert hit["brought_by"] == {"name": "bob", "shown_name": "bob"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "http://127.0.0.1/"}, 422),
        ({"id": "2607.99999"}, 404),
        ({"id": ""}, 422),
        ({"id": 7}, 422),
        ({"title": "By hand", "authors": ["Ada"]}, 422),
        ({**BY_HAND, "authors": ["Ada"], "arxiv_id": "2607.99999"}, 422),
    ],
)
def test_a_program_is_told_what_is_wrong(
    app: FastAPI, bob_account: Account, server: Loopback, body: dict[str, Any], status: int
) -> None:
    reply = program_of(app, bob_account).post("/api/v1/submissions", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (
        status,
        "application/problem+json",
    )


def test_programs_of_editors_decide(
    app: FastAPI, services: Services, dan: TestClient, bob_account: Account
) -> None:
    dan.post("/submit/by-hand", data=BY_HAND)
    editor = program_of(app, person(services, "ed", Role.EDITOR))
    [waiting] = editor.get("/api/v1/submissions?waiting=true").json()
    path = f"/api/v1/submissions/{waiting['number']}"
    assert program_of(app, bob_account).get(path).status_code == 404
    declined = editor.post(f"{path}/decision", json={"decision": "declined", "reason": "No."})
    assert (declined.status_code, declined.json()["reason"]) == (200, "No.")
    granted = editor.post(f"{path}/decision", json={"decision": "granted"})
    assert granted.json()["state"] == "granted"
    assert editor.delete(path).status_code == 404


def test_a_token_that_may_only_read_submits_nothing(
    app: FastAPI, bob_account: Account, server: Loopback
) -> None:
    program = program_of(app, bob_account, can_write=False)
    assert program.post("/api/v1/submissions", json={"id": "2607.12345"}).status_code == 403
