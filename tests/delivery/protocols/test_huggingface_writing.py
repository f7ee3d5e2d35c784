"""Commenting, answering, submitting and indexing as programs do it at Hugging Face."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import harbour
import pytest
from fastapi import FastAPI
from harbour_site import open_harbour, serving
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.doings import Decision
from broadsheet.people import Account
from broadsheet.services import Services
from loopback import Loopback
from people_factories import person, program_of, signed_in
from services_of_papers import arxiv_knows, arxiv_knows_nothing, use

LANTERNS = "/api/papers/2608.10001"
SEALS = "10.1101/2026.08.01.123456"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_harbour(tmp_path_factory.mktemp("writing"), harbour.library())
    with Loopback.running() as server:
        arxiv_knows(server, "2607.12345", "Bells on Windmills")
        arxiv_knows(server, "2607.12346", "Bells on Watermills")
        arxiv_knows(server, "2607.12347", "Bells on Treadmills")
        arxiv_knows_nothing(server)
        use(opened, server)
        yield opened


@pytest.fixture(scope="module")
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest.fixture
def bo(services: Services) -> Account:
    """Somebody new, whom no limit has counted yet."""
    return person(services, f"bo{next(_numbers)}")


@pytest.fixture
def program(app: FastAPI, bo: Account) -> TestClient:
    """A program of Bo's with a token, at an address of its own, as addresses have limits too."""
    secret, _ = app.state.services.community.sessions.make_token(bo, "a test", can_write=True)
    headers = {"Authorization": f"Bearer {secret}"}
    place = (f"192.0.2.{bo.account_id}", 1)
    return TestClient(app, client=place, headers=headers, follow_redirects=False)


def error_of(reply: Any) -> str:
    """The sentence of an error in Hugging Face's form."""
    assert list(reply.json()) == ["error"], reply.text
    assert reply.headers["content-type"] == "application/json"
    sentence: str = reply.json()["error"]
    return sentence


def thread(client: TestClient, key: str = "2608.10001") -> list[Any]:
    found: list[Any] = client.get(f"/api/papers/{key}?field=comments").json()["comments"]
    return found


@pytest.mark.parametrize("key", ["2608.10002", "hep-th/9901001", SEALS, "2608.10005v1"])
def test_a_comment_and_its_answer_stand_in_the_thread(
    program: TestClient, bo: Account, key: str
) -> None:
    written = program.post(f"/api/papers/{key}/comment", json={"comment": "Bright."})
    assert written.status_code == 201
    number = written.json()["id"]
    path = f"/api/papers/{key}/comment/{number}/reply"
    answer = program.post(path, json={"comment": "Brighter."})
    assert answer.status_code == 201
    first, second = thread(program, key)
    assert first == {**written.json()["newMessage"]}
    assert (second["id"], second["parentCommentId"]) == (answer.json()["id"], number)
    assert second["data"]["latest"]["raw"] == "Brighter."
    assert second["author"]["name"] == bo.name


def test_the_same_comment_sent_again_is_the_same(program: TestClient) -> None:
    sent = [program.post(f"{LANTERNS}/comment", json={"comment": "Once."}) for _ in range(2)]
    assert [reply.status_code for reply in sent] == [201, 201]
    assert sent[0].json()["id"] == sent[1].json()["id"]


def test_the_client_of_hugging_face_writes_and_reads_errors(services: Services) -> None:
    zoe = person(services, f"zoe{next(_numbers)}")
    secret, _ = services.community.sessions.make_token(zoe, "hf", can_write=True)
    with serving(services) as address:
        url = f"{address}/api/papers/2608.10003/comment"
        headers = build_hf_headers(token=secret)
        reply = get_session().post(url, headers=headers, json={"comment": "Knots!"})
        hf_raise_for_status(reply)
        assert reply.json()["data"]["latest"]["raw"] == "Knots!"
        foreign = build_hf_headers(token="hf_" + "x" * 34)
        refused = get_session().post(url, headers=foreign, json={"comment": "Knots!"})
        with pytest.raises(HfHubHTTPError, match="unknown, revoked or expired"):
            hf_raise_for_status(refused)


def test_who_sends_no_token_is_told_how(app: FastAPI) -> None:
    reply = TestClient(app).post(f"{LANTERNS}/comment", json={"comment": "?"})
    assert reply.status_code == 401
    assert "Authorization: Bearer bsk_" in error_of(reply)
    assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["comment", "comment/1/reply"])
def test_a_cookie_alone_changes_nothing(app: FastAPI, bo: Account, path: str) -> None:
    browser = signed_in(app, bo)
    del browser.headers["X-Form-Token"]
    reply = browser.post(f"{LANTERNS}/{path}", json={"comment": "Forged."})
    assert reply.status_code == 403
    assert "nothing was changed" in error_of(reply)
    assert "Bearer bsk_" in error_of(reply)


def test_a_token_that_may_only_read_is_refused(app: FastAPI, bo: Account) -> None:
    reply = program_of(app, bo, can_write=False).post(f"{LANTERNS}/comment", json={"comment": "?"})
    assert reply.status_code == 403
    assert error_of(reply) == "This token may read only. Make one that may write."


def test_a_suspended_account_is_refused(services: Services, app: FastAPI, bo: Account) -> None:
    program = program_of(app, bo)
    services.store.people.accounts.change(bo.account_id, suspended_at=harbour.NOW)
    reply = program.post(f"{LANTERNS}/comment", json={"comment": "?"})
    assert (reply.status_code, "suspended" in error_of(reply)) == (403, True)


def test_too_many_comments_say_when_to_go_on(program: TestClient) -> None:
    replies = [program.post(f"{LANTERNS}/comment", json={"comment": f"{n}"}) for n in range(7)]
    assert [reply.status_code for reply in replies] == [201] * 6 + [429]
    assert "Try again in" in error_of(replies[-1])
    seconds = replies[-1].headers["Retry-After"]
    assert replies[-1].headers["RateLimit"] == f'"changes";r=0;t={seconds}'
    assert "RateLimit-Policy" not in replies[-1].headers
    assert replies[0].headers["RateLimit"].startswith('"api";r=')
    with pytest.raises(HfHubHTTPError, match=f"Retry after {seconds} seconds"):
        hf_raise_for_status(replies[-1])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/papers/2608.99999/comment", 404), ("/api/papers/%00/comment", 404),
        (f"/api/papers/{'9' * 4000}/comment", 404),
        (f"{LANTERNS}/comment/999999/reply", 404), (f"{LANTERNS}/comment/0/reply", 404),
        (f"{LANTERNS}/comment/x/reply", 404), (f"{LANTERNS}/comment/-1/reply", 404),
        (f"{LANTERNS}/comment/9999999999/reply", 404), (f"{LANTERNS}/comment/{'9' * 400}/reply", 404),
        (f"{LANTERNS}/comment/%D9%A3/reply", 404), ("/api/papers/2608.99999/comment/1/reply", 404),
        (f"{LANTERNS}/vote", 405), (f"{LANTERNS}/comment/1", 405), ("/api/daily_papers", 405),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(program: TestClient, path: str, status: int) -> None:
    reply = program.post(path, json={"comment": "Hello?"})
    assert reply.status_code == status
    assert error_of(reply).endswith(".")


def test_an_answer_belongs_to_the_paper_of_its_comment(program: TestClient) -> None:
    number = program.post(f"{LANTERNS}/comment", json={"comment": "Here."}).json()["id"]
    reply = program.post(
        f"/api/papers/2608.10002/comment/{number}/reply", json={"comment": "There?"}
    )
    assert (reply.status_code, error_of(reply)) == (404, "There is no such comment on this paper.")


def test_a_removed_comment_cannot_be_answered(
    services: Services, program: TestClient, bo: Account
) -> None:
    number = program.post(f"{LANTERNS}/comment", json={"comment": "Oh no."}).json()["id"]
    services.community.comments.delete(bo, int(number))
    reply = program.post(f"{LANTERNS}/comment/{number}/reply", json={"comment": "Why?"})
    assert (reply.status_code, bool(error_of(reply))) == (409, True)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"{}", b'{"comment":null}', b'{"comment":""}',
        b'{"comment":" \\n "}', b'{"comment":7}', b'{"comment":["x"]}', b'{"comment":{"a":1}}',
        b'{"comment":"\\ud800"}', b'{"comment":"\xff"}', b"[" * 100_000, b'{"comment":"\\u0000"}',
        b'{"comment":"' + b"x" * 10_001 + b'"}', b'{"body":"wrong name"}', b"NaN",
    ],
)  # fmt: skip
def test_a_comment_that_cannot_be_used_is_400(program: TestClient, body: bytes) -> None:
    reply = program.post(
        f"{LANTERNS}/comment", content=body, headers={"Content-Type": "application/json"}
    )
    assert reply.status_code == 400, reply.text
    assert error_of(reply)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b'{"comment":"x"}'), ("application/x-www-form-urlencoded", b"comment=x"),
        ("multipart/form-data; boundary=b", b"--b\r\n"), ("multipart/form-data", b"x"),
    ],
)  # fmt: skip
def test_a_body_of_another_kind_is_400(program: TestClient, kind: str, body: bytes) -> None:
    reply = program.post(f"{LANTERNS}/comment", content=body, headers={"Content-Type": kind})
    assert (reply.status_code, bool(error_of(reply))) == (400, True)


def test_a_body_beyond_all_bounds_is_413(program: TestClient) -> None:
    reply = program.post(f"{LANTERNS}/comment", json={"comment": "x" * (5 << 20)})
    assert reply.status_code == 413


def test_a_paper_is_submitted_with_a_comment_and_media(
    program: TestClient, services: Services, bo: Account
) -> None:
    media = ["https://media.example.org/bells.mp4"]
    asked = {"paperId": "2607.12345", "comment": "Listen to this.", "media_urls": media}
    reply = program.post("/api/papers/submit", json=asked)
    assert reply.status_code == 200, reply.text
    assert reply.json() == {"paperId": "2607.12345", "state": "granted"}
    found = program.get("/api/papers/2607.12345?field=comments").json()
    assert found["submittedOnDailyBy"]["name"] == bo.name
    assert found["mediaUrls"] == media
    assert [each["data"]["latest"]["raw"] for each in found["comments"]] == ["Listen to this."]
    today = [
        item["paper"]["id"] for item in program.get("/api/daily_papers?date=2026-08-21").json()
    ]
    assert "2607.12345" in today
    again = program.post("/api/papers/submit", json=asked)
    assert (again.status_code, "in the library" in error_of(again)) == (409, True)


def test_what_nobody_has_verified_waits_for_an_editor(app: FastAPI, services: Services) -> None:
    dan = person(services, f"dan{next(_numbers)}", verified=False)
    reply = program_of(app, dan).post("/api/papers/submit", json={"paperId": "2607.12346"})
    assert (reply.status_code, reply.json()["state"]) == (202, "pending")
    assert services.community.submissions.of(dan.account_id)[0].state is Decision.PENDING
    assert TestClient(app).get("/api/papers/2607.12346").status_code == 404


def test_a_paper_is_indexed_once(program: TestClient) -> None:
    reply = program.post("/api/papers/index", json={"arxivId": "2607.12347"})
    assert (reply.status_code, reply.json()) == (200, {})
    assert program.get("/api/papers/2607.12347").json()["title"] == "Bells on Treadmills"
    again = program.post("/api/papers/index", json={"arxivId": "2607.12347"})
    assert (again.status_code, "in the library" in error_of(again)) == (409, True)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("index", {"arxivId": "2607.99999"}, 404), ("index", {"arxivId": "windmills"}, 400),
        ("index", {"arxivId": ""}, 400), ("index", {"arxivId": 2607.1}, 400), ("index", {}, 400),
        ("index", {"arxivId": "x" * 100_000}, 400), ("index", {"arxivId": "2607.12345\u0000"}, 400),
        ("submit", {"paperId": "2607.99999"}, 404), ("submit", {"paperId": SEALS}, 409),
        ("submit", {"paperId": "hep-th/9901001"}, 409), ("submit", {"paperId": "windmills"}, 400),
        ("submit", {"paperId": "http://169.254.169.254/latest"}, 400), ("submit", {}, 400),
        ("submit", {"paperId": None}, 400), ("submit", {"paperId": "x" * 100_000}, 400),
        ("submit", {"paperId": "2607.12346", "comment": "x" * 5_001}, 400),
        ("submit", {"paperId": "2607.12346", "comment": ["x"]}, 400),
        ("submit", {"paperId": "2607.12346", "media_urls": "https://a.example"}, 400),
        ("submit", {"paperId": "2607.12346", "media_urls": ["javascript:alert(1)"]}, 400),
        ("submit", {"paperId": "2607.12346", "media_urls": ["https://a.example"] * 11}, 400),
    ],
)  # fmt: skip
def test_a_paper_that_cannot_be_brought_is_refused(
    program: TestClient, path: str, body: dict[str, Any], status: int
) -> None:
    reply = program.post(f"/api/papers/{path}", json=body)
    assert reply.status_code == status, reply.text
    assert error_of(reply)
