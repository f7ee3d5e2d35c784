"""Subscribe, confirm, change, leave and act by the links of a mail, as a reader's browser does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from desks import DAY, MORNING, Clock, Opened, subscribe
from pydantic import SecretStr
from starlette.testclient import TestClient

from apps import app_around
from broadsheet.delivery.mail.joining import token_of
from broadsheet.delivery.mail.rounds import queue_due
from broadsheet.mail import MailState, Preferences, SubscriberState
from broadsheet.people import Account
from broadsheet.services import Services
from broadsheet.subscriptions.links import Purpose

ORIGIN = "https://papers.example.org"


@pytest.fixture
def services(opened: Opened) -> Services:
    return opened()


@pytest.fixture
def client(services: Services) -> TestClient:
    return TestClient(app_around(services), base_url=ORIGIN, follow_redirects=False)


def letters(services: Services) -> list[str]:
    """The texts of all waiting mails, in order."""
    found = []
    while mail := services.store.mail.outbox.take(
        "look", now=services.clock(), until=services.clock()
    ):
        message = message_from_bytes(mail.message, policy=policy.default)
        part = message.get_body(("plain",))  # type: ignore[attr-defined]
        found.append(str(part.get_content()))
    return found


def link_in(text: str, path: str) -> str:
    found = re.search(rf"{re.escape(ORIGIN)}({path}\S+)", text)
    assert found, text
    return found[1]


def ask(client: TestClient, address: str = "ann@example.org", **fields: object) -> int:
    return client.post("/subscriptions", data={"address": address, **fields}).status_code


def test_reader_subscribes_confirms_chooses_and_leaves(
    client: TestClient, services: Services
) -> None:
    subscribers = services.store.mail.subscribers
    assert ask(client) == 200
    assert subscribers.by_address("ann@example.org").state is SubscriberState.PENDING
    confirm = link_in(letters(services)[0], "/subscriptions/confirm/")
    assert client.get(confirm).status_code == 200
    assert subscribers.by_address("ann@example.org").state is SubscriberState.PENDING
    page = client.post(confirm).text
    reader = subscribers.by_address("ann@example.org")
    assert reader.state is SubscriberState.ACTIVE
    assert reader.due_at == MORNING + timedelta(days=1)
    own = re.search(r'href="(/subscriptions/[^"]+)"', page)
    assert own
    fields = {"schedule": "1", "weekdays": ["2"], "lists": "day", "categories": "cs.LG, math.CO",
              "time": "06:45", "time_zone": "Asia/Tokyo", "most_papers": "7"}  # fmt: skip
    assert "Saved" in client.post(own[1], data=fields).text
    after = subscribers.by_address("ann@example.org").preferences
    assert (after.weekdays, after.hour, after.minute) == ((2,), 6, 45)
    assert [each.value for each in after.subscriptions] == ["", "cs.LG", "math.CO"]
    assert after.catches_up is False
    leave = re.search(r'action="(/unsubscribe/[^"]+)"', client.get(own[1]).text)
    assert leave
    assert client.post(leave[1]).status_code == 200
    assert subscribers.by_address("ann@example.org").state is SubscriberState.LEFT


def test_address_hears_the_same_whether_known_or_not(
    client: TestClient, services: Services
) -> None:
    subscribe(services, "known@example.org")
    services.store.mail.suppression.add("stopped@example.org", "It bounced.", MORNING)
    replies = {
        re.sub(r"\w+@", "", client.post("/subscriptions", data={"address": address}).text)
        for address in ("known@example.org", "new@example.org", "stopped@example.org")
    }
    assert len(replies) == 1


def test_known_reader_is_told_so_by_mail_and_keeps_their_wishes(
    client: TestClient, services: Services
) -> None:
    subscribe(services, preferences=Preferences(most_papers=3), due_at=MORNING + timedelta(days=1))
    ask(client, most_papers="20")
    [text] = letters(services)
    assert "subscribed already" in text
    assert (
        services.store.mail.subscribers.by_address("ann@example.org").preferences.most_papers == 3
    )
    assert client.get(link_in(text, "/subscriptions/")).status_code == 200


def test_stopped_address_gets_no_letter(client: TestClient, services: Services) -> None:
    services.store.mail.suppression.add("ann@example.org", "It bounced.", MORNING)
    assert ask(client) == 200
    assert letters(services) == []


def test_nobody_can_be_flooded_with_letters(client: TestClient, services: Services) -> None:
    assert {
        ask(client, "Ann@example.org" if turn % 2 else "ann@example.org") for turn in range(9)
    } == {200}
    assert len(letters(services)) <= 2


def test_one_client_cannot_ask_for_everybody(client: TestClient) -> None:
    answers = [ask(client, f"reader{number}@example.org") for number in range(25)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_letter_repeats_nothing_that_was_typed(client: TestClient, services: Services) -> None:
    ask(client, searches="buy cheap pills", authors="Visit evil example", without_words="spam")
    [text] = letters(services)
    assert not re.search("pills|evil|spam", text)


UNUSABLE: list[dict[str, str]] = [
    {"address": ""}, {"address": "nobody"}, {"address": "a@b.org\r\nBcc: c@d.org"},
    {"address": "ann@example.org", "time": "25:99"},
    {"address": "ann@example.org", "time": "soon"},
    {"address": "ann@example.org", "time_zone": "Mars/One"},
    {"address": "ann@example.org", "most_papers": "1e9"},
    {"address": "ann@example.org", "most_papers": "999"},
    {"address": "ann@example.org", "least_votes": "-5"},
    {"address": "ann@example.org", "least_score": "nan"},
    {"address": "ann@example.org", "searches": 'title:"open'},
    {"address": "ann@example.org", "categories": "not a category!"},
    {"address": "ann@example.org", "away_until": "2026-02-31"},
    {"address": "ann@example.org", "month_day": "31"},
    {"address": "ann@example.org", "lists": "nonsense"},
    {"address": "ann@example.org", "schedule": "1"},
    {"address": "ann@example.org", "authors": "x" * 5000},
    {},
]  # fmt: skip


def test_form_that_cannot_be_used_says_why(client: TestClient, services: Services) -> None:
    for fields in UNUSABLE:
        reply = client.post("/subscriptions", data=fields)
        assert reply.status_code == 422, fields
        assert 'id="problem"' in reply.text
    assert letters(services) == []


def test_file_in_place_of_an_address_is_refused(client: TestClient) -> None:
    reply = client.post("/subscriptions", files={"address": ("a.txt", b"ann@example.org")})
    assert reply.status_code in {400, 422}


LINKS = (
    "/subscriptions/{}",
    "/subscriptions/confirm/{}",
    "/unsubscribe/{}",
    "/d/{}/vote/2608.00001",
)


FORGED = ("x", "preview", "1.1.zzzzzz." + "a" * 43, "%00", "..%2f..", "é", "1" * 3000)


@pytest.mark.parametrize("path", LINKS)
def test_forged_link_does_nothing(client: TestClient, services: Services, path: str) -> None:
    subscribe(services)
    for forged in FORGED:
        assert client.get(path.format(forged)).status_code == 404, forged
        assert client.post(path.format(forged)).status_code == 404, forged
    assert (
        services.store.mail.subscribers.by_address("ann@example.org").state
        is SubscriberState.ACTIVE
    )


def token(services: Services, purpose: Purpose, address: str = "ann@example.org") -> str:
    reader = services.store.mail.subscribers.by_address(address)
    return token_of(services, purpose, reader, services.clock())


def test_link_for_one_purpose_opens_no_other_door(client: TestClient, services: Services) -> None:
    subscribe(services)
    act = token(services, Purpose.ACT)
    assert client.post(f"/unsubscribe/{act}").status_code == 404
    assert client.get(f"/subscriptions/{act}").status_code == 404


@pytest.mark.parametrize(
    ("purpose", "path"),
    [
        (Purpose.MANAGE, "/subscriptions/{}"),
        (Purpose.CONFIRM, "/subscriptions/confirm/{}"),
        (Purpose.ACT, "/d/{}/more/2608.00001"),
    ],
)
def test_old_link_has_ended(
    client: TestClient, services: Services, moving: Clock, purpose: Purpose, path: str
) -> None:
    ask(client)
    address = path.format(token(services, purpose))
    moving.advance(days=400)
    assert client.get(address).status_code == 410
    assert client.post(address).status_code == 410
    assert (
        services.store.mail.subscribers.by_address("ann@example.org").state
        is SubscriberState.PENDING
    )


def test_link_to_leave_outlives_all_others(
    client: TestClient, services: Services, moving: Clock
) -> None:
    subscribe(services)
    leave = token(services, Purpose.LEAVE)
    moving.advance(days=2000)
    assert client.post(f"/unsubscribe/{leave}").status_code == 200


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "empty"])
def test_providers_one_click_leaves_without_cookie_or_redirect(
    services: Services, kind: str
) -> None:
    client = TestClient(app_around(services), base_url=ORIGIN, follow_redirects=False)
    subscribe(services)
    path = f"/unsubscribe/{token(services, Purpose.LEAVE)}"
    given = {"List-Unsubscribe": "One-Click"}
    if kind == "multipart":
        reply = client.post(path, files={"List-Unsubscribe": (None, "One-Click")})
    else:
        reply = client.post(path, data=given if kind == "urlencoded" else None)
    assert reply.status_code == 200
    assert "set-cookie" not in reply.headers
    assert (
        services.store.mail.subscribers.by_address("ann@example.org").state is SubscriberState.LEFT
    )


def test_opening_the_link_to_leave_changes_nothing(client: TestClient, services: Services) -> None:
    subscribe(services)
    assert client.get(f"/unsubscribe/{token(services, Purpose.LEAVE)}").status_code == 200
    assert client.head(f"/unsubscribe/{token(services, Purpose.LEAVE)}").status_code == 200
    assert (
        services.store.mail.subscribers.by_address("ann@example.org").state
        is SubscriberState.ACTIVE
    )


def test_leaving_twice_and_after_erasure_is_well(client: TestClient, services: Services) -> None:
    reader = subscribe(services)
    path = f"/unsubscribe/{token(services, Purpose.LEAVE)}"
    assert [client.post(path).status_code for _ in range(2)] == [200, 200]
    services.store.mail.subscribers.forget(reader.subscriber_id)
    assert client.post(path).status_code == 200


def test_link_of_before_somebody_left_does_not_bring_them_back(
    client: TestClient, services: Services
) -> None:
    ask(client)
    confirm = link_in(letters(services)[0], "/subscriptions/confirm/")
    client.post(confirm)
    client.post(f"/unsubscribe/{token(services, Purpose.LEAVE)}")
    assert client.post(confirm).status_code == 410
    ask(client)
    assert client.post(confirm).status_code == 410
    assert client.post(link_in(letters(services)[0], "/subscriptions/confirm/")).status_code == 200


def test_secret_pages_tell_no_other_site_and_no_cache(
    client: TestClient, services: Services
) -> None:
    subscribe(services)
    reply = client.get(f"/subscriptions/{token(services, Purpose.MANAGE)}")
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert "noindex" in reply.headers["x-robots-tag"]
    assert "ann@example.org" not in reply.text


@pytest.fixture
def grown(services: Services) -> Account:
    """The account of the subscriber's own, verified address."""
    account = services.store.people.accounts.create(
        "ann", email="ann@example.org", password_hash=None,
        created_at=MORNING - timedelta(days=30), verified_at=MORNING,
    )  # fmt: skip
    assert account is not None
    return account


def act(client: TestClient, services: Services, action: str) -> str:
    path = f"/d/{token(services, Purpose.ACT)}/{action}/2608.00003"
    assert "<button>" in client.get(path).text
    return client.post(path).text


def test_vote_from_the_mail_is_the_accounts_vote(
    client: TestClient, services: Services, grown: Account
) -> None:
    subscribe(services)
    paper = services.store.paper("2608.00003")
    path = f"/d/{token(services, Purpose.ACT)}/vote/2608.00003"
    client.get(path)
    assert not services.community.votes.voted(grown, [paper.paper_id])
    assert "Your vote counts" in client.post(path).text
    assert services.community.votes.voted(grown, [paper.paper_id])


def test_save_from_the_mail_is_in_the_library(
    client: TestClient, services: Services, grown: Account
) -> None:
    subscribe(services)
    assert "Saved" in act(client, services, "save")
    paper = services.store.paper("2608.00003")
    assert services.community.library.marks(grown, [paper.paper_id])[paper.paper_id].saved_at


def test_reader_without_an_account_is_asked_to_sign_up(
    client: TestClient, services: Services
) -> None:
    subscribe(services)
    path = f"/d/{token(services, Purpose.ACT)}/vote/2608.00003"
    assert "Sign up" in client.get(path).text
    assert "Sign up" in client.post(path).text


def test_account_of_an_address_that_was_not_verified_is_not_acted_for(
    client: TestClient, services: Services
) -> None:
    services.store.people.accounts.create(
        "ann", email="ann@example.org", password_hash=None, created_at=MORNING
    )
    subscribe(services)
    assert "Sign up" in client.post(f"/d/{token(services, Purpose.ACT)}/vote/2608.00003").text


@pytest.mark.parametrize(("action", "wants_more"), [("more", True), ("less", False)])
def test_more_and_less_are_kept_when_confirmed(
    client: TestClient, services: Services, action: str, wants_more: bool
) -> None:
    reader = subscribe(services)
    assert "Noted" in act(client, services, action)
    paper = services.store.paper("2608.00003")
    leanings = {
        each.paper_id: each.wants_more
        for each in services.store.mail.leanings.of([reader.subscriber_id])[reader.subscriber_id]
    }
    assert leanings == {paper.paper_id: wants_more}


@pytest.mark.parametrize("path", ["/d/{}/explode/2608.00003", "/d/{}/vote/none-such"])
def test_link_to_nothing_is_not_found(client: TestClient, services: Services, path: str) -> None:
    subscribe(services)
    assert client.post(path.format(token(services, Purpose.ACT))).status_code == 404


def test_clicks_are_counted_per_paper_only_where_asked_for(opened: Opened) -> None:
    from sqlalchemy import select

    from broadsheet.store.mail_schema import digest_click

    for counts_clicks in (False, True):
        services = opened(count_clicks=counts_clicks)
        client = TestClient(app_around(services), base_url=ORIGIN, follow_redirects=False)
        if not counts_clicks:
            subscribe(services)
        path = f"/d/{token(services, Purpose.ACT)}/open/2608.00003"
        reply = client.get(path)
        assert (reply.status_code, reply.headers["location"]) == (303, "/papers/2608.00003")
        with services.store._database.read() as connection:
            rows = connection.execute(select(digest_click)).all()
        assert [row.clicks for row in rows] == ([1] if counts_clicks else [])
    assert [number for _, number in services.store.mail.sent.clicks(DAY)] == [1]


def test_links_of_a_real_digest_lead_somewhere(client: TestClient, services: Services) -> None:
    subscribe(services)
    queue_due(services)
    [text] = letters(services)
    paths = re.findall(rf"{re.escape(ORIGIN)}(\S+)", text)
    assert len(paths) > 50
    assert {client.get(path).status_code for path in paths} == {200}


def test_preview_shows_the_mail_and_marks_nothing(client: TestClient, services: Services) -> None:
    reply = client.get("/digest/preview", params={"lists": "day", "most_papers": "3"})
    assert reply.status_code == 200
    assert reply.text.count("<h3") == 3
    assert "script-src" not in reply.headers["content-security-policy"]
    assert services.store.mail.outbox.counts() == {}
    assert "Counting Harbours" in client.get("/digest/preview?form=text").text


@pytest.mark.parametrize(
    "query", ["edition=yesterday", "most_papers=x", "time_zone=No", "lists=none", "categories=%00"]
)
def test_preview_of_nonsense_says_why(client: TestClient, query: str) -> None:
    assert client.get(f"/digest/preview?{query}").status_code in {400, 422}


def test_preview_of_a_day_without_papers_says_so(client: TestClient) -> None:
    assert client.get("/digest/preview?edition=2020-01-01&lists=day").status_code == 404


@pytest.mark.parametrize(
    "path", ["/papers", "/papers/trending", "/papers/week", "/papers?q=lanterns"]
)
def test_every_list_invites_to_subscribe(client: TestClient, path: str) -> None:
    page = client.get(path).text
    assert "Get trending papers in your email inbox" in page
    assert 'action="/subscriptions" method="post"' in page


def test_instance_without_a_mail_server_takes_no_address(opened: Opened) -> None:
    services = opened(smtp_host="")
    client = TestClient(app_around(services))
    assert "BROADSHEET_SMTP_HOST" in client.get("/subscriptions").text
    assert client.post("/subscriptions", data={"address": "ann@example.org"}).status_code == 422
    assert services.store.mail.subscribers.everybody() == []


HOOK = "a secret of the hook"
Report = Callable[..., int]


@pytest.fixture
def report(opened: Opened) -> Report:
    services = opened(mail_webhook_secret=SecretStr(HOOK))
    client = TestClient(app_around(services))

    def reporting(kind: str, address: str = "ann@example.org", secret: str = HOOK) -> int:
        given = {"events": [{"event": kind, "address": address, "reason": f"gone: {address}"}]}
        headers = {"X-Webhook-Secret": secret}
        return client.post("/mail/events", json=given, headers=headers).status_code

    reporting.services = services  # type: ignore[attr-defined]
    reporting.client = client  # type: ignore[attr-defined]
    return reporting


@pytest.mark.parametrize("kind", ["hard", "complaint"])
def test_provider_stops_an_address(report: Report, kind: str) -> None:
    services: Services = report.services  # type: ignore[attr-defined]
    subscribe(services)
    queue_due(services)
    assert report(kind, "Ann@Example.org") == 200
    assert (
        services.store.mail.subscribers.by_address("ann@example.org").state
        is SubscriberState.STOPPED
    )
    assert services.store.mail.outbox.counts() == {MailState.CANCELLED: 1}


def test_soft_bounces_wait_longer_each_time_then_stop(report: Report, moving: Clock) -> None:
    services: Services = report.services  # type: ignore[attr-defined]
    subscribe(services)
    waits = []
    for _ in range(5):
        report("soft")
        due_at = services.store.mail.subscribers.by_address("ann@example.org").due_at
        assert due_at is not None
        waits.append((due_at - moving()).days)
        moving.now = due_at
    assert waits == [1, 2, 4, 8, 16]
    report("soft")
    assert (
        services.store.mail.subscribers.by_address("ann@example.org").state
        is SubscriberState.STOPPED
    )


def test_webhook_with_a_wrong_secret_is_refused(report: Report) -> None:
    services: Services = report.services  # type: ignore[attr-defined]
    subscribe(services)
    assert report("hard", "ann@example.org", "wrong") == 403
    assert report("hard", "ann@example.org", "") == 403
    assert services.store.mail.suppression.count() == 0


def test_webhook_that_sends_nonsense_is_told_so(report: Report) -> None:
    client: TestClient = report.client  # type: ignore[attr-defined]
    for body in ("", "[]", "{}", '{"events": 1}', '{"events":[{"event":"x"}]}', "\x00"):
        reply = client.post("/mail/events", content=body, headers={"X-Webhook-Secret": HOOK})
        assert reply.status_code in {400, 422}, body


def test_webhook_is_shut_without_a_secret(client: TestClient) -> None:
    assert client.post("/mail/events", json={"events": []}).status_code == 404


def test_provider_can_make_us_keep_no_strangers_address(report: Report) -> None:
    services: Services = report.services  # type: ignore[attr-defined]
    assert report("hard", "stranger@example.org") == 200
    assert services.store.mail.suppression.count() == 0


def test_no_page_and_no_log_shows_an_address(
    client: TestClient, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    subscribe(services, "very.private@example.org")
    queue_due(services)
    for path in ("/papers", "/about", "/sources", "/subscriptions", "/health", "/digest/preview"):
        assert "very.private" not in client.get(path).text
    assert "very.private" not in caplog.text


def test_day_of_the_tests_is_a_friday() -> None:
    assert DAY.isoweekday() == 5
