"""Editors' picks on pages, in feeds and at the API."""

from __future__ import annotations

import re

import editions
import libraries
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.people import Role
from broadsheet.services import Services
from broadsheet.store.people_schema import log_entry, pick
from people_factories import person, program_of, signed_in

LAST = "2608.00129"
"""The paper of the day with the fewest votes."""
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    records = editions.edition(editions.TODAY, 30, first=100)
    return create_app(libraries.open_library(tmp_path_factory.mktemp("picks"), records))


@pytest.fixture(scope="module")
def edda(app: FastAPI) -> TestClient:
    person(app.state.services, "alice", Role.OWNER)
    return signed_in(app, person(app.state.services, "edda", Role.EDITOR))


@pytest.fixture(autouse=True)
def services(app: FastAPI) -> Services:
    """The services, without picks."""
    opened: Services = app.state.services
    with opened.store._database.write() as connection:
        for table in (pick, log_entry):
            connection.execute(table.delete())
    return opened


@pytest.fixture
def charlie(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


def shown_keys(page: str) -> list[str]:
    return re.findall(r'class="headline"[^>]*><a href="/papers/([^"]+)"', page)


def test_a_pick_opens_the_front_page_with_its_note(edda: TestClient, charlie: TestClient) -> None:
    reply = edda.post(f"/papers/{LAST}/pick", data={"note": "Quiet, and right."})
    assert (reply.status_code, reply.headers["location"]) == (303, f"/papers/{LAST}#pick")
    page = charlie.get("/papers").text
    assert shown_keys(page)[0] == LAST
    assert "Editors’ pick" in page
    assert "Quiet, and right." in page
    assert "Editors&#39; pick for 2026-08-21." in page


def test_the_page_of_the_paper_shows_the_pick(edda: TestClient, charlie: TestClient) -> None:
    edda.post(f"/papers/{LAST}/pick", data={"note": "Quiet, and right."})
    page = charlie.get(f"/papers/{LAST}").text
    assert "Quiet, and right." in page
    assert f"/papers/{LAST}/unpick" not in page
    assert f"/papers/{LAST}/unpick" in edda.get(f"/papers/{LAST}").text


def test_a_day_with_picks_offers_the_front_page_and_the_votes(
    edda: TestClient, charlie: TestClient
) -> None:
    assert "Front page</a>" not in charlie.get("/papers").text
    edda.post(f"/papers/{LAST}/pick")
    for path in ("/papers", "/papers?sort=votes"):
        page = charlie.get(path).text
        assert "Front page</a>" in page
        assert "Most votes</a>" in page
    assert shown_keys(charlie.get("/papers?sort=votes").text)[0] != LAST


def test_every_surface_has_the_same_order(edda: TestClient, charlie: TestClient) -> None:
    edda.post(f"/papers/{LAST}/pick", data={"note": "Quiet, and right."})
    page = shown_keys(charlie.get("/papers").text)
    hits = charlie.get("/api/v1/papers?limit=25").json()
    feed = charlie.get("/feeds/day.json").json()
    assert [hit["id"] for hit in hits["papers"]] == page
    assert (hits["papers"][0]["pick"], hits["picks"]) == ("Quiet, and right.", 1)
    assert hits["papers"][1]["pick"] is None
    urls = [item["url"].rpartition("/")[2] for item in feed["items"]]
    assert urls[: len(page)] == page[: len(urls)]


def test_pages_of_a_front_page_hold_each_paper_once(edda: TestClient, charlie: TestClient) -> None:
    edda.post(f"/papers/{LAST}/pick")
    first = charlie.get("/api/v1/papers?limit=20").json()
    address = f"/api/v1/papers?limit=20&cursor={first['next_cursor']}"
    second = charlie.get(address).json()
    keys = [hit["id"] for hit in first["papers"] + second["papers"]]
    assert len(keys) == len(set(keys)) == first["total"] == 30


def test_the_archive_lists_picks_and_editors_move_them(
    edda: TestClient, charlie: TestClient
) -> None:
    for number in (128, 129):
        edda.post(f"/papers/2608.00{number}/pick")
    assert shown_keys(charlie.get("/picks").text) == ["2608.00128", "2608.00129"]
    assert "move-pick" not in charlie.get("/picks").text
    moved = edda.post(f"/papers/{LAST}/move-pick", data={"place": "1"})
    assert moved.headers["location"] == "/picks#day-2026-08-21"
    assert shown_keys(edda.get("/picks").text) == ["2608.00129", "2608.00128"]
    edda.post(f"/papers/{LAST}/unpick", data={"back": "picks"})
    assert shown_keys(edda.get("/picks").text) == ["2608.00128"]


def test_an_archive_without_picks_says_so(charlie: TestClient) -> None:
    assert "No paper has been picked yet." in charlie.get("/picks").text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"note": "x" * 100_000}, "note"),
        ({"day": "yesterday"}, "day"),
        ({"day": "2020-01-01"}, "day"),
        ({"day": "2027-01-01"}, "day"),
    ],
)
def test_a_wrong_field_is_said_where_it_stands(
    edda: TestClient, services: Services, fields: dict[str, str], field: str
) -> None:
    page = edda.post(f"/papers/{LAST}/pick", data=fields)
    assert page.status_code == 422
    marked = re.search(r'name="(\w+)"[^>]*aria-invalid="true"', page.text)
    assert marked is not None
    assert marked[1] == field
    assert services.community.picks.days() == []


def test_a_hostile_note_stays_a_text(edda: TestClient, charlie: TestClient) -> None:
    edda.post(f"/papers/{LAST}/pick", data={"note": HOSTILE})
    for path in ("/papers", "/picks", f"/papers/{LAST}"):
        page = charlie.get(path).text
        assert "&lt;script&gt;alert" in page
        assert HOSTILE not in page


def test_unknown_papers_cannot_be_picked(edda: TestClient) -> None:
    for act in ("pick", "unpick", "move-pick"):
        assert edda.post(f"/papers/2608.99999/{act}").status_code == 404
    assert edda.post(f"/papers/{LAST}/unpick").status_code == 404


def test_readers_and_strangers_do_not_pick(
    app: FastAPI, services: Services, charlie: TestClient
) -> None:
    bob = signed_in(app, person(services, "bob"))
    assert bob.post(f"/papers/{LAST}/pick").status_code == 403
    assert charlie.post(f"/papers/{LAST}/pick").status_code == 401
    assert services.community.picks.days() == []


def test_programs_of_editors_pick_and_unpick(app: FastAPI, services: Services) -> None:
    editor = program_of(app, person(services, "ed", Role.EDITOR))
    editor.put("/api/v1/papers/2608.00128/pick", json={})
    body = {"note": "First.", "place": 1}
    picked = editor.put(f"/api/v1/papers/{LAST}/pick", json=body)
    assert picked.json() == {
        "paper": LAST,
        "day": "2026-08-21",
        "place": 1,
        "note": "First.",
        "name": "ed",
    }
    listed = editor.get("/api/v1/picks").json()
    assert [one["paper"] for one in listed] == [LAST, "2608.00128"]
    assert editor.delete(f"/api/v1/papers/{LAST}/pick").status_code == 204
    assert editor.delete(f"/api/v1/papers/{LAST}/pick").status_code == 404
