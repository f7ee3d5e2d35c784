"""Signing in with other services: a real OpenID Connect provider, one that lies, and OAuth2."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from provider import (
    CLIENT,
    OTHER_KEY,
    Liar,
    asked_by,
    come_back,
    depart,
    free_port,
    oauth,
    real_provider,
    through,
)
from starlette.testclient import TestClient

from broadsheet.community.providers import calling, openid
from broadsheet.delivery.app import create_app
from broadsheet.errors import ProviderError
from broadsheet.people import Elsewhere, Role
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings, SignInProvider
from broadsheet.store.people_schema import account, identity, one_time_link, throttle
from loopback import HANG, Loopback
from people_factories import person, signed_in


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback.running() as running:
        yield running


@pytest.fixture
def liar(server: Loopback) -> Liar:
    server.forget()
    return Liar(server)


Open = Callable[..., FastAPI]


@pytest.fixture(scope="module")
def kept_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Applications by their provider, kept for the file: making one takes a second."""
    kept: dict[tuple[str, ...], FastAPI] = {}

    def open_(**provider: str) -> FastAPI:
        key = tuple(sorted(provider.values()))
        if key not in kept:
            given = {"name": "lab", "client_id": CLIENT, "client_secret": "s3cret", **provider}
            folder = tmp_path_factory.mktemp("elsewhere")
            settings = Settings(data=folder, sign_in_with=[given])  # type: ignore[arg-type]
            kept[key] = create_app(open_services(settings))
        return kept[key]

    yield open_
    for app in kept.values():
        app.state.services.store.close()


@pytest.fixture
def opened(kept_apps: Open) -> Open:
    """An application that lets a provider's accounts in, and has one account: Alice's."""

    def open_(**provider: str) -> FastAPI:
        app = kept_apps(**provider)
        services: Services = app.state.services
        services.community.identities._metadata.clear()
        with services.store._database.write() as connection:
            for table in (account, identity, one_time_link, throttle):
                connection.execute(table.delete())
        person(services, "alice", Role.OWNER)
        return app

    return open_


def browser(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


def test_a_newcomer_joins_by_a_real_provider_and_signs_in_by_it_again(opened: Open) -> None:
    with real_provider() as issuer:
        app = opened(issuer=issuer)
        client = browser(app)
        reply = through(client, "/sign-in/with/lab?next=/papers/week")
        assert reply.headers["location"].startswith("/link/")
        page = client.get(reply.headers["location"])
        assert 'value="nora-elsewhere"' in page.text or 'value="nora"' in page.text
        made = client.post(reply.headers["location"], data={"name": "nora", "next": "/papers/week"})
        assert (made.status_code, made.headers["location"]) == (303, "/papers/week")
        assert "nora" in client.get("/settings").text
        again = browser(app)
        assert through(again, "/sign-in/with/lab?next=/papers/week").headers["location"] == (
            "/papers/week"
        )
        assert again.get("/api/v1/me").json()["name"] == "nora"


def test_a_request_carries_state_nonce_and_pkce(opened: Open, liar: Liar) -> None:
    liar.serve()
    app = opened(issuer=liar.issuer)
    client = browser(app)
    reply = client.get("/sign-in/with/lab")
    asked = parse_qs(urlsplit(reply.headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) == 43 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == ["http://testserver/sign-in/with/lab/back"]
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_an_honest_answer_of_the_loopback_issuer_is_taken(opened: Open, liar: Liar) -> None:
    """The ground on which the lies below are tested: without a lie it works."""
    reply = answer_of(opened, liar)
    assert (reply.status_code, reply.headers["location"].startswith("/link/")) == (303, True)


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"claims": {"iss": "https://evil.example"}}, "wrong issuer"),
        ({"claims": {"aud": "somebody-else"}}, "made for somebody else"),
        ({"claims": {"aud": [CLIENT, "x"], "azp": "x"}}, "another application"),
        ({"claims": {"nonce": "another"}}, "another sign-in"),
        ({"without": ("nonce",)}, "another sign-in"),
        ({"claims": {"exp": int(time.time()) - 300}}, "expired"),
        ({"claims": {"iat": int(time.time()) + 3600}}, "dated in the future"),
        ({"without": ("exp",)}, "incomplete"),
        ({"without": ("sub",)}, "incomplete"),
        ({"claims": {"sub": ""}}, "does not say who you are"),
        ({"claims": {"sub": "x" * 300}}, "does not say who you are"),
        ({"key": OTHER_KEY}, "wrong signature"),
        ({"key": OTHER_KEY, "kid": "k2"}, "cannot be trusted"),
        ({"algorithm": "none"}, "cannot be trusted"),
        ({"algorithm": "HS256", "key": "x" * 32}, "cannot be trusted"),
    ],
    ids=[
        "issuer", "audience", "party", "nonce", "no nonce", "expired", "future", "no expiry",
        "no subject", "empty subject", "long subject", "foreign key", "foreign key by name",
        "unsigned", "symmetric",
    ],
)  # fmt: skip
def test_a_lie_lets_nobody_in(opened: Open, liar: Liar, lie: dict[str, object], said: str) -> None:
    for name, value in lie.items():
        setattr(liar, name, value)
    reply = answer_of(opened, liar)
    assert reply.status_code == 502
    assert said in reply.text


def test_an_issuer_that_calls_itself_otherwise_is_not_used(opened: Open, liar: Liar) -> None:
    liar.serve(issuer="https://evil.example")
    reply = browser(opened(issuer=liar.issuer)).get("/sign-in/with/lab")
    assert reply.status_code == 502
    assert "another name" in reply.text


def test_an_issuer_that_sends_secrets_elsewhere_in_plain_text_is_not_used(
    opened: Open, liar: Liar
) -> None:
    liar.serve(token_endpoint="http://plain.example")  # noqa: S106
    client = browser(opened(issuer=liar.issuer))
    reply = come_back(client, depart(client))
    assert reply.status_code == 502
    assert "not https" in reply.text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 500}, "fault of its own (500)"),
        ({"status": 400, "body": '{"error":"invalid_grant"}'}, "refused the sign-in (400)"),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/"}}, "refused"),
        ({"body": "<html>"}, "cannot be read"),
        ({"body": "[1]"}, "cannot be read"),
        ({"body": "{}"}, "unreadable"),
        ({"body": '{"x":"' + "x" * 600_000 + '"}'}, "more than a sign-in needs"),
    ],
    ids=["500", "400", "redirect", "page", "list", "nothing", "huge"],
)
def test_a_token_endpoint_that_fails_is_said_so(
    opened: Open, liar: Liar, answer: dict[str, object], said: str
) -> None:
    liar.serve()
    client = browser(opened(issuer=liar.issuer))
    asked = depart(client)
    liar.server.answer("/token", **answer)  # type: ignore[arg-type]
    reply = come_back(client, asked)
    assert reply.status_code == 502
    assert said in reply.text


def test_an_issuer_that_never_answers_is_given_up(
    opened: Open, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "SILENCE", 0.3)
    liar.server.answer("/.well-known/openid-configuration", fault=HANG)
    reply = browser(opened(issuer=liar.issuer)).get("/sign-in/with/lab")
    assert reply.status_code == 502
    assert "does not answer" in reply.text


def test_an_issuer_that_is_gone_is_said_so(opened: Open) -> None:
    reply = browser(opened(issuer=f"http://127.0.0.1:{free_port()}")).get("/sign-in/with/lab")
    assert reply.status_code == 502
    assert "cannot be reached" in reply.text


def test_an_answer_is_taken_only_by_the_browser_that_asked(opened: Open, liar: Liar) -> None:
    liar.serve()
    app = opened(issuer=liar.issuer)
    asked = depart(browser(app))
    reply = come_back(browser(app), asked)
    assert reply.status_code == 403
    assert "another browser" in reply.text


def test_an_answer_is_taken_once(opened: Open, liar: Liar) -> None:
    liar.serve()
    client = browser(opened(issuer=liar.issuer))
    asked = depart(client)
    liar.answer_code(asked["nonce"])
    cookie = client.cookies["broadsheet-away"]
    assert come_back(client, asked).status_code == 303
    client.cookies.set("broadsheet-away", cookie)
    assert come_back(client, asked).status_code == 403


@pytest.mark.parametrize(
    ("more", "status"), [({"error": "access_denied"}, 403), ({"iss": "https://evil.example"}, 502)]
)
def test_a_refusal_and_a_stranger_s_answer_let_nobody_in(
    opened: Open, liar: Liar, more: dict[str, str], status: int
) -> None:
    liar.serve()
    client = browser(opened(issuer=liar.issuer))
    assert come_back(client, depart(client), **more).status_code == status


def test_an_issuer_cannot_take_an_account_over_by_naming_its_address(
    opened: Open, liar: Liar
) -> None:
    """The liar says that its user's verified address is Bob's."""
    liar.serve()
    app = opened(issuer=liar.issuer)
    person(app.state.services, "bob")
    client = browser(app)
    asked = depart(client)
    liar.answer_code(asked["nonce"])
    link = come_back(client, asked).headers["location"]
    reply = client.post(link, data={"name": "nora"})
    assert reply.status_code == 409
    assert "has an account already" in reply.text
    assert client.get("/api/v1/me").status_code == 401


def test_an_identity_is_linked_signs_in_and_is_unlinked(opened: Open, liar: Liar) -> None:
    liar.serve()
    app = opened(issuer=liar.issuer)
    client = signed_in(app, person(app.state.services, "bob"))
    page = client.post("/settings/identities/lab/link")
    assert page.status_code == 200
    asked = asked_by(page.text)
    liar.answer_code(asked["nonce"])
    assert come_back(client, asked).headers["location"] == "/settings/access?done=linked"
    other = browser(app)
    asked = depart(other)
    liar.answer_code(asked["nonce"])
    assert come_back(other, asked).status_code == 303
    assert other.get("/api/v1/me").json()["name"] == "bob"
    unlinked = client.post(
        "/settings/identities/unlink", data={"issuer": liar.issuer, "subject": "someone"}
    )
    assert unlinked.status_code == 303
    again = client.post(
        "/settings/identities/unlink", data={"issuer": liar.issuer, "subject": "someone"}
    )
    assert again.status_code in {404, 409}


def test_an_identity_of_somebody_else_is_not_linked(opened: Open, liar: Liar) -> None:
    liar.serve()
    app = opened(issuer=liar.issuer)
    for name, status in (("bob", 303), ("eve", 409)):
        client = signed_in(app, person(app.state.services, name))
        page = client.post("/settings/identities/lab/link").text
        asked = asked_by(page)
        liar.answer_code(asked["nonce"])
        assert come_back(client, asked).status_code == status


def test_linking_that_somebody_else_began_ends_without_a_link(opened: Open, liar: Liar) -> None:
    """The browser changed hands on the way: Bob began, Eve came back."""
    liar.serve()
    app = opened(issuer=liar.issuer)
    bob = signed_in(app, person(app.state.services, "bob"))
    page = bob.post("/settings/identities/lab/link").text
    asked = asked_by(page)
    eve = signed_in(app, person(app.state.services, "eve"))
    eve.cookies.set("broadsheet-away", bob.cookies["broadsheet-away"])
    liar.answer_code(asked["nonce"])
    assert come_back(eve, asked).status_code == 403


def test_the_only_way_in_is_not_unlinked(opened: Open, liar: Liar) -> None:
    liar.serve()
    liar.claims = {"email_verified": False}
    app = opened(issuer=liar.issuer)
    client = browser(app)
    asked = depart(client)
    liar.answer_code(asked["nonce"])
    client.post(come_back(client, asked).headers["location"], data={"name": "nora"})
    token = client.get("/settings").text.split('name="form_token" value="')[1].split('"')[0]
    reply = client.post(
        "/settings/identities/unlink",
        data={"issuer": liar.issuer, "subject": "someone", "form_token": token},
    )
    assert reply.status_code == 409
    assert "only way to sign in" in reply.text


def test_orcid_proves_an_orcid_id_and_nobody_else_does(liar: Liar) -> None:
    claims = {"sub": "0000-0002-1825-0097", "given_name": "Josiah", "family_name": "Carberry"}
    orcid = SignInProvider(name="orcid", client_id="x", issuer="https://orcid.org")
    found = openid._identity(orcid, claims)
    assert (found.orcid, found.full_name) == ("0000-0002-1825-0097", "Josiah Carberry")
    other = SignInProvider(name="lab", client_id="x", issuer="https://id.example.org")
    assert openid._identity(other, claims).orcid == ""
    with pytest.raises(ProviderError):
        openid._identity(orcid, {"sub": "0000-0002-1825-0098"})


def test_an_orcid_id_that_was_proved_stands_on_the_profile(opened: Open, liar: Liar) -> None:
    app = opened(issuer=liar.issuer)
    services = app.state.services
    bob = person(services, "bob")
    iris = Elsewhere("https://orcid.org", "0000-0002-1825-0097", "x", orcid="0000-0002-1825-0097")
    services.store.people.identities.link(bob.account_id, iris, services.clock())
    page = browser(app).get("/people/bob").text
    assert "0000-0002-1825-0097" in page
    assert "confirmed by ORCID" in page


def test_a_newcomer_joins_by_a_service_like_github(opened: Open, liar: Liar) -> None:
    server = liar.server
    server.answer("/login/token", body='{"access_token":"t0ken","token_type":"bearer"}')
    user = {"id": 42, "login": "Nora", "name": "Nora E.", "email": "bob@people.example"}
    server.answer("/user", body=json.dumps(user))
    app = opened(**oauth(server))
    client = browser(app)
    asked = depart(client)
    assert "nonce" not in asked
    link = come_back(client, asked).headers["location"]
    assert client.post(link, data={"name": "Nora"}).status_code == 303
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["full_name"], me["email"]) == ("nora", "Nora E.", None)
    sent = next(each for each in server.requests() if each.path == "/login/token")
    assert b"code_verifier=" in sent.body
    assert b"client_secret=s3cret" in sent.body


@pytest.mark.parametrize(
    "answers",
    [('{"error":"bad_verification_code"}', "{}"), ('{"access_token":"t"}', "{}"),
     ('{"access_token":"t"}', '{"id":true}'), ('{"access_token":"t\\r\\nX: y"}', '{"id":1}')],
)  # fmt: skip
def test_a_service_that_names_nobody_lets_nobody_in(
    opened: Open, liar: Liar, answers: tuple[str, str]
) -> None:
    liar.server.answer("/login/token", body=answers[0])
    liar.server.answer("/user", body=answers[1])
    client = browser(opened(**oauth(liar.server)))
    assert come_back(client, depart(client)).status_code == 502


def test_an_unknown_provider_is_not_found(opened: Open, liar: Liar) -> None:
    client = browser(opened(issuer=liar.issuer))
    assert client.get("/sign-in/with/nobody").status_code == 404
    assert client.get("/sign-in/with/nobody/back").status_code == 404


def answer_of(opened: Open, liar: Liar) -> httpx2.Response:
    """What a browser gets that comes back from the liar."""
    liar.serve()
    client = browser(opened(issuer=liar.issuer))
    asked = depart(client)
    liar.answer_code(asked["nonce"])
    return come_back(client, asked)
