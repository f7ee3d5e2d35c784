"""Threads on the page of a paper: who sees what, forms, and what happens after them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from sqlalchemy import event, insert
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.services import Services
from broadsheet.store.people_schema import comment
from people_factories import person, signed_in
from talk import KEY, START, Clock, Talk, begin, open_services_at, paper_record

PAGE = f"/papers/{KEY}"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Clock]]:
    """An application around a library that outlives a test."""
    services, clock = open_services_at(tmp_path_factory.mktemp("threads"))
    yield create_app(services), clock
    services.store.close()


@pytest.fixture
def talk(kept: tuple[FastAPI, Clock]) -> Talk:
    app, clock = kept
    return begin(app.state.services, clock)


@pytest.fixture
def services(talk: Talk) -> Services:
    return talk.services


@pytest.fixture
def app(kept: tuple[FastAPI, Clock], talk: Talk) -> FastAPI:
    return kept[0]


@pytest.fixture
def bob(talk: Talk, app: FastAPI) -> TestClient:
    return signed_in(app, talk.bob)


@pytest.fixture
def eve(talk: Talk, app: FastAPI) -> TestClient:
    return signed_in(app, talk.eve)


@pytest.fixture
def mora(talk: Talk, app: FastAPI) -> TestClient:
    return signed_in(app, talk.mora)


@pytest.fixture
def charlie(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


def post(who: TestClient, body: str, **fields: str) -> int:
    """The number of a new comment."""
    reply = who.post(f"{PAGE}/comments", data={"body": body, **fields})
    assert reply.status_code == 303, reply.text
    return int(reply.headers["location"].rpartition("-")[2])


def count(services: Services) -> int:
    return services.store.paper(KEY).people_comments


def test_a_comment_is_shown_below_its_paper(bob: TestClient, charlie: TestClient) -> None:
    number = post(bob, "Why *tides*? $x_1$")
    page = charlie.get(PAGE).text
    assert f'id="comment-{number}"' in page
    assert "<em>tides</em>" in page
    assert "<msub>" in page
    assert "1 comment</h2>" in page


def test_somebody_signed_out_reads_and_is_asked_to_sign_in(charlie: TestClient) -> None:
    page = charlie.get(PAGE).text
    assert "to comment and to vote" in page
    assert "<textarea" not in page
    assert charlie.post(f"{PAGE}/comments", data={"body": "Hello"}).status_code == 401
    away = charlie.post(f"{PAGE}/comments", data={"body": "x"}, headers={"Accept": "text/html"})
    assert away.headers["location"].startswith("/sign-in")


def test_a_comment_without_the_form_token_is_refused(services: Services, bob: TestClient) -> None:
    bob.headers.pop("X-Form-Token")
    assert bob.post(f"{PAGE}/comments", data={"body": "Forged"}).status_code == 403
    assert count(services) == 0


def test_a_preview_keeps_nothing(services: Services, bob: TestClient) -> None:
    reply = bob.post(f"{PAGE}/comments", data={"body": "A **draft** for @eve", "preview": "1"})
    assert reply.status_code == 200
    assert "<strong>draft</strong>" in reply.text
    assert "A **draft** for @eve</textarea>" in reply.text
    assert count(services) == 0


def test_the_live_preview_is_the_same_html(bob: TestClient) -> None:
    reply = bob.post("/comments/preview", data={"body": "**x** <b>y</b>"})
    assert reply.json()["html"] == "<p><strong>x</strong> &lt;b&gt;y&lt;/b&gt;</p>\n"


@pytest.mark.parametrize("body", ["", "   ", "x" * 10_001])
def test_a_refused_comment_is_shown_again_with_what_was_typed(
    services: Services, bob: TestClient, body: str
) -> None:
    reply = bob.post(f"{PAGE}/comments", data={"body": body})
    assert reply.status_code == 422
    assert 'role="alert"' in reply.text
    assert f"{body}</textarea>" in reply.text
    assert count(services) == 0


def test_who_writes_too_often_keeps_what_was_typed(bob: TestClient) -> None:
    for number in range(6):
        post(bob, f"No. {number}")
    reply = bob.post(f"{PAGE}/comments", data={"body": "My seventh thought"})
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) > 0
    assert "My seventh thought</textarea>" in reply.text


def test_a_comment_on_an_unknown_paper_is_not_found(bob: TestClient) -> None:
    assert bob.post("/papers/2601.00001/comments", data={"body": "x"}).status_code == 404


def test_a_paper_whose_key_ends_in_comments_is_reached(services: Services, bob: TestClient) -> None:
    record = replace(
        paper_record(), source="crossref", record_id="10.1234/comments", arxiv_id=None,
        doi="10.1234/comments", title="On Comments", abstract="Nothing but remarks.",
    )  # fmt: skip
    services.store.ingest([record], now=START)
    assert "On Comments" in bob.get("/papers/10.1234/comments").text
    reply = bob.post("/papers/10.1234/comments/comments", data={"body": "A remark"})
    assert reply.headers["location"].startswith("/papers/10.1234/comments#comment-")


def test_the_same_form_sent_twice_makes_one_comment(services: Services, bob: TestClient) -> None:
    assert post(bob, "Once") == post(bob, "Once")
    assert count(services) == 1


@pytest.mark.parametrize("parent", ["999999", "0", "-1", "x", "1e3", "９", "99999999999999999999"])
def test_an_answer_to_nothing_is_refused(bob: TestClient, parent: str) -> None:
    reply = bob.post(f"{PAGE}/comments", data={"body": "Answer", "parent_id": parent})
    assert reply.status_code == 404


def test_deep_answers_stop_moving_to_the_right(bob: TestClient, services: Services) -> None:
    paper_id = services.store.paper(KEY).paper_id
    now = START
    with services.store._database.write() as connection:
        for number in range(1, 1500):
            connection.execute(
                insert(comment).values(
                    comment_id=number, paper_id=paper_id, parent_id=number - 1 or None, account_id=1,
                    body=f"Step {number}", votes=0, created_at=now, changed_at=now,
                )
            )  # fmt: skip
    page = bob.get(PAGE).text
    assert page.count('class="comment depth-5"') == 1499 - 5
    assert "depth-6" not in page
    assert 'href="#comment-1498">to alice</a>' in page


def test_only_the_writer_is_offered_an_edit(bob: TestClient, eve: TestClient) -> None:
    number = post(bob, "Mine")
    assert f'href="/comments/{number}/edit"' in bob.get(PAGE).text
    assert f'href="/comments/{number}/edit"' not in eve.get(PAGE).text
    assert eve.get(f"/comments/{number}/edit").status_code == 404
    assert eve.post(f"/comments/{number}/edit", data={"body": "Yours"}).status_code == 403
    assert eve.post(f"/comments/{number}/delete").status_code == 403
    assert "Mine" in eve.get(PAGE).text


def test_former_versions_can_be_seen_by_everybody(bob: TestClient, charlie: TestClient) -> None:
    number = post(bob, "Fisrt")
    assert charlie.get(f"/comments/{number}/history").status_code == 404
    bob.post(f"/comments/{number}/edit", data={"body": "First"})
    assert f'href="/comments/{number}/history">edited</a>' in charlie.get(PAGE).text
    assert "Fisrt" in charlie.get(f"/comments/{number}/history").text


def test_former_versions_of_a_removed_comment_are_not_shown(
    bob: TestClient, charlie: TestClient
) -> None:
    number = post(bob, "Secret")
    bob.post(f"/comments/{number}/edit", data={"body": "Public"})
    bob.post(f"/comments/{number}/delete")
    reply = charlie.get(f"/comments/{number}/history")
    assert reply.status_code == 404
    assert "Secret" not in reply.text


def test_a_deletion_is_undone_from_the_thread(
    services: Services, bob: TestClient, eve: TestClient
) -> None:
    number = post(bob, "Oops")
    bob.post(f"/comments/{number}/delete")
    assert f'formaction="/comments/{number}/restore"' in bob.get(PAGE).text
    assert "Oops" not in bob.get(PAGE).text
    assert f"comment-{number}" not in eve.get(PAGE).text
    assert eve.post(f"/comments/{number}/restore").status_code == 403
    bob.post(f"/comments/{number}/restore")
    assert "Oops" in eve.get(PAGE).text
    assert count(services) == 1


def test_a_vote_answers_a_program_and_a_form(bob: TestClient, eve: TestClient) -> None:
    number = post(bob, "Good")
    reply = eve.post(f"/comments/{number}/vote", headers={"Accept": "application/json"})
    assert reply.json() == {"votes": 1, "is_cast": True}
    assert 'aria-pressed="true"' in eve.get(PAGE).text
    back = eve.post(f"/comments/{number}/vote", data={"is_cast": "0"})
    assert back.headers["location"] == f"{PAGE}#comment-{number}"
    assert 'aria-pressed="true"' not in eve.get(PAGE).text
    assert bob.post(f"/comments/{number}/vote").status_code == 409


def test_a_permalink_leads_to_the_place_in_the_thread(bob: TestClient, charlie: TestClient) -> None:
    number = post(bob, "Here")
    reply = charlie.get(f"/comments/{number}")
    assert reply.headers["location"] == f"{PAGE}#comment-{number}"
    assert charlie.get("/comments/4711").status_code == 404
    assert charlie.get("/comments/99999999999999999999").status_code == 400


def test_a_report_is_taken_once_and_its_form_says_so(bob: TestClient, eve: TestClient) -> None:
    number = post(bob, "Buy my boat")
    assert eve.post(f"/comments/{number}/report", data={"reason": " "}).status_code == 422
    for _ in range(2):
        reply = eve.post(f"/comments/{number}/report", data={"reason": "Spam"})
        assert reply.headers["location"] == f"/comments/{number}/report"
    assert "You have reported this comment" in eve.get(f"/comments/{number}/report").text
    assert bob.post(f"/comments/{number}/report", data={"reason": "Own"}).status_code == 409


def test_a_hidden_comment_is_read_by_moderators_only(
    services: Services, bob: TestClient, mora: TestClient, charlie: TestClient
) -> None:
    number = post(bob, "Very rude words")
    assert bob.post(f"/comments/{number}/hide", data={"reason": "x"}).status_code == 403
    assert mora.post(f"/comments/{number}/hide", data={"reason": ""}).status_code == 422
    mora.post(f"/comments/{number}/hide", data={"reason": "Not how we talk."})
    assert "rude" not in charlie.get(PAGE).text
    assert "rude" not in bob.get(PAGE).text
    assert "A moderator hid this comment: Not how we talk." in bob.get(PAGE).text
    assert "rude" in mora.get(PAGE).text
    for path in ("answer", "report"):
        assert "rude" not in bob.get(f"/comments/{number}/{path}").text
    assert count(services) == 0


def test_hiding_is_undone_from_the_thread(bob: TestClient, mora: TestClient) -> None:
    number = post(bob, "Misread words")
    mora.post(f"/comments/{number}/hide", data={"reason": "Rude."})
    assert f'formaction="/comments/{number}/unhide"' in mora.get(PAGE).text
    assert bob.post(f"/comments/{number}/unhide").status_code == 403
    mora.post(f"/comments/{number}/unhide")
    assert "Misread words" in bob.get(PAGE).text
    assert mora.post(f"/comments/{number}/unhide").status_code == 409


def test_the_newest_comment_stands_first_where_that_is_asked_for(
    bob: TestClient, eve: TestClient
) -> None:
    first, second = post(bob, "Old and good"), post(bob, "New")
    eve.post(f"/comments/{first}/vote")
    best = re.findall(r'id="comment-(\d+)"', eve.get(PAGE).text)
    newest = re.findall(r'id="comment-(\d+)"', eve.get(f"{PAGE}?thread=newest").text)
    assert best == [str(first), str(second)]
    assert newest == [str(second), str(first)]


def test_a_thread_of_a_thousand_comments_costs_as_many_queries_as_one_of_two(
    services: Services, bob: TestClient
) -> None:
    post(bob, "One for @alice")
    post(bob, "Two")
    statements: list[str] = []
    engine = services.store._database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    bob.get(PAGE)
    statements.clear()
    bob.get(PAGE)
    few = len(statements)
    paper_id, now = services.store.paper(KEY).paper_id, START
    rows = [
        {"paper_id": paper_id, "parent_id": None, "account_id": 1 + number % 2, "votes": 0,
         "body": f"No. {number} for @bob", "created_at": now, "changed_at": now}
        for number in range(1000)
    ]  # fmt: skip
    with services.store._database.write() as connection:
        connection.execute(insert(comment), rows)
    statements.clear()
    assert bob.get(PAGE).text.count('class="comment depth-0"') == 1002
    assert len(statements) == few


def test_a_hostile_name_and_body_stay_text(services: Services, app: FastAPI) -> None:
    mallory = person(services, "mallory")
    services.store.people.accounts.change(
        mallory.account_id, full_name='"><script>window.broken=1</script>'
    )
    client = signed_in(app, mallory)
    post(client, '"><script>window.broken=1</script>')
    assert "<script>window" not in client.get(PAGE).text
