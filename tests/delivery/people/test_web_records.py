"""Moderators split a paper that is two works, and join it again; nobody else does."""

from __future__ import annotations

from pathlib import Path

import libraries
import pytest
from starlette.testclient import TestClient

from apps import app_around
from broadsheet.domain import PaperRecord
from broadsheet.people import Role
from broadsheet.services import Services
from people_factories import person, signed_in

ABSTRACT = "Oak wheels are compared with iron ones over a winter of storms in one small harbour."


@pytest.fixture
def services(tmp_path: Path) -> Services:
    shared = {"title": "Oak Wheels in Winter", "abstract": ABSTRACT, "arxiv_id": "2608.00077"}
    return libraries.open_library(
        tmp_path,
        [PaperRecord("corpus", "2608.00077", **shared), PaperRecord("hf_daily", "77", **shared)],
    )


@pytest.fixture
def mora(services: Services) -> TestClient:
    person(services, "alice", Role.OWNER)
    return signed_in(app_around(services), person(services, "mora", Role.MODERATOR))


def test_chosen_record_becomes_a_paper_and_joins_again(
    services: Services, mora: TestClient
) -> None:
    assert "/papers/2608.00077/records" in mora.get("/papers/2608.00077").text
    page = mora.get("/papers/2608.00077/records").text
    assert "Hugging Face" in page
    number = next(i for i, r in enumerate(services.store.records(1)) if r.source == "hf_daily")
    reply = mora.post("/papers/2608.00077/split", data={"record": str(number)})
    assert reply.status_code == 303
    assert services.store.count() == 2
    other = reply.headers["location"].removesuffix("/records")
    assert mora.get(other).status_code == 200
    reply = mora.post(f"{other}/rejoin")
    assert reply.headers["location"] == "/papers/2608.00077/records"
    assert services.store.count() == 1


def test_both_acts_are_in_the_public_log(services: Services, mora: TestClient) -> None:
    reply = mora.post("/papers/2608.00077/split", data={"record": "0"})
    mora.post(reply.headers["location"].removesuffix("/records") + "/rejoin")
    actions = [entry.action for entry in services.community.log.entries(None)]
    assert actions[:2] == ["rejoin-paper", "split-paper"]


@pytest.mark.parametrize("record", [[], ["0", "1"], ["9"], ["x"], ["-1"], ["9" * 40]])
def test_bad_choice_changes_nothing_and_says_why(
    services: Services, mora: TestClient, record: list[str]
) -> None:
    reply = mora.post("/papers/2608.00077/split", data={"record": record})
    assert reply.status_code == 422
    assert "not all of them" in reply.text
    assert services.store.count() == 1


def test_rejoin_of_a_whole_paper_is_a_conflict(mora: TestClient) -> None:
    reply = mora.post("/papers/2608.00077/rejoin")
    assert reply.status_code == 409
    assert "nothing to undo" in reply.text


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_others_may_not(services: Services, mora: TestClient, role: Role) -> None:
    other = signed_in(mora.app, person(services, "bob", role))  # type: ignore[arg-type]
    assert other.get("/papers/2608.00077/records").status_code == 403
    assert other.post("/papers/2608.00077/split", data={"record": "0"}).status_code == 403
    assert services.store.count() == 1


def test_signed_out_reader_is_asked_to_sign_in(mora: TestClient) -> None:
    charlie = TestClient(mora.app, follow_redirects=False)
    reply = charlie.get("/papers/2608.00077/records", headers={"Accept": "text/html"})
    assert reply.status_code == 303
    assert reply.headers["location"].startswith("/sign-in?next=")
