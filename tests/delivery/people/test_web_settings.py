"""Settings, tokens, profiles, roles, leaving: by forms and by the API."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from desk import PASSWORD, Desk, link_of, opened, secure

from broadsheet.people import Role
from broadsheet.store.people_schema import account
from people_factories import person, program_of, signed_in

# Settings


def test_a_profile_is_changed_and_shown(desk: Desk) -> None:
    browser = desk.join("nora")
    form = {
        "full_name": "Nora <b>North</b>", "affiliation": "Institute of Tides",
        "biography": "One.\n\n<script>alert(1)</script>", "orcid": "0000-0002-1825-0097",
    }  # fmt: skip
    assert browser.post("/settings/profile", data=form).status_code == 303
    page = desk.browser().get("/people/nora").text
    assert "Nora &lt;b&gt;North&lt;/b&gt;" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "not confirmed" in page


def test_a_wrong_orcid_id_is_said_at_its_field(desk: Desk) -> None:
    reply = desk.join("nora").post("/settings/profile", data={"orcid": "0000-0002-1825-0098"})
    assert reply.status_code == 422
    assert 'id="orcid-note" role="alert">One character' in reply.text


def test_a_token_is_shown_once_and_works_until_it_is_revoked(desk: Desk) -> None:
    browser = desk.join("nora")
    page = browser.post("/settings/tokens", data={"name": "laptop", "scope": "read"}).text
    secret = page.split('id="secret">')[1].split("<")[0]
    assert secret not in browser.get("/settings/tokens").text
    program = desk.browser(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/me").json()["name"] == "nora"
    assert program.patch("/api/v1/me", json={"full_name": "N"}).status_code == 403
    [token] = program.get("/api/v1/me/tokens").json()
    assert browser.post("/settings/tokens/revoke", data={"token_id": token["token_id"]}).is_redirect
    gone = program.get("/api/v1/me")
    assert gone.status_code == 401
    assert "unknown, revoked or expired" in gone.json()["detail"]


def test_a_token_makes_no_tokens(desk: Desk) -> None:
    program = program_of(desk.app, person(desk.services, "bob"))
    assert program.post("/api/v1/me/tokens", json={"name": "x"}).status_code == 403
    browser = signed_in(desk.app, person(desk.services, "eve"))
    made = browser.post("/api/v1/me/tokens", json={"name": "x", "can_write": True})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("bsk_")


def test_a_token_of_somebody_suspended_is_refused_with_the_reason(desk: Desk) -> None:
    bob = person(desk.services, "bob")
    program = program_of(desk.app, bob)
    desk.services.community.accounts.suspend(None, "bob", "Sold tides.")
    for path in ("/api/v1/me", "/api/v1/papers", "/papers"):
        reply = program.get(path)
        assert reply.status_code == 403
        assert "suspended" in reply.text


def test_sessions_are_listed_and_ended_one_by_one_and_all_others(desk: Desk) -> None:
    browser = desk.join("nora")
    others = [desk.browser() for _ in range(3)]
    for other in others:
        other.post("/sign-in", data={"login": "nora", "password": PASSWORD})
    page = browser.get("/settings/access").text
    session_id = page.split('name="session_id" value="')[1].split('"')[0]
    browser.post("/settings/sessions/end", data={"session_id": session_id})
    alive = [other.get("/settings").status_code for other in others]
    assert sorted(alive) == [200, 200, 401]
    browser.post("/settings/sessions/end")
    assert [other.get("/settings").status_code for other in others] == [401] * 3
    assert browser.get("/settings").status_code == 200


def test_a_session_of_somebody_else_is_not_ended(desk: Desk) -> None:
    desk.join("nora")
    eve = signed_in(desk.app, person(desk.services, "eve"))
    [session] = desk.services.community.sessions.of(
        desk.services.community.accounts.by_name("nora")
    )
    reply = eve.post("/settings/sessions/end", data={"session_id": session.session_id})
    assert reply.status_code == 404


def test_a_password_is_changed_with_the_old_one(desk: Desk) -> None:
    browser = desk.join("nora")
    new = "nine quiet harbours"
    wrong = browser.post("/settings/password", data={"current": "no", "new": new})
    assert wrong.status_code == 422
    assert 'id="current-note" role="alert">This is not your password' in wrong.text
    weak = browser.post("/settings/password", data={"current": PASSWORD, "new": "short"})
    assert 'id="new-note" role="alert">' in weak.text
    assert browser.post("/settings/password", data={"current": PASSWORD, "new": new}).is_redirect
    assert desk.browser().post("/sign-in", data={"login": "nora", "password": new}).is_redirect


def test_an_address_is_confirmed_by_its_letter_and_the_old_one_is_told(mailing: Desk) -> None:
    bob = person(mailing.services, "bob")
    browser = secure(mailing)
    browser.post(f"/link/{mailing.services.community.signing_in.link_for('bob')}")
    token = browser.get("/settings").text.split('name="form_token" value="')[1].split('"')[0]
    form = {"email": "bob@new.example", "form_token": token}
    assert browser.post("/settings/address", data=form).headers["location"].endswith("letter")
    link = link_of(mailing)
    assert mailing.services.community.accounts.by_name("bob").email == bob.email
    assert "bob@new.example" in secure(mailing).get(link).text
    assert "Your address is confirmed" in secure(mailing).post(link).text
    assert mailing.services.community.accounts.by_name("bob").email == "bob@new.example"
    assert mailing.letters()[-1] == ("address-changed", "bob@people.example")


@pytest.mark.parametrize(
    "path",
    ["/sign-out", "/settings/profile", "/settings/password", "/settings/address",
     "/settings/sessions/end", "/settings/tokens", "/settings/tokens/revoke",
     "/settings/data/delete", "/settings/identities/unlink", "/people/alice/suspend"],
)  # fmt: skip
def test_no_change_is_made_without_the_form_token(desk: Desk, path: str) -> None:
    browser = desk.join("nora")
    desk.services.community.accounts.set_role(None, "nora", Role.MODERATOR)
    browser.headers["X-Form-Token"] = "x" * 43
    reply = browser.post(path, data={"confirmation": PASSWORD})
    assert reply.status_code == 403
    assert "older than your session" in reply.text


@pytest.mark.parametrize(
    "path", ["/settings", "/settings/access", "/settings/tokens", "/settings/data",
             "/settings/data/export", "/api/v1/me", "/api/v1/me/export", "/people"],
)  # fmt: skip
def test_charlie_is_sent_to_sign_in_first(desk: Desk, path: str) -> None:
    reply = desk.browser().get(path, headers={"accept": "text/html"})
    if path.startswith("/api/"):
        assert reply.status_code == 401
    else:
        assert reply.headers["location"].startswith("/sign-in?next=")


# Suspended and waiting people


def test_a_suspended_person_may_still_read_take_data_out_and_leave(desk: Desk) -> None:
    browser = desk.join("nora")
    desk.services.community.accounts.suspend(None, "nora", "Sold tides.")
    assert "Sold tides." in browser.get("/settings").text
    assert browser.get("/settings/data/export").status_code == 200
    assert browser.post("/settings/profile", data={"full_name": "N"}).status_code == 403
    assert browser.post("/settings/data/delete", data={"confirmation": PASSWORD}).status_code == 200


def test_somebody_who_waits_has_no_page_and_does_not_read_what_is_for_members(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("members")
    with opened(folder, sign_up="approval", reading="members") as closed:
        closed.found()
        browser = closed.join("nora")
        assert browser.get("/papers").status_code == 403
        assert "waits for a moderator" in browser.get("/settings").text
        alice = signed_in(closed.app, closed.services.community.accounts.by_name("alice"))
        assert "Waiting" in alice.get("/people?state=waiting").text
        assert closed.browser().get("/people/nora").status_code == 401
        assert alice.post("/people/nora/approve").headers["location"] == "/people/nora"
        assert browser.get("/papers").status_code == 200


# Profiles and roles


def test_a_page_shows_votes_only_if_the_person_wants(desk: Desk) -> None:
    bob = person(desk.services, "bob")
    page = desk.browser().get("/people/bob").text
    assert "Submissions" in page
    assert "Votes" not in page
    assert "Only you see these" in signed_in(desk.app, bob).get("/people/bob?show=votes").text
    desk.services.store.people.accounts.change(bob.account_id, are_votes_public=True)
    assert "Votes" in desk.browser().get("/people/bob").text


def test_no_page_shows_an_address(desk: Desk) -> None:
    person(desk.services, "bob")
    for viewer in (desk.browser(), signed_in(desk.app, person(desk.services, "eve"))):
        assert "bob@people.example" not in viewer.get("/people/bob").text


def test_a_person_is_followed_from_their_page(desk: Desk) -> None:
    person(desk.services, "bob")
    eve = signed_in(desk.app, person(desk.services, "eve"))
    form = {"kind": "person", "subject": "bob", "next": "/people/bob"}
    assert 'action="/following"' in eve.get("/people/bob").text
    assert eve.post("/following", data=form).headers["location"] == "/people/bob"
    assert 'action="/following/leave"' in eve.get("/people/bob").text


def test_an_owner_gives_roles_on_the_page_of_a_person(desk: Desk) -> None:
    person(desk.services, "bob")
    alice = signed_in(desk.app, desk.services.community.accounts.by_name("alice"))
    assert alice.post("/people/bob/role", data={"role": "moderator"}).is_redirect
    assert desk.services.community.accounts.by_name("bob").role is Role.MODERATOR
    assert alice.post("/people/bob/role", data={"role": "king"}).status_code in {400, 422}
    assert alice.post("/people/alice/role", data={"role": "reader"}).status_code == 409


def test_a_moderator_gives_no_roles(desk: Desk) -> None:
    mora = signed_in(desk.app, person(desk.services, "mora", Role.MODERATOR))
    assert "Give this role" not in mora.get("/people/alice").text
    assert mora.post("/people/mora/role", data={"role": "owner"}).status_code == 403


@pytest.mark.parametrize("name", ["nobody", "x%00", "%ff", "a" * 300])
def test_nobody_s_page_is_not_found(desk: Desk, name: str) -> None:
    assert desk.browser().get(f"/people/{name}").status_code == 404


# Leaving


def test_an_export_holds_json_and_bibtex(desk: Desk) -> None:
    browser = desk.join("nora")
    reply = browser.get("/settings/data/export")
    assert reply.headers["content-type"] == "application/zip"
    assert "attachment" in reply.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(reply.content))
    assert {"account.json", "papers.bib", "README.txt"} <= set(archive.namelist())
    assert json.loads(archive.read("account.json"))["account"][0]["name"] == "nora"
    assert PASSWORD not in archive.read("account.json").decode()


def test_deleting_needs_the_password_and_leaves_nothing(desk: Desk) -> None:
    browser = desk.join("nora")
    wrong = browser.post("/settings/data/delete", data={"confirmation": "nora"})
    assert wrong.status_code == 422
    done = browser.post("/settings/data/delete", data={"confirmation": PASSWORD})
    assert "Your account is deleted" in done.text
    assert "Max-Age=0" in done.headers["set-cookie"]
    assert desk.browser().get("/people/nora").status_code == 404
    with desk.services.store._database.read() as connection:
        assert [row.name for row in connection.execute(account.select())] == ["alice"]


def test_the_only_owner_is_told_why_they_cannot_leave(desk: Desk) -> None:
    person(desk.services, "bob")
    alice = signed_in(desk.app, desk.services.community.accounts.by_name("alice"))
    reply = alice.post("/settings/data/delete", data={"confirmation": "alice"})
    assert reply.status_code == 409
    assert "only owner" in reply.text


# The API


def test_the_api_changes_what_is_given_and_keeps_the_rest(desk: Desk) -> None:
    program = program_of(desk.app, person(desk.services, "bob"))
    program.patch("/api/v1/me", json={"affiliation": "Institute of Tides"})
    changed = program.patch("/api/v1/me", json={"are_votes_public": True}).json()
    assert (changed["affiliation"], changed["are_votes_public"]) == ("Institute of Tides", True)
    assert program.patch("/api/v1/me", json={"role": "owner"}).status_code == 422
    wrong = program.patch("/api/v1/me", json={"orcid": "x"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "orcid")


@pytest.mark.parametrize("text", ["\x00", "\\ud800", "\u202e", "x" * 9_999])
def test_odd_texts_are_never_a_fault_of_ours(desk: Desk, text: str) -> None:
    program = program_of(desk.app, person(desk.services, "bob"))
    body = f'{{"full_name": {json.dumps(text)}}}'.replace("\\\\ud800", "\\ud800")
    reply = program.patch("/api/v1/me", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in {200, 400, 422}


def test_a_token_in_a_broken_header_is_refused(desk: Desk) -> None:
    for header in ("Bearer", "Bearer ", "Bearer \xff", "bearer bsk_x", "Bearer a b"):
        reply = desk.browser().get(
            "/api/v1/me", headers={"Authorization": header.encode("latin-1")}
        )
        assert reply.status_code == 401
