"""Claiming a paper, deciding claims, and what authors add, on pages and at the API."""

from __future__ import annotations

from datetime import date
from typing import Any

import libraries
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.domain import PaperRecord
from broadsheet.people import Account, Role
from broadsheet.services import Services
from broadsheet.store.people_schema import account, log_entry, notification, paper_claim, throttle
from people_factories import person, program_of, signed_in

DOI = "10.5555/clocks.7"
PATH = f"/papers/{DOI}"
ORCID = "0000-0002-1825-0097"


def work(doi: str, title: str, authors: tuple[str, ...] = ("Ada Wheel", "Bo Salt")) -> PaperRecord:
    return PaperRecord(
        source="crossref",
        record_id=doi,
        title=title,
        abstract=f"Hands are taken from forty clocks: {title}.",
        authors=authors,
        doi=doi,
        listed_on=date(2026, 8, 20),
        extras={"orcids": {authors[0]: ORCID}} if authors else {},
    )


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    records = [
        work(DOI, "A Treatise on Clocks Without Hands"),
        work("10.5555/suffix", "A Paper About Endings of Names"),
        work("10.5555/suffix/claim", "A Paper Whose Name Ends in a Claim"),
        work("10.5555/nobody", "Signed by Nobody at All", ()),
    ]
    return create_app(libraries.open_library(tmp_path_factory.mktemp("claims"), records))


@pytest.fixture
def services(app: FastAPI) -> Services:
    """The services without people and claims."""
    opened: Services = app.state.services
    claims = opened.store.people.claims
    for paper, _ in list(opened.store.every_paper()):
        for one in claims.granted([paper.paper_id]):
            claims.withdraw(one.claim_id, opened.clock())
    with opened.store._database.write() as connection:
        for table in (paper_claim, notification, log_entry, throttle, account):
            connection.execute(table.delete())
    person(opened, "alice", Role.OWNER)
    return opened


@pytest.fixture
def ada_account(services: Services) -> Account:
    """Bob's account under the name and the verified iD of an author."""
    made = person(services, "bob")
    changed = services.store.people.accounts.change(
        made.account_id, full_name="Ada Wheel", orcid=ORCID, orcid_verified_at=services.clock()
    )
    assert changed is not None
    return changed


@pytest.fixture
def ada(app: FastAPI, ada_account: Account) -> TestClient:
    return signed_in(app, ada_account)


@pytest.fixture
def eve(app: FastAPI, services: Services) -> TestClient:
    return signed_in(app, person(services, "eve"))


@pytest.fixture
def mora(app: FastAPI, services: Services) -> TestClient:
    return signed_in(app, person(services, "mora", Role.MODERATOR))


def test_an_author_with_the_orcid_of_the_record_is_granted_at_once(
    ada: TestClient, app: FastAPI
) -> None:
    assert "granted at once" in ada.get(f"{PATH}/claim").text
    reply = ada.post(f"{PATH}/claim", data={"author": "Ada Wheel"})
    assert (reply.status_code, reply.headers["location"]) == (303, f"{PATH}/additions")
    page = TestClient(app).get(PATH).text
    assert "Author here:" in page
    assert '<a href="/people/bob" dir="auto">Ada Wheel</a>' in page


def test_authors_add_links_and_take_them_away(ada: TestClient, app: FastAPI) -> None:
    ada.post(f"{PATH}/claim", data={"author": "Ada Wheel"})
    values = {"code": "https://code.example/clocks", "model": "https://models.example/clocks"}
    assert ada.post(f"{PATH}/additions", data=values).headers["location"] == PATH
    page = TestClient(app).get(PATH)
    assert '<a href="https://code.example/clocks" rel="noopener">Code</a>' in page.text
    assert ">Models</a>" in page.text
    assert "img-src 'self'" in page.headers["content-security-policy"]
    assert "https://code.example/clocks" in ada.get(f"{PATH}/additions").text
    ada.post(f"{PATH}/additions", data={})
    assert "code.example" not in TestClient(app).get(PATH).text


@pytest.mark.parametrize("address", ["http://plain.example/", "javascript:alert(1)", "x" * 100_000])
def test_a_wrong_address_is_said_at_its_field(ada: TestClient, address: str) -> None:
    ada.post(f"{PATH}/claim", data={"author": "Ada Wheel"})
    page = ada.post(f"{PATH}/additions", data={"media": address})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text


def test_a_request_is_decided_at_the_desk(
    eve: TestClient, mora: TestClient, services: Services
) -> None:
    page = eve.post(f"{PATH}/claim", data={"author": "Bo Salt"})
    assert page.status_code == 422
    assert "a moderator decides" in page.text
    reply = eve.post(f"{PATH}/claim", data={"author": "Bo Salt", "message": "See my page."})
    assert reply.headers["location"] == "/claims"
    assert "See my page." in mora.get("/moderation/claims").text
    [claim] = services.community.claims.pending()
    mora.post(f"/moderation/claims/{claim.claim_id}/grant")
    assert "was granted" in eve.get("/notifications").text
    assert "Author here:" in eve.get(PATH).text


def test_a_declined_claim_is_appealed(
    eve: TestClient, mora: TestClient, app: FastAPI, services: Services
) -> None:
    eve.post(f"{PATH}/claim", data={"author": "Bo Salt", "message": "Me."})
    [claim] = services.community.claims.pending()
    path = f"/moderation/claims/{claim.claim_id}"
    assert mora.post(f"{path}/decline", data={"reason": ""}).status_code == 422
    mora.post(f"{path}/decline", data={"reason": "No sign of it."})
    assert "No sign of it." in eve.get("/claims").text
    assert eve.post(f"/claims/{claim.claim_id}/appeal", data={"appeal": ""}).status_code == 422
    eve.post(f"/claims/{claim.claim_id}/appeal", data={"appeal": "Look at the footer."})
    assert mora.post(f"{path}/grant").status_code == 403
    mona = signed_in(app, person(services, "mona", Role.MODERATOR))
    assert "Look at the footer." in mona.get("/moderation/claims").text
    assert mona.post(f"{path}/grant").status_code == 303
    assert mona.post(f"{path}/revoke", data={"reason": "On second thought."}).status_code == 303
    assert "Author here:" not in eve.get(PATH).text


def test_a_claim_on_the_paper_of_others_is_answered_clearly(
    ada: TestClient, eve: TestClient
) -> None:
    ada.post(f"{PATH}/claim", data={"author": "Ada Wheel"})
    stranger = eve.post(f"{PATH}/claim", data={"author": "Eve Stranger", "message": "Me."})
    assert stranger.status_code == 422
    assert "is not among the authors" in stranger.text
    taken = eve.post(f"{PATH}/claim", data={"author": "Ada Wheel", "message": "Me."})
    assert taken.status_code == 409
    assert "is bob here" in taken.text


def test_a_second_claim_shows_the_first(eve: TestClient) -> None:
    fields = {"author": "Bo Salt", "message": "Me."}
    eve.post(f"{PATH}/claim", data=fields)
    assert eve.post(f"{PATH}/claim", data=fields).status_code == 409
    assert "You have claimed this paper as Bo Salt." in eve.get(f"{PATH}/claim").text
    assert "Your claim: waiting" in eve.get(PATH).text


def test_a_paper_without_authors_takes_a_name(eve: TestClient, services: Services) -> None:
    page = eve.get("/papers/10.5555/nobody/claim").text
    assert 'name="author" value=""' in page
    fields = {"author": "Eve Quill", "message": "I forgot to sign."}
    eve.post("/papers/10.5555/nobody/claim", data=fields)
    [claim] = services.community.claims.pending()
    assert claim.author == "Eve Quill"


def test_a_key_that_ends_as_our_address_does_keeps_its_page(eve: TestClient) -> None:
    path = "/papers/10.5555/suffix/claim"
    assert '<h1 dir="auto">A Paper Whose Name Ends in a Claim</h1>' in eve.get(path).text
    assert "Which of them are you?" in eve.get(f"{path}/claim").text


def test_readers_do_not_decide_and_do_not_add(eve: TestClient) -> None:
    assert eve.get("/moderation/claims").status_code == 403
    assert eve.post("/moderation/claims/1/grant").status_code == 403
    assert eve.get(f"{PATH}/additions").status_code == 403
    assert eve.post(f"{PATH}/additions", data={}).status_code == 403


def test_unknown_papers_and_claims_are_not_found(eve: TestClient, mora: TestClient) -> None:
    assert eve.get("/papers/2608.99999/claim").status_code == 404
    assert eve.post("/claims/99999/withdraw").status_code == 404
    assert mora.post("/moderation/claims/99999/grant").status_code == 404


def test_hostile_messages_stay_texts(eve: TestClient, mora: TestClient) -> None:
    hostile = "<script>alert(1)</script>\x00"
    eve.post(f"{PATH}/claim", data={"author": "Bo Salt", "message": hostile})
    page = mora.get("/moderation/claims").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def shape(reply: Any, status: int) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    body: dict[str, Any] = reply.json()
    return body


def test_programs_claim_decide_and_add(
    app: FastAPI, services: Services, ada_account: Account
) -> None:
    author = program_of(app, ada_account)
    other = program_of(app, person(services, "eve"))
    judge = program_of(app, person(services, "mora", Role.MODERATOR))
    path = f"/api/v1{PATH}"
    body = {"author": "Ada Wheel"}
    granted = shape(author.post(f"{path}/claims", json=body), 201)
    assert granted["state"] == "granted"
    assert author.get(f"{path}/authors").json() == [
        {"author": "Ada Wheel", "name": "bob", "shown_name": "Ada Wheel"}
    ]
    links = shape(author.put(f"{path}/additions", json={"data": "https://data.example/"}), 200)
    assert links["data"] == "https://data.example/"
    assert {"kind": "data", "url": "https://data.example/"} in author.get(path).json()["links"]
    asked = {"author": "Bo Salt", "message": "Me."}
    pending = shape(other.post(f"{path}/claims", json=asked), 201)
    [waiting] = judge.get("/api/v1/claims?waiting=true").json()
    assert waiting["number"] == pending["number"]
    address = f"/api/v1/claims/{pending['number']}"
    decision = {"decision": "declined", "reason": "No."}
    assert other.post(f"{address}/decision", json=decision).status_code == 403
    shape(judge.post(f"{address}/decision", json=decision), 200)
    assert shape(other.post(f"{address}/appeal", json={"text": "Yes."}), 200)["state"] == "appealed"
    assert shape(other.delete(address), 200)["state"] == "withdrawn"
    assert other.get("/api/v1/claims?waiting=true").status_code == 403
    revoked = judge.post(
        f"/api/v1/claims/{granted['number']}/decision",
        json={"decision": "declined", "reason": "A trick."},
    )
    assert shape(revoked, 200)["state"] == "declined"
    assert author.get(f"{path}/authors").json() == []
