"""The desk of moderators, the public log and the page of news."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from people_factories import person, signed_in
from talk import KEY, Clock, Talk, begin, open_services_at

PAGE = f"/papers/{KEY}"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Clock]]:
    services, clock = open_services_at(tmp_path_factory.mktemp("desk"))
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
    return signed_in(app, talk.bob)


@pytest.fixture
def mora(app: FastAPI, talk: Talk) -> TestClient:
    return signed_in(app, talk.mora)


@pytest.fixture
def charlie(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


def reported(talk: Talk) -> int:
    number = talk.says(talk.bob, "Buy my *boat*")
    talk.services.community.comments.report(talk.eve, number, "Spam for a boat")
    return number


def test_the_desk_is_for_moderators(bob: TestClient, charlie: TestClient, mora: TestClient) -> None:
    assert charlie.get("/moderation").status_code == 401
    assert bob.get("/moderation").status_code == 403
    assert "No report is open." in mora.get("/moderation").text


def test_the_desk_shows_the_comment_its_reports_and_both_verdicts(
    talk: Talk, mora: TestClient
) -> None:
    number = reported(talk)
    page = mora.get("/moderation").text
    assert "<em>boat</em>" in page
    assert "Spam for a boat" in page
    assert f'action="/comments/{number}/hide"' in page
    assert f'action="/moderation/comments/{number}/keep"' in page


def test_hiding_at_the_desk_comes_back_to_it_and_offers_to_undo(
    talk: Talk, mora: TestClient, charlie: TestClient
) -> None:
    number = reported(talk)
    form = {"reason": "Advertising.", "back": "/moderation"}
    reply = mora.post(f"/comments/{number}/hide", data=form)
    assert reply.headers["location"] == "/moderation"
    page = mora.get("/moderation").text
    assert "No report is open." in page
    assert f'action="/comments/{number}/unhide"' in page
    assert "boat" not in charlie.get(PAGE).text
    mora.post(f"/comments/{number}/unhide", data={"back": "/moderation"})
    assert "boat" in charlie.get(PAGE).text


def test_nobody_is_led_to_another_site_after_hiding(talk: Talk, mora: TestClient) -> None:
    number = reported(talk)
    form = {"reason": "Advertising.", "back": "//evil.example"}
    reply = mora.post(f"/comments/{number}/hide", data=form)
    assert reply.headers["location"] == f"{PAGE}#comment-{number}"


def test_hiding_at_the_desk_without_a_reason_asks_for_it(talk: Talk, mora: TestClient) -> None:
    number = reported(talk)
    reply = mora.post(f"/comments/{number}/hide", data={"reason": "", "back": "/moderation"})
    assert reply.status_code == 422
    assert 'id="reason"' in reply.text


def test_a_report_is_closed_and_opened_again(talk: Talk, mora: TestClient) -> None:
    number = reported(talk)
    mora.post(f"/moderation/comments/{number}/keep")
    assert "No report is open." in mora.get("/moderation").text
    mora.post(f"/moderation/comments/{number}/reopen")
    assert "Spam for a boat" in mora.get("/moderation").text


def test_accounts_that_wait_are_approved_at_the_desk(talk: Talk, mora: TestClient) -> None:
    nina = person(talk.services, "nina")
    talk.services.store.people.accounts.change(nina.account_id, is_approved=False)
    assert 'action="/people/nina/approve"' in mora.get("/moderation").text


def test_the_public_log_shows_who_did_what_and_why(
    talk: Talk, mora: TestClient, charlie: TestClient
) -> None:
    number = reported(talk)
    mora.post(f"/comments/{number}/hide", data={"reason": "Advertising."})
    page = charlie.get("/log").text
    for part in (">mora</strong>", "hid", f'href="/comments/{number}"', "Advertising."):
        assert part in page
    assert "Undo" not in page


def test_the_log_offers_moderators_to_undo_what_still_stands(talk: Talk, mora: TestClient) -> None:
    number = reported(talk)
    talk.services.community.moderation.hide(talk.mora, number, "Advertising.")
    talk.services.community.accounts.suspend(talk.mora, "bob", "Advertising.")
    page = mora.get("/log").text
    assert f'action="/comments/{number}/unhide"' in page
    assert 'action="/people/bob/unsuspend"' in page
    assert (
        mora.post(f"/comments/{number}/unhide", data={"back": "/log"}).headers["location"] == "/log"
    )
    mora.post("/people/bob/unsuspend")
    page = mora.get("/log").text
    assert "/unhide" not in page
    assert "/unsuspend" not in page


def test_the_log_keeps_private_traces_from_readers(
    talk: Talk, bob: TestClient, mora: TestClient
) -> None:
    talk.services.community.log.note(
        talk.bob, "cast-vote", "paper:2608.40001", "A trace.", is_public=False
    )
    assert "A trace." not in bob.get("/log").text
    assert "A trace." in mora.get("/log").text
    assert "Moderators only" in mora.get("/log").text


def test_the_log_is_narrowed_and_paged(talk: Talk, charlie: TestClient) -> None:
    for number in range(60):
        talk.services.community.log.note(
            talk.mora, "pick", f"paper:10.5555/{number}", "", is_public=True
        )
    talk.services.community.log.note(talk.mora, "set-role", "account:bob", "Why.", is_public=True)
    assert charlie.get("/log").text.count('class="entry"') == 50
    assert charlie.get("/log", params={"subject": "account:"}).text.count('class="entry"') == 1
    first = charlie.get("/log", params={"subject": "paper:"}).text
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert charlie.get(older).text.count('class="entry"') == 10


@pytest.mark.parametrize("subject", ["\0", "%", "x" * 300, "comment:\0", "<script>"])
def test_the_log_takes_any_filter(charlie: TestClient, subject: str) -> None:
    reply = charlie.get("/log", params={"subject": subject})
    assert reply.status_code == 200
    assert "<script>" not in reply.text.partition("<main")[2].partition("</main")[0]


def test_news_leads_where_it_happened_and_is_read_then(talk: Talk, bob: TestClient) -> None:
    number = talk.says(talk.bob, "Question?")
    answer = talk.says(talk.eve, "Answer", to=number)
    page = bob.get("/notifications").text
    assert "eve answered your comment" in page
    assert "badge-new" in page
    address = page.partition('href="/notifications/')[2].partition('"')[0]
    reply = bob.get(f"/notifications/{address}")
    assert reply.headers["location"] == f"/comments/{answer}"
    assert "badge-new" not in bob.get("/notifications").text


def test_all_news_is_read_at_once(talk: Talk, bob: TestClient) -> None:
    number = talk.says(talk.bob, "Question?")
    for each in range(3):
        talk.says(talk.eve, f"Answer {each}", to=number)
    assert bob.post("/notifications/read").headers["location"] == "/notifications"
    assert "Mark all as read" not in bob.get("/notifications").text


def test_nobody_reads_the_news_of_another(talk: Talk, app: FastAPI, charlie: TestClient) -> None:
    number = talk.says(talk.bob, "Question?")
    talk.says(talk.eve, "Answer", to=number)
    [piece] = talk.services.community.notifications.of(talk.bob)
    eve = signed_in(app, talk.eve)
    assert charlie.get("/notifications").status_code == 401
    assert eve.get(f"/notifications/{piece.notification_id}").status_code == 404
    assert eve.post(f"/notifications/{piece.notification_id}/read").status_code == 404
    assert talk.services.community.notifications.unread(talk.bob) == 1


def test_somebody_suspended_still_reads_why(talk: Talk, bob: TestClient) -> None:
    number = talk.says(talk.bob, "Rude")
    talk.services.community.moderation.hide(talk.mora, number, "Not how we talk.")
    talk.services.community.accounts.suspend(talk.mora, "bob", "Twice warned.")
    assert "Not how we talk." in bob.get("/notifications").text
    assert bob.post(f"{PAGE}/comments", data={"body": "x"}).status_code == 403
