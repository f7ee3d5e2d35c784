"""The commands for accounts, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.errors import BroadsheetError, Conflict, InputError, NotFound
from broadsheet.services import open_services
from broadsheet.settings import load_settings


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BROADSHEET_DATA", str(tmp_path))


def people(*arguments: str, answer: str | None = None) -> Result:
    result = CliRunner().invoke(app, ["people", *arguments], input=answer)
    if isinstance(result.exception, BroadsheetError):
        raise result.exception
    return result


def test_an_operator_adds_lists_promotes_and_removes_people() -> None:
    added = people("add", "alice")
    assert added.stdout.startswith("http://127.0.0.1:8000/link/")
    assert "alice is an owner now" in added.stderr
    people("add", "bob", "--email", "bob@people.example", "--role", "editor")
    people("role", "bob", "moderator")
    listed = json.loads(people("list", "--json").stdout)
    assert [(each["name"], each["role"], each["email"]) for each in listed] == [
        ("alice", "owner", None), ("bob", "moderator", "bob@people.example"),
    ]  # fmt: skip
    assert "bob@people.example (unconfirmed)" in people("list").stdout
    assert people("remove", "bob", answer="n\n").exit_code == 1
    people("remove", "bob", "--yes")
    assert len(json.loads(people("list", "--json").stdout)) == 1


def test_a_printed_link_is_new_each_time_and_can_reset() -> None:
    people("add", "alice")
    links = {people("link", "alice").stdout, people("link", "alice", "--reset").stdout}
    assert len(links) == 2


def test_an_operator_suspends_with_a_reason_and_undoes_it() -> None:
    people("add", "alice")
    people("add", "bob")
    people("suspend", "bob", "--reason", "Sold tides.")
    assert json.loads(people("list", "--suspended", "--json").stdout)[0]["name"] == "bob"
    people("unsuspend", "bob")
    assert json.loads(people("list", "--suspended", "--json").stdout) == []
    assert people("suspend", "bob").exit_code == 2


def test_mistakes_are_sentences() -> None:
    people("add", "alice")
    for arguments, kind in (
        (("add", "alice"), InputError), (("add", "Ä"), InputError), (("role", "bob", "editor"), NotFound),
        (("role", "alice", "reader"), Conflict), (("approve", "alice"), Conflict),
    ):  # fmt: skip
        with pytest.raises(kind):
            people(*arguments)
    assert "no role" in people("role", "alice", "king").stderr
    assert "no e-mail address" in people("add", "bob", "--email", "x").stderr


def test_what_an_operator_does_stands_in_the_log() -> None:
    people("add", "alice")
    people("add", "bob")
    people("link", "bob")
    people("remove", "bob", "--yes")
    services = open_services(load_settings())
    noted = services.store.people.log.entries(limit=10)
    assert [(entry.action, entry.is_public) for entry in noted] == [
        ("remove-account", True), ("print-link", False),
    ]  # fmt: skip
