"""Signing up, in and out by forms, by password and by link; and what strangers try."""

from __future__ import annotations

import time

import pytest
from desk import PASSWORD, Desk, form_token, link_of, secure
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.delivery.web.people.clients import browser_in_words
from broadsheet.delivery.web.people.next_paths import HOME, next_path
from people_factories import person

NORA = {"name": "nora", "email": "nora@people.example", "password": PASSWORD}


# Signing up and in


def test_somebody_signs_up_without_mail_and_is_signed_in(desk: Desk) -> None:
    browser = desk.browser()
    assert "sends no mail" in browser.get("/sign-up").text
    reply = browser.post("/sign-up", data={**NORA, "next": "/papers/week"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/papers/week")
    page = browser.get("/settings/access").text
    assert "nora@people.example: not confirmed" in page


def test_a_wrong_form_is_shown_again_with_what_was_typed_but_the_password(desk: Desk) -> None:
    reply = desk.browser().post("/sign-up", data={**NORA, "name": "a b"})
    assert reply.status_code == 422
    assert 'value="a b"' in reply.text
    assert 'value="nora@people.example"' in reply.text
    assert 'aria-invalid="true" aria-describedby="name-note"' in reply.text
    assert PASSWORD not in reply.text


def test_somebody_signs_up_by_mail_and_the_link_in_the_letter(mailing: Desk) -> None:
    browser = secure(mailing)
    assert "Look into your mail" in browser.post("/sign-up", data=NORA).text
    link = link_of(mailing)
    for _ in range(3):
        assert "Make the account" in browser.get(link).text, "looking uses nothing up"
    reply = browser.post(link, data={"name": "nora"})
    assert reply.status_code == 303
    assert browser.get("/api/v1/me").json()["is_verified"]
    assert browser.get(link).status_code == 404
    assert "expired, or has been used" in secure(mailing).post(link).text


def test_replies_to_sign_ups_and_requests_for_links_tell_no_addresses(mailing: Desk) -> None:
    person(mailing.services, "bob")
    for path, form in (
        ("/sign-up", {"name": "nora", "password": PASSWORD}), ("/forgot", {}), ("/sign-in/link", {})
    ):  # fmt: skip
        known, unknown = (
            secure(mailing).post(path, data={**form, "email": f"{who}@people.example"})
            for who in ("bob", "new")
        )
        assert known.status_code == unknown.status_code == 200
        assert known.text.replace("bob@", "new@") == unknown.text
        assert known.headers.keys() == unknown.headers.keys()
    assert mailing.letters() == [
        ("known", "bob@people.example"), ("sign-up", "new@people.example"),
        ("reset", "bob@people.example"), ("sign-in", "bob@people.example"),
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["bob", "nobody"])
@pytest.mark.parametrize("path", ["/forgot", "/sign-in/link", "/sign-up"])
def test_a_letter_takes_longer_than_all_that_is_done_for_it(
    mailing: Desk, path: str, who: str
) -> None:
    person(mailing.services, "bob")
    form = {"name": "nora", "password": PASSWORD, "email": f"{who}@people.example"}
    start = time.perf_counter()
    assert secure(mailing).post(path, data=form).status_code == 200
    assert time.perf_counter() - start >= 0.25


def test_a_letter_never_leads_to_the_host_that_a_stranger_named(mailing: Desk) -> None:
    person(mailing.services, "bob")
    browser = mailing.browser(base_url="https://evil.example")
    browser.post("/forgot", data={"email": "bob@people.example"})
    assert link_of(mailing)


def test_a_forgotten_password_is_chosen_anew_by_mail(mailing: Desk) -> None:
    person(mailing.services, "bob")
    browser = secure(mailing)
    browser.post("/forgot", data={"email": "bob@people.example"})
    link = link_of(mailing)
    assert browser.post(link, data={"password": "short"}).status_code == 422
    assert browser.post(link, data={"password": PASSWORD}).status_code == 303
    login = {"login": "bob@people.example", "password": PASSWORD}
    assert secure(mailing).post("/sign-in", data=login).status_code == 303


def test_sign_in_refuses_in_the_same_words_for_nobody_and_somebody(desk: Desk) -> None:
    desk.join("nora")
    replies = [
        desk.browser().post("/sign-in", data={"login": login, "password": "wrong words here"})
        for login in ("nora", "norb")
    ]
    assert [reply.status_code for reply in replies] == [422, 422]
    assert replies[0].text.replace("nora", "norb") == replies[1].text


def test_too_many_attempts_are_answered_with_the_time_to_wait(desk: Desk) -> None:
    form = {"login": "nora", "password": "wrong"}
    replies = [desk.browser().post("/sign-in", data=form) for _ in range(6)]
    assert replies[-1].status_code == 429
    assert 0 < int(replies[-1].headers["retry-after"]) <= 60


def test_signing_in_makes_a_new_session_and_ends_the_one_before(desk: Desk) -> None:
    """Nobody can sign somebody else in to a session that they know."""
    browser = desk.join("nora")
    before = browser.cookies["broadsheet"]
    del browser.headers["X-Form-Token"]
    token = desk.services.community.secrets.signature("form", before)
    form = {"login": "nora", "password": PASSWORD, "form_token": token}
    assert browser.post("/sign-in", data=form).status_code == 303
    assert browser.cookies["broadsheet"] != before
    assert desk.services.community.sessions.visit(before) is None


def test_a_session_that_a_stranger_made_up_is_not_taken(desk: Desk) -> None:
    browser = desk.browser()
    browser.cookies.set("broadsheet", "planted")
    desk.services.community.signing_in.join_at_once("nora", "", PASSWORD, "192.0.2.1")
    browser.post("/sign-in", data={"login": "nora", "password": PASSWORD})
    assert desk.services.community.sessions.visit("planted") is None


def test_cookies_behind_https_are_bound_to_the_host(mailing: Desk) -> None:
    mailing.services.community.signing_in.join_at_once("nora", "", PASSWORD, "192.0.2.1")
    reply = secure(mailing).post("/sign-in", data={"login": "nora", "password": PASSWORD})
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("__Host-broadsheet=")
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_signing_out_ends_the_session_and_takes_the_cookie(desk: Desk) -> None:
    browser = desk.join("nora")
    cookie = browser.cookies["broadsheet"]
    reply = browser.post("/sign-out")
    assert reply.status_code == 303
    assert "Max-Age=0" in reply.headers["set-cookie"]
    assert desk.services.community.sessions.visit(cookie) is None


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "\\\\evil.example", "/%5cevil.example", "/%2f/evil.example",
     "/%252fevil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example",
     "\t//evil.example", "/ /evil.example", " /papers", "///evil.example", "/papers\r\nX: y",
     "/%0d%0aX:y", "evil.example", "", "?x", "//[", "/" + "x" * 2000],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(desk: Desk, wanted: str) -> None:
    desk.services.community.signing_in.join_at_once("nora", "", PASSWORD, "192.0.2.1")
    form = {"login": "nora", "password": PASSWORD, "next": wanted}
    reply = desk.browser().post("/sign-in", data=form)
    assert (reply.status_code, reply.headers["location"]) == (303, HOME)
    assert "evil" not in desk.browser().get("/sign-in", params={"next": wanted}).text


@pytest.mark.parametrize(
    "path", ["/papers/week", "/papers/2101.00001?x=1#y", "/papers?q=a b", "/people/ä"]
)
def test_signing_in_leads_back_to_pages_of_ours(path: str) -> None:
    assert next_path(path) == path


@given(st.text(alphabet="/\\%5cC2fF.:@ \t\nevil?#", max_size=14))
def test_a_way_on_is_never_read_as_another_host(text: str) -> None:
    found = next_path(text)
    as_browsers_read = found.replace("\\", "/").replace("\t", "").replace("\n", "").strip()
    assert as_browsers_read.startswith("/")
    assert not as_browsers_read.startswith("//")


# Links


def test_the_page_of_a_link_tells_nobody_its_address(desk: Desk) -> None:
    person(desk.services, "bob")
    token = desk.services.community.signing_in.link_for("bob")
    reply = desk.browser().get(f"/link/{token}")
    assert reply.headers["referrer-policy"] == "strict-origin"
    assert reply.headers["cache-control"] == "no-store"
    assert "This signs you in as <strong>bob</strong>" in reply.text


@pytest.mark.parametrize("token", ["x", "x" * 500, "%00", "ä", "%ff", "a/b"])
def test_an_invented_link_is_not_found(desk: Desk, token: str) -> None:
    assert desk.browser().get(f"/link/{token}").status_code == 404
    assert desk.browser().post(f"/link/{token}").status_code == 404


def test_a_link_is_used_by_a_page_of_ours_only(desk: Desk) -> None:
    """Otherwise another site could sign somebody in as somebody else."""
    person(desk.services, "bob")
    token = desk.services.community.signing_in.link_for("bob")
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert desk.browser().post(f"/link/{token}", headers=evil).status_code == 403
    assert desk.browser().post(f"/link/{token}").status_code == 303


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("curl/8.9", "curl/8.9"),
        ("", "A browser that does not say what it is"),
    ],
)  # fmt: skip
def test_sessions_are_named_in_words(said: str, words: str) -> None:
    assert browser_in_words(said) == words


def test_somebody_who_is_approved_gets_a_letter(mailing: Desk) -> None:
    bob = person(mailing.services, "bob")
    mailing.services.store.people.accounts.change(bob.account_id, is_approved=False)
    browser = secure(mailing)
    browser.post(f"/link/{mailing.services.community.signing_in.link_for('alice')}")
    token = form_token(browser.get("/people").text)
    assert browser.post("/people/bob/approve", data={"form_token": token}).is_redirect
    assert mailing.letters() == [("approved", "bob@people.example")]


def test_nothing_secret_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    person(desk.services, "bob")
    token = desk.services.community.signing_in.link_for("bob")
    browser = desk.browser()
    browser.post(f"/link/{token}")
    browser.post("/sign-in", data={"login": "bob@people.example", "password": PASSWORD})
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("httpx")]
    for secret in (token, "bob@people.example", PASSWORD, browser.cookies["broadsheet"]):
        assert not any(secret in line for line in ours)
