"""Submissions, picks and claims in the terminal, as the operator uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bringing import by_hand, closed, crossref, found
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.people import Role
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from loopback import Loopback
from people_factories import person
from services_of_papers import arxiv_knows, arxiv_knows_nothing, use

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback.running() as server:
        arxiv_knows(server, "2607.12345", "Bells on Windmills and What Birds Say of Them")
        arxiv_knows_nothing(server)
        yield server


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setenv("BROADSHEET_DATA", str(tmp_path))
    opened = open_services(Settings(data=tmp_path))
    opened.store.ingest([found("2608.00001", listed_on=TODAY), crossref()], now=opened.clock())
    return opened


def run(*words: str) -> tuple[int, str]:
    reply = CliRunner().invoke(app, list(words))
    return reply.exit_code, reply.output + str(reply.exception or "")


def test_a_paper_is_brought_by_its_id(services: Services, server: Loopback) -> None:
    use(services, server)
    code, said = run("submit", "arXiv:2607.12345", "--comment", "Listen.", "--json")
    assert code == 0
    assert json.loads(said[said.index("{") :])["paper"] == "2607.12345"
    assert services.store.paper("2607.12345").listed_on == TODAY
    assert services.store.pending(services.index.state().revision) == 0
    code, said = run("submit", "2607.12345")
    assert (code, "is in the library already" in said) == (0, True)


def test_what_cannot_be_brought_ends_with_a_sentence(services: Services, server: Loopback) -> None:
    use(services, server)
    code, said = run("submit", "2607.99999")
    assert (code, "arXiv knows no paper" in said) == (1, True)
    code, said = run("submit", "http://127.0.0.1/x")
    assert (code, "No paper is named here" in said) == (1, True)


def test_submissions_are_listed_accepted_and_taken_out(services: Services) -> None:
    bob = person(services, "bob", Role.READER)
    person(services, "alice", Role.OWNER)
    made = closed(services.community.submissions).offer(bob, by_hand())
    number = str(made.submission_id)
    assert "Windmills That Sing" in run("submissions", "list")[1]
    assert "joined today's edition" in run("submissions", "accept", number, "--as", "alice")[1]
    assert services.store.count() == 3
    assert "Give a reason" in run("submissions", "decline", number, "--as", "alice")[1]
    run("submissions", "decline", number, "--reason", "No.", "--as", "alice")
    assert services.store.count() == 2
    assert "No submission waits." in run("submissions", "list")[1]


def test_papers_are_picked_and_the_list_of_the_day_shows_it(services: Services) -> None:
    code, said = run("picks", "add", "2608.00001", "--note", "Read it twice.")
    assert (code, said.strip()) == (0, f"2608.00001 is pick 1 of {TODAY}.")
    assert "Editors' pick. Read it twice." in " ".join(run("papers")[1].split())
    assert "Read it twice." in run("picks", "list")[1]
    [pick] = json.loads(run("picks", "list", "--json")[1])
    assert (pick["paper"], pick["place"]) == ("2608.00001", 1)
    assert run("picks", "remove", "2608.00001")[0] == 0
    assert "No paper has been picked." in run("picks", "list")[1]


def test_claims_are_listed_and_decided(services: Services) -> None:
    person(services, "alice", Role.OWNER)
    paper = services.store.paper("10.5555/clocks.7")
    made = services.community.claims.claim(person(services, "eve"), paper, "Bo Salt", "Me.")
    number = str(made.claim_id)
    assert "Bo Salt" in run("claims", "list")[1]
    assert json.loads(run("claims", "list", "--json")[1])[0]["name"] == "eve"
    assert "is granted" in run("claims", "grant", number, "--as", "alice")[1]
    said = run("claims", "revoke", number, "--reason", "A trick.", "--as", "alice")[1]
    assert "is declined" in said
    assert "No claim waits." in run("claims", "list")[1]


def test_a_reader_decides_nothing_in_the_terminal_either(services: Services) -> None:
    person(services, "alice", Role.OWNER)
    person(services, "bob")
    code, said = run("picks", "add", "2608.00001", "--as", "bob")
    assert (code, "This needs the role of editor" in said) == (1, True)
