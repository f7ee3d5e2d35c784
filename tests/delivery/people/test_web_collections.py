"""Collections and follows on pages and at the API."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import editions
import libraries
import pytest
from starlette.testclient import TestClient

from apps import app_around
from broadsheet.doings import FollowKind
from broadsheet.domain import PaperRecord
from broadsheet.follow_news import tell_followers
from broadsheet.people import Role
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from people_factories import person, program_of, signed_in

BIB = b"""@article{a, title={Salt on Oak Wheels}, eprint={2608.00001}, archiveprefix={arXiv}}
@article{b, title={Iron Wheels in Fresh Water}}
@article{c, title={A Work That Nobody Here Has}, author={Doe, Jane}}
@article{d, title={"""


def record(number: int, title: str, **fields: object) -> PaperRecord:
    values = {
        "source": "corpus",
        "record_id": f"2608.{number:05}",
        "arxiv_id": f"2608.{number:05}",
        "title": title,
        "abstract": f"{title}, measured in harbour {number} through a long winter of storms.",
        "authors": ("Ada Wheel", f"Author Number{number}"),
        "categories": ("physics.soc-ph",),
        "listed_on": date(2026, 8, 20),
        **fields,
    }
    return PaperRecord(**values)  # type: ignore[arg-type]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    opened = libraries.open_library(
        tmp_path,
        [
            record(1, "Salt on Oak Wheels"),
            record(2, "Iron Wheels in Fresh Water"),
            record(3, "Looms that Weave by Wind"),
        ],
    )
    person(opened, "owner", Role.OWNER)
    return opened


@pytest.fixture
def bob(services: Services) -> TestClient:
    return signed_in(app_around(services), person(services, "bob"))


def charlie(bob: TestClient) -> TestClient:
    return TestClient(bob.app, follow_redirects=False)


def make(bob: TestClient, **more: str) -> str:
    reply = bob.post("/collections", data={"name": "Mills", **more})
    assert reply.status_code == 303
    return reply.headers["location"]


def titles(page: str) -> list[str]:
    import re

    return [re.sub("<[^>]+>", "", t) for t in re.findall(r'class="headline"[^>]*>(.*?)</h2>', page)]


def test_collection_is_made_filled_arranged_and_deleted(bob: TestClient) -> None:
    path = make(bob, paper="2608.00002")
    bob.post(
        f"{path}/papers", data={"paper": "http://testserver/papers/2608.00001", "note": "Oak."}
    )
    page = bob.get(path).text
    assert titles(page) == ["Iron Wheels in Fresh Water", "Salt on Oak Wheels"]
    assert "Oak." in page
    bob.post(f"{path}/place", data={"paper": "2608.00001", "act": "move", "to": "1"})
    bob.post(f"{path}/place", data={"paper": "2608.00002", "act": "remove"})
    assert titles(bob.get(path).text) == ["Salt on Oak Wheels"]
    assert bob.post(f"{path}/delete", data={"name": "Other"}).status_code == 422
    assert bob.post(f"{path}/delete", data={"name": "Mills"}).status_code == 303
    assert bob.get(path).status_code == 404


def test_own_collections_are_listed_and_an_empty_page_says_what_they_are(bob: TestClient) -> None:
    assert "You have none yet" in bob.get("/collections").text
    make(bob)
    assert ">Mills</a>" in bob.get("/collections").text
    assert bob.post("/collections", data={"name": "mills"}).status_code == 422


def test_collect_button_puts_in_and_takes_out(bob: TestClient) -> None:
    path = make(bob)
    for expected in (["Looms that Weave by Wind"], []):
        bob.post("/papers/2608.00003/collect", data={"slug": "mills"})
        assert titles(bob.get(path).text) == expected


def test_private_page_is_for_its_owner_and_its_link(bob: TestClient) -> None:
    path = make(bob, paper="2608.00001")
    assert charlie(bob).get(path).status_code == 404
    assert charlie(bob).get(f"{path}/export.bib").status_code == 404
    bob.post(f"{path}/link", data={"act": "make"})
    page = bob.get(path).text
    link = page.partition(f"{path}?link=")[2].partition("<")[0]
    assert titles(charlie(bob).get(f"{path}?link={link}").text) == ["Salt on Oak Wheels"]
    assert charlie(bob).get(f"{path}/export.bib?link={link}").status_code == 200
    assert charlie(bob).get(f"{path}?link={link[:-1]}").status_code == 404
    bob.post(f"{path}/link", data={"act": "end"})
    assert charlie(bob).get(f"{path}?link={link}").status_code == 404


def test_public_collection_is_listed_and_named_on_its_papers(bob: TestClient) -> None:
    path = make(bob, paper="2608.00001", is_public="true")
    for page in ("/collections", "/papers/2608.00001"):
        assert path in charlie(bob).get(page).text


def test_search_looks_within_the_collection_only(bob: TestClient) -> None:
    path = make(bob, paper="2608.00001", is_public="true")
    assert titles(bob.get(f"{path}?q=wheels").text) == ["Salt on Oak Wheels"]
    assert "Nothing in this collection matches" in bob.get(f"{path}?q=looms+wind").text
    assert bob.get(f'{path}?q="open').status_code == 400


@pytest.mark.parametrize(
    ("ending", "mark"), [("bib", "@"), ("ris", "TY  - "), ("csl.json", '"title"')]
)
def test_collection_is_exported(bob: TestClient, ending: str, mark: str) -> None:
    path = make(bob, paper="2608.00001")
    reply = bob.get(f"{path}/export.{ending}")
    assert reply.status_code == 200
    assert mark in reply.text
    assert "Salt on Oak Wheels" in reply.text
    assert bob.get(f"{path}/export.doc").status_code == 404


def test_references_of_a_file_are_found_by_id_and_by_title(bob: TestClient) -> None:
    path = make(bob)
    page = bob.post(f"{path}/import", files={"file": ("mine.bib", BIB)}).text
    assert titles(page) == ["Salt on Oak Wheels", "Iron Wheels in Fresh Water"]
    assert "A Work That Nobody Here Has" in page
    assert "2 papers added" in page


def test_reader_s_file_brings_no_papers_into_the_library_and_an_editor_s_does(
    services: Services, bob: TestClient
) -> None:
    path = make(bob)
    bob.post(f"{path}/import", files={"file": ("mine.bib", BIB)})
    assert services.store.count() == 3
    edda = signed_in(bob.app, person(services, "edda", Role.EDITOR))  # type: ignore[arg-type]
    edda.post("/collections", data={"name": "Works"})
    edda.post("/people/edda/collections/works/import", files={"file": ("mine.bib", BIB)})
    assert services.store.count() == 4


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b\x08\x00bomb", b"%PDF-1.4 nothing", b"{}", b"\x00" * 1000, b"[]"],
)
def test_file_without_references_is_refused(bob: TestClient, content: bytes) -> None:
    path = make(bob)
    reply = bob.post(f"{path}/import", files={"file": ("x.bib", content)})
    assert reply.status_code == 422
    assert 'id="problem"' in reply.text


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("papers", {"paper": "2699.99999"}),
        ("papers", {"paper": ""}),
        ("edit", {"name": ""}),
        ("edit", {"name": "x" * 101}),
    ],
)
def test_bad_input_is_told_on_the_page(
    bob: TestClient, address: str, fields: dict[str, str]
) -> None:
    path = make(bob)
    reply = bob.post(f"{path}/{address}", data=fields)
    assert reply.status_code == 422
    assert 'role="alert"' in reply.text


def test_nobody_changes_what_is_somebody_else_s(services: Services, bob: TestClient) -> None:
    path = make(bob, paper="2608.00001", is_public="true")
    eve = signed_in(bob.app, person(services, "eve"))  # type: ignore[arg-type]
    for act in ("edit", "delete", "link", "papers", "place"):
        reply = eve.post(f"{path}/{act}", data={"name": "Mills", "paper": "2608.00001"})
        assert reply.status_code == 404
    assert "grave" not in eve.get(path).text
    assert titles(bob.get(path).text) == ["Salt on Oak Wheels"]


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_collection_is_a_feed_for_those_who_may_see_it(bob: TestClient, ending: str) -> None:
    path = make(bob, paper="2608.00001")
    feed = f"/feeds/collection/bob/mills.{ending}"
    assert charlie(bob).get(feed).status_code == 404
    bob.post(f"{path}/link", data={"act": "make"})
    link = bob.get(path).text.partition(f"{path}?link=")[2].partition("<")[0]
    reply = charlie(bob).get(f"{feed}?link={link}")
    assert "Salt on Oak Wheels" in reply.text
    assert reply.headers["cache-control"] == "private, no-cache"
    assert "noindex" in reply.headers["x-robots-tag"]
    again = charlie(bob).get(
        f"{feed}?link={link}", headers={"If-None-Match": reply.headers["etag"]}
    )
    assert again.status_code == 304
    bob.post(f"{path}/link", data={"act": "end"})
    assert charlie(bob).get(f"{feed}?link={link}").status_code == 404


def test_names_and_notes_are_escaped(bob: TestClient) -> None:
    path = make(bob, name="<script>alert(1)</script>", description="<img src=x onerror=y>")
    bob.post(f"{path}/papers", data={"paper": "2608.00001", "note": '"><svg onload=z>'})
    page = bob.get(path).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<svg onload" not in page


def test_api_keeps_collections(services: Services, bob: TestClient) -> None:
    program = program_of(bob.app, services.store.people.accounts.by_name("bob"))  # type: ignore[arg-type]
    made = program.post("/api/v1/collections", json={"name": "Mills"})
    assert made.status_code == 201
    path = "/api/v1/people/bob/collections/mills"
    for key in ("2608.00001", "2608.00002"):
        assert program.put(f"{path}/papers/{key}", json={}).status_code == 204
    program.put(f"{path}/papers/2608.00002", json={"note": "First.", "place": 1})
    papers = program.get(path).json()["papers"]
    assert [p["id"] if "id" in p else p["key"] for p in papers] == ["2608.00002", "2608.00001"]
    assert charlie(bob).get(path).status_code == 404
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404


def test_follows_are_kept_left_and_told_of(services: Services, bob: TestClient) -> None:
    bob.post("/following", data={"kind": "category", "subject": "cs.CL"})
    bob.post("/following", data={"kind": "author", "subject": "Mona Gear"})
    bob.post("/following", data={"kind": "search", "subject": "windmills"})
    new = [
        record(11, "Gears and Grammar", categories=("cs.CL",), authors=("Mona Gear",)),
        record(12, "Windmills of the North", listed_on=date(2026, 8, 21)),
        record(13, "Old Grammar", categories=("cs.CL",), listed_on=date(2025, 1, 1)),
    ]
    services.store.ingest(new, now=editions.NOW)
    sync_index(services)
    assert tell_followers(services) == 3
    assert tell_followers(services) == 0
    bob_account = services.store.people.accounts.by_name("bob")
    texts = sorted(n.text for n in services.community.notifications.of(bob_account))
    assert texts == [
        "New in Mona Gear: “Gears and Grammar”.",
        "New in cs.CL: “Gears and Grammar”.",
        "New in windmills: “Windmills of the North”.",
    ]
    assert "cs.CL" in bob.get("/following").text
    bob.post("/following/leave", data={"kind": "category", "subject": "cs.CL"})
    assert ">cs.CL<" not in bob.get("/following").text


@pytest.mark.parametrize(
    ("kind", "subject", "status"),
    [
        ("category", "", 422),
        ("nothing", "x", 422),
        ("person", "nobody-here", 404),
        ("person", "bob", 422),
        ("search", "x" * 600, 422),
    ],
)
def test_what_cannot_be_followed_is_told(
    bob: TestClient, kind: str, subject: str, status: int
) -> None:
    assert bob.post("/following", data={"kind": kind, "subject": subject}).status_code == status


@pytest.mark.parametrize(
    "away", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/e"]
)
def test_going_back_never_leads_away(bob: TestClient, away: str) -> None:
    data = {"kind": "category", "subject": "cs.CL", "next": away}
    assert bob.post("/following", data=data).headers["location"] == "/following"


def test_without_an_index_no_follow_tells_of_whatever_came_in(tmp_path: Path) -> None:
    services = open_services(Settings(data=tmp_path, _env_file=None), lambda: editions.NOW)
    bob = person(services, "bob")
    services.community.follows.follow(bob, FollowKind.AUTHOR, "Mona Gear")
    services.store.ingest([record(1, "Nothing of Hers")], now=editions.NOW)
    assert tell_followers(services) == 0
    services.store.close()
