"""Votes and a reader's marks on pages, by form, by script and by API."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import editions
import libraries
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from apps import app_around
from broadsheet.delivery.web.people.acting import own_address
from broadsheet.doings import Shelf
from broadsheet.errors import NotFound
from broadsheet.people import Role
from broadsheet.services import Services
from people_factories import person, program_of, signed_in

KEY = "2608.00100"
SCRIPT = {"Accept": "application/json"}
Ask = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    records = editions.edition(editions.TODAY, 30, first=100)
    records.append(
        editions.record(None, "A Show of Hands", "We count hands.", doi="10.5555/votes",
                        source="corpus", categories=())
    )  # fmt: skip
    opened = libraries.open_library(tmp_path_factory.mktemp("votes"), records)
    person(opened, "alice", Role.OWNER)
    yield opened
    opened.store.close()


@pytest.fixture
def services(kept: Services) -> Services:
    """The library without votes and marks of a test before."""
    for name in ("bob", "eve"):
        try:
            known = kept.store.people.accounts.by_name(name)
        except NotFound:
            continue
        kept.store.people.leaving.remove(known.account_id, with_comments=True, now=editions.NOW)
    return kept


@pytest.fixture
def bob(services: Services) -> TestClient:
    return signed_in(app_around(services), person(services, "bob"))


@pytest.fixture
def program(services: Services) -> TestClient:
    return program_of(app_around(services), person(services, "eve"))


def test_a_form_votes_and_leads_back_to_the_card(bob: TestClient) -> None:
    reply = bob.post(f"/papers/{KEY}/vote", data={"is": "1", "next": "/papers?sort=date"})
    assert (reply.status_code, reply.headers["location"]) == (
        303, f"/papers?sort=date#paper-{KEY}",
    )  # fmt: skip
    page = bob.get("/papers").text
    assert f'formaction="/papers/{KEY}/vote" name="is" value="0"' in page
    bob.post(f"/papers/{KEY}/vote", data={"is": "0"})
    assert f'formaction="/papers/{KEY}/vote" name="is" value="1"' in bob.get("/papers").text


def test_the_script_is_told_the_new_count(bob: TestClient) -> None:
    before = bob.post(f"/papers/{KEY}/vote", data={"is": "0"}, headers=SCRIPT).json()
    after = bob.post(f"/papers/{KEY}/vote", data={"is": "1"}, headers=SCRIPT).json()
    assert (before["is_on"], after["is_on"], after["label"]) == (False, True, "Voted")
    assert int(after["count"]) == int(before["count"]) + 1


def test_a_vote_of_nobody_leads_to_signing_in(services: Services) -> None:
    with TestClient(app_around(services), follow_redirects=False) as charlie:
        page = charlie.post(f"/papers/{KEY}/vote", headers={"Accept": "text/html"})
        assert page.status_code == 303
        assert page.headers["location"].startswith("/sign-in?next=")
        script = charlie.post(f"/papers/{KEY}/vote", headers=SCRIPT)
        assert (script.status_code, script.json()["title"]) == (401, "Sign in first")
        assert "formaction" not in charlie.get("/papers").text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)",
     "evil", "", "/papers\r\nSet-Cookie: x=1", "/" + "x" * 3000, "/\t/evil.example"],
)  # fmt: skip
def test_no_form_leads_to_another_site(bob: TestClient, elsewhere: str) -> None:
    reply = bob.post(f"/papers/{KEY}/saved", data={"is": "1", "next": elsewhere})
    assert reply.headers["location"] == f"/papers/{KEY}"


def test_a_path_of_ours_is_kept_with_its_query() -> None:
    assert own_address("/papers/week?cat=cs.LG&at=2#x", "/") == "/papers/week?cat=cs.LG&at=2"


def test_an_unknown_paper_is_not_found(bob: TestClient) -> None:
    for name in ("vote", "saved", "read", "dismissed", "note", "note/undo"):
        assert bob.post(f"/papers/2608.99999/{name}", headers=SCRIPT).status_code == 404
    assert bob.get("/papers/2608.99999/votes").status_code == 404


def test_the_history_names_both_parts_and_public_voters(
    services: Services, bob: TestClient
) -> None:
    known = services.store.people.accounts.by_name("bob")
    services.store.people.accounts.change(known.account_id, are_votes_public=True)
    bob.post(f"/papers/{KEY}/vote")
    page = bob.get(f"/papers/{KEY}/votes").text
    assert "130 votes at Hugging Face, 1 here" in page
    assert '<a href="/people/bob">bob</a>' in page
    assert bob.get(f"/papers/{KEY}v2/votes").headers["location"] == f"/papers/{KEY}/votes"


def test_a_paper_whose_own_key_ends_like_the_history_keeps_its_page(bob: TestClient) -> None:
    page = bob.get("/papers/10.5555/votes")
    assert page.status_code == 200
    assert '<h1 dir="auto">A Show of Hands</h1>' in page.text
    assert "<h1>Votes</h1>" in bob.get("/papers/10.5555/votes/votes").text


def test_a_dismissed_paper_is_folded_away_until_it_is_undone(bob: TestClient) -> None:
    bob.post(f"/papers/{KEY}/dismissed")
    assert f'<article class="card is-dismissed" id="paper-{KEY}">' in bob.get("/papers").text
    bob.post(f"/papers/{KEY}/dismissed", data={"is": "0"})
    assert "card is-dismissed" not in bob.get("/papers").text


def test_opening_a_paper_marks_it_by_a_change_of_its_own(bob: TestClient) -> None:
    assert bob.get(f"/papers/{KEY}").status_code == 200
    assert "card is-read" not in bob.get("/papers").text
    bob.post(f"/papers/{KEY}/read", headers=SCRIPT)
    assert "card is-read" in bob.get("/papers").text


def test_a_note_is_written_changed_and_brought_back(bob: TestClient) -> None:
    for note in ("<b>looms</b>", "kilns"):
        bob.post(f"/papers/{KEY}/note", data={"note": note})
    assert ">kilns</textarea>" in bob.get(f"/papers/{KEY}").text
    bob.post(f"/papers/{KEY}/note/undo")
    page = bob.get(f"/papers/{KEY}").text
    assert ">&lt;b&gt;looms&lt;/b&gt;</textarea>" in page
    assert "<b>looms" not in bob.get("/library?shelf=noted").text


def test_a_note_that_is_too_long_is_shown_again_whole(bob: TestClient) -> None:
    text = "x" * 10_001
    reply = bob.post(f"/papers/{KEY}/note", data={"note": text})
    assert reply.status_code == 422
    assert text in reply.text
    assert "A note may have 10,000 characters" in reply.text


def test_the_library_shows_shelves_filters_and_finds_words(bob: TestClient) -> None:
    bob.post(f"/papers/{KEY}/saved")
    bob.post("/papers/2608.00101/saved")
    bob.post(f"/papers/{KEY}/read")
    assert bob.get("/library").text.count('<article class="card') == 2
    assert bob.get("/library?unread=true").text.count('<article class="card') == 1
    found = bob.get("/library?q=weather").text
    assert found.count('<article class="card') == 1
    assert 'id="paper-2608.00101"' in found
    assert bob.get("/library?cat=cs.CL").text.count('<article class="card') == 1
    assert "Nothing on this shelf fits" in bob.get("/library?q=zzzz").text
    assert "No notes yet" in bob.get("/library?shelf=noted").text
    assert bob.get("/library?shelf=nowhere").status_code == 400


def test_the_library_is_for_its_reader_only(services: Services, bob: TestClient) -> None:
    with TestClient(app_around(services), follow_redirects=False) as charlie:
        reply = charlie.get("/library", headers={"Accept": "text/html"})
        assert reply.headers["location"] == "/sign-in?next=%2Flibrary"
    assert bob.get("/library").headers["cache-control"] == "private, no-cache"


def test_the_api_votes_idempotently_and_tells_the_history(program: TestClient) -> None:
    address = f"/api/v1/papers/{KEY}/vote"
    assert [program.put(address).json()["people_votes"] for _ in "ab"] == [1, 1]
    history = program.get(f"{address}s").json()
    assert (history["votes"], history["people_votes"]) == (131, 1)
    assert history["days"] == [{"day": "2026-08-21", "votes": 1, "counted": 1, "names": []}]
    assert [program.delete(address).json()["is_on"] for _ in "ab"] == [False, False]
    paper = program.get(f"/api/v1/papers/{KEY}").json()
    assert (paper["votes"], paper["people_votes"]) == (130, 0)


def test_the_api_keeps_the_library(program: TestClient) -> None:
    marks = f"/api/v1/papers/{KEY}/marks"
    assert program.put(f"{marks}/saved").json()["saved_at"]
    program.put(f"/api/v1/papers/{KEY}/note", json={"note": "looms"})
    shelf = program.get("/api/v1/library", params={"q": "looms"}).json()
    assert [(each["paper"]["id"], each["mark"]["note"]) for each in shelf["papers"]] == [
        (KEY, "looms")
    ]
    program.put(f"/api/v1/papers/{KEY}/note", json={"note": ""})
    assert program.post(f"/api/v1/papers/{KEY}/note/undo").json()["note"] == "looms"
    assert program.delete(f"{marks}/saved").json()["saved_at"] is None
    assert program.get(marks).json()["note"] == "looms"
    assert program.put(f"{marks}/burnt").status_code == 422
    assert program.put(f"/api/v1/papers/{KEY}/note", json={"note": "x" * 10_001}).status_code == 422


def test_too_many_votes_are_answered_429_with_the_wait(
    bob: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    monkeypatch.setattr("broadsheet.community.votes.PER_ACCOUNT", (1, timedelta(minutes=10)))
    bob.post(f"/papers/{KEY}/vote")
    reply = bob.post(f"/papers/{KEY}/vote", headers=SCRIPT)
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) > 0


def queries(services: Services, ask: Callable[[], object]) -> int:
    """How many SQL statements something takes."""
    said: list[str] = []
    engine = services.store._database._engine

    def note(*args: object) -> None:
        said.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([statement for statement in said if not statement.startswith("BEGIN")])


# Who asks, what they voted for, what they marked; a search offers their own collections too.
@pytest.mark.parametrize(
    ("path", "most"), [("/papers", 3), ("/papers?q=study", 4), ("/papers/trending?window=all", 3)]
)
def test_a_signed_in_page_takes_a_few_queries_more_however_long(
    services: Services, bob: TestClient, path: str, most: int
) -> None:
    known = services.store.people.accounts.by_name("bob")
    with TestClient(app_around(services)) as charlie:
        for client in (charlie, bob):
            client.get(path)
        without = queries(services, lambda: charlie.get(path))
    first = queries(services, lambda: bob.get(path))
    for number in range(100, 130):
        services.community.votes.cast(known, f"2608.00{number}")
        for shelf in (Shelf.SAVED, Shelf.READ):
            services.community.library.put(known, f"2608.00{number}", shelf)
    bob.get(path)
    assert queries(services, lambda: bob.get(path)) == first
    assert first - without <= most
