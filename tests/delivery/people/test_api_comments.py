"""Comments, the log and news at the API."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from people_factories import program_of
from talk import KEY, Clock, Talk, begin, open_services_at, paper_record

THREAD = f"/api/v1/papers/{KEY}/comments"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Clock]]:
    services, clock = open_services_at(tmp_path_factory.mktemp("api"))
    yield create_app(services), clock
    services.store.close()


@pytest.fixture
def talk(kept: tuple[FastAPI, Clock]) -> Talk:
    return begin(kept[0].state.services, kept[1])


@pytest.fixture
def app(kept: tuple[FastAPI, Clock], talk: Talk) -> FastAPI:
    return kept[0]


@pytest.fixture
def bob(app: FastAPI, talk: Talk) -> TestClient:
    return program_of(app, talk.bob)


@pytest.fixture
def eve(app: FastAPI, talk: Talk) -> TestClient:
    return program_of(app, talk.eve)


@pytest.fixture
def mora(app: FastAPI, talk: Talk) -> TestClient:
    return program_of(app, talk.mora)


@pytest.fixture
def charlie(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


def test_a_comment_is_written_and_read(bob: TestClient, charlie: TestClient) -> None:
    made = bob.post(THREAD, json={"body": "See $x_1$, @eve."})
    assert made.status_code == 201
    number = made.json()["id"]
    assert made.headers["location"].endswith(f"/api/v1/comments/{number}")
    read = charlie.get(f"/api/v1/comments/{number}").json()
    assert (read["author"], read["body"], read["paper"]) == ("bob", "See $x_1$, @eve.", KEY)
    assert "<msub>" in read["html"]
    assert 'href="/people/eve"' in read["html"]


def test_the_same_comment_again_is_no_new_one(bob: TestClient) -> None:
    first, second = (bob.post(THREAD, json={"body": "Once"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_a_thread_is_paged_in_the_order_of_the_page(talk: Talk, charlie: TestClient) -> None:
    first = talk.says(talk.bob, "First")
    talk.says(talk.eve, "Second")
    talk.says(talk.eve, "Answer", to=first)
    whole = charlie.get(THREAD, params={"order": "newest"}).json()
    assert [(each["body"], each["depth"]) for each in whole["comments"]] == [
        ("Second", 0), ("First", 0), ("Answer", 1),
    ]  # fmt: skip
    page = charlie.get(THREAD, params={"order": "newest", "limit": 2})
    assert 'rel="next"' in page.headers["link"]
    rest = charlie.get(
        THREAD, params={"order": "newest", "limit": 2, "cursor": page.json()["next_cursor"]}
    ).json()
    assert [each["body"] for each in rest["comments"]] == ["Answer"]
    assert rest["next_cursor"] is None
    assert rest["total"] == 3


def test_signed_out_programs_read_only(talk: Talk, charlie: TestClient) -> None:
    number = talk.says(talk.bob, "Hello")
    assert charlie.post(THREAD, json={"body": "x"}).status_code == 401
    for method, path in (
        ("PATCH", ""), ("DELETE", ""), ("PUT", "/vote"), ("POST", "/report"), ("POST", "/hide"),
    ):  # fmt: skip
        reply = charlie.request(method, f"/api/v1/comments/{number}{path}", json={"body": "x"})
        assert reply.status_code == 401, (method, path)


def test_a_token_that_may_only_read_writes_nothing(app: FastAPI, talk: Talk) -> None:
    reader = program_of(app, talk.bob, can_write=False)
    assert reader.post(THREAD, json={"body": "x"}).status_code == 403
    assert talk.count() == (0, 3)


@pytest.mark.parametrize(
    "body", [{}, {"body": ""}, {"body": "x" * 10_001}, {"body": 7}, {"body": "x", "parent_id": 0}]
)
def test_a_bad_comment_is_refused_with_its_field(bob: TestClient, body: dict[str, object]) -> None:
    reply = bob.post(THREAD, json=body)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_comment_is_edited_and_its_history_read(talk: Talk, bob: TestClient) -> None:
    number = talk.says(talk.bob, "Fisrt")
    changed = bob.patch(f"/api/v1/comments/{number}", json={"body": "First"}).json()
    assert changed["body"] == "First"
    assert changed["edited_at"] is not None
    history = bob.get(f"/api/v1/comments/{number}/history").json()
    assert [each["body"] for each in history["versions"]] == ["Fisrt"]


def test_nobody_changes_the_comment_of_another(talk: Talk, eve: TestClient) -> None:
    number = talk.says(talk.bob, "Mine")
    path = f"/api/v1/comments/{number}"
    assert eve.patch(path, json={"body": "Yours"}).status_code == 403
    assert eve.delete(path).status_code == 403
    assert eve.post(f"{path}/restore").status_code == 403
    assert eve.post(f"{path}/hide", json={"reason": "x"}).status_code == 403


def test_a_deleted_comment_is_a_stub_and_can_be_restored(talk: Talk, bob: TestClient) -> None:
    number = talk.says(talk.bob, "Oops")
    path = f"/api/v1/comments/{number}"
    assert bob.delete(path).status_code == 204
    stub = bob.get(path).json()
    assert (stub["is_deleted"], stub["body"], stub["html"], stub["author"]) == (True, "", "", None)
    assert bob.delete(path).status_code == 409
    assert bob.post(f"{path}/restore").json()["body"] == "Oops"


def test_votes_are_put_and_taken_back(talk: Talk, eve: TestClient) -> None:
    number = talk.says(talk.bob, "Good")
    path = f"/api/v1/comments/{number}/vote"
    for _ in range(2):
        assert eve.put(path).json() == {"id": number, "votes": 1, "has_voted": True}
    assert eve.get(THREAD).json()["comments"][0]["has_voted"] is True
    assert eve.delete(path).json() == {"id": number, "votes": 0, "has_voted": False}


def test_moderators_read_reports_hide_and_undo(
    talk: Talk, eve: TestClient, mora: TestClient
) -> None:
    number = talk.says(talk.bob, "Rude")
    path = f"/api/v1/comments/{number}"
    assert eve.post(f"{path}/report", json={"reason": "Rude"}).json()["is_new"] is True
    assert eve.post(f"{path}/report", json={"reason": "Rude"}).json()["is_new"] is False
    assert eve.get("/api/v1/moderation/reports").status_code == 403
    [waiting] = mora.get("/api/v1/moderation/reports").json()["reported"]
    assert (waiting["comment"]["body"], waiting["reports"][0]["reporter"]) == ("Rude", "eve")
    assert mora.post(f"{path}/hide", json={}).status_code == 422
    assert mora.post(f"{path}/hide", json={"reason": "Rude."}).json()["is_hidden"] is True
    assert eve.get(path).json()["body"] == ""
    assert mora.get(path).json()["body"] == "Rude"
    assert mora.post(f"{path}/unhide", json={}).json()["is_hidden"] is False
    actions = [each["action"] for each in eve.get("/api/v1/log").json()["entries"]]
    assert actions == ["show-comment", "hide-comment"]


def test_moderators_suspend_an_account_and_undo_it(
    talk: Talk, bob: TestClient, mora: TestClient
) -> None:
    path = "/api/v1/moderation/accounts"
    assert bob.get(path).status_code == 403
    assert bob.post(f"{path}/eve/suspend", json={"reason": "x"}).status_code == 403
    assert mora.post(f"{path}/bob/suspend", json={}).status_code == 422
    assert mora.post(f"{path}/alice/suspend", json={"reason": "x"}).status_code == 403
    suspended = mora.post(f"{path}/bob/suspend", json={"reason": "Advertising."}).json()
    assert suspended["suspended_reason"] == "Advertising."
    assert bob.post(THREAD, json={"body": "x"}).status_code == 403
    listed = mora.get(path, params={"state": "suspended"}).json()
    assert [each["name"] for each in listed["accounts"]] == ["bob"]
    assert mora.post(f"{path}/bob/unsuspend").json()["suspended_at"] is None
    assert bob.post(THREAD, json={"body": "x"}).status_code == 201


def test_moderators_approve_an_account_that_waits(talk: Talk, mora: TestClient) -> None:
    talk.services.store.people.accounts.change(talk.bob.account_id, is_approved=False)
    path = "/api/v1/moderation/accounts"
    waiting = mora.get(path, params={"state": "waiting"}).json()
    assert (waiting["total"], waiting["accounts"][0]["name"]) == (1, "bob")
    assert mora.post(f"{path}/bob/approve").json()["is_approved"] is True
    assert mora.post(f"{path}/bob/approve").status_code == 409
    assert mora.post(f"{path}/nobody-here/approve").status_code == 404


def test_all_comments_are_exported_page_by_page(talk: Talk, charlie: TestClient) -> None:
    numbers = [talk.says(talk.bob, f"No. {each}") for each in range(5)]
    found: list[int] = []
    cursor = None
    for _ in range(3):
        page = charlie.get("/api/v1/comments", params={"limit": 2, "cursor": cursor or ""}).json()
        found += [each["id"] for each in page["comments"]]
        cursor = page["next_cursor"]
    assert found == numbers
    assert cursor is None


def test_an_export_since_an_instant_brings_what_changed(talk: Talk, charlie: TestClient) -> None:
    first = talk.says(talk.bob, "First")
    talk.says(talk.bob, "Second")
    since = talk.clock()
    talk.services.community.comments.delete(talk.bob, first)
    for text in (since.isoformat(), since.replace(tzinfo=None).isoformat()):
        [stub] = charlie.get("/api/v1/comments", params={"since": text}).json()["comments"]
        assert (stub["id"], stub["is_deleted"], stub["body"]) == (first, True, "")


def test_comments_come_as_json_lines_where_they_are_asked_for(
    talk: Talk, charlie: TestClient
) -> None:
    for each in range(3):
        talk.says(talk.bob, f"No. {each}")
    reply = charlie.get(
        "/api/v1/comments", params={"limit": 2}, headers={"Accept": "application/x-ndjson"}
    )
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    assert 'rel="next"' in reply.headers["link"]
    lines = [orjson.loads(line) for line in reply.text.splitlines()]
    assert [each["body"] for each in lines] == ["No. 0", "No. 1"]


@pytest.mark.parametrize("cursor", ["x", "1-", "-1", "1-x", "9" * 40 + "-1", "1-99999999999"])
def test_a_broken_cursor_is_refused(charlie: TestClient, cursor: str) -> None:
    assert charlie.get("/api/v1/comments", params={"cursor": cursor}).status_code == 422
    assert charlie.get(THREAD, params={"cursor": cursor}).status_code == 422


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_far_instants_are_answered(charlie: TestClient, since: str) -> None:
    assert charlie.get("/api/v1/comments", params={"since": since}).status_code == 200


def test_a_paper_whose_key_ends_in_comments_is_found(talk: Talk, charlie: TestClient) -> None:
    from dataclasses import replace

    other = replace(
        paper_record(2), source="crossref", record_id="10.1234/comments", arxiv_id=None,
        doi="10.1234/comments",
    )  # fmt: skip
    talk.services.store.ingest([other], now=talk.clock())
    assert charlie.get("/api/v1/papers/10.1234/comments").json()["id"] == "10.1234/comments"
    assert charlie.get("/api/v1/papers/10.1234/comments/comments").json()["comments"] == []
    assert charlie.get("/api/v1/papers/10.9999/comments").status_code == 404


def test_news_is_read_by_its_owner(talk: Talk, bob: TestClient, eve: TestClient) -> None:
    number = talk.says(talk.bob, "Question?")
    talk.says(talk.eve, "Answer", to=number)
    page = bob.get("/api/v1/notifications").json()
    assert (page["unread"], page["news"][0]["kind"]) == (1, "reply")
    assert eve.get("/api/v1/notifications").json()["news"] == []
    one = page["news"][0]["id"]
    assert eve.post(f"/api/v1/notifications/{one}/read").status_code == 404
    assert bob.post(f"/api/v1/notifications/{one}/read").json() == {"unread": 0}
    assert bob.post("/api/v1/notifications/read").json() == {"unread": 0}
    assert bob.get("/api/v1/notifications", params={"only_unread": True}).json()["news"] == []
