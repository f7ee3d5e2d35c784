"""The `broadsheet` command as a person runs it, and the same lists at the API."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from programs import Run, invented_paper
from typer.testing import CliRunner

from broadsheet import pipeline
from broadsheet.cli import app
from broadsheet.delivery.app import create_app
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

Say = Callable[..., dict[str, Any]]
NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
PAGE = """new

Get trending papers in your email inbox!

Subscribe

byAK and the research community

Mar 13

Lighthouses That Learn to Blink

We teach lighthouses to blink. Ships that saw them came home earlier than ships that did not.

Do Harbours Dream?

They do, in winter, when the ice makes no sound. We recorded four harbours for a year.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 200 invented papers, for reading."""
    folder = tmp_path_factory.mktemp("library")
    lines = folder / "papers.jsonl"
    lines.write_bytes(b"\n".join(orjson.dumps(invented_paper(number)) for number in range(200)))
    services = open_services(Settings(data=folder / "data"), lambda: NOW)
    pipeline.import_files(services, [lines])
    pipeline.sync_index(services)
    services.store.close()
    return folder / "data"


@pytest.fixture
def say(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a reading command in this process and parse its JSON."""
    monkeypatch.setenv("BROADSHEET_DATA", str(folder))

    def saying(*arguments: str) -> dict[str, Any]:
        result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    return saying


@pytest.fixture(scope="module")
def services(folder: Path) -> Services:
    return open_services(Settings(data=folder), lambda: NOW)


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services)) as client:
        yield client


LISTS = [
    (("papers",), "/papers", "/papers"),
    (("papers", "--date", "2026-08-03"), "/papers?date=2026-08-03", "/papers/date/2026-08-03"),
    (("papers", "--week", "2026-W32"), "/papers?week=2026-W32", "/papers/week/2026-W32"),
    (("papers", "--month", "2026-08"), "/papers?month=2026-08", "/papers/month/2026-08"),
    (("papers", "--trending", "week"), "/trending?window=week", "/papers/trending?window=week"),
    (("search", "beehives"), "/search?q=beehives", "/papers?q=beehives"),
    (("search", "glaciers", "--sort", "date"), "/search?q=glaciers&sort=date",
     "/papers?q=glaciers&sort=date"),
    (("search", "kites", "--cat", "cs.LG"), "/search?q=kites&cat=cs.LG", "/papers?q=kites&cat=cs.LG"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "endpoint", "page"), LISTS, ids=[row[1] for row in LISTS])
def test_a_listing_has_the_same_papers_in_the_same_order_on_every_surface(
    command: tuple[str, ...], endpoint: str, page: str, say: Say, client: TestClient
) -> None:
    in_terminal = [paper["id"] for paper in say(*command)["papers"]]
    at_the_api = [paper["id"] for paper in client.get(f"/api/v1{endpoint}").json()["papers"]]
    html = client.get(page).text
    places = [html.find(f'href="/papers/{key}"') for key in in_terminal]
    assert in_terminal
    assert in_terminal == at_the_api
    assert -1 not in places
    assert places == sorted(places)


def test_paging_through_a_search_shows_every_paper_once(client: TestClient) -> None:
    path, seen = "/api/v1/search?q=beehives+winter&limit=7", []
    while path:
        reply = client.get(path).json()
        seen += [paper["id"] for paper in reply["papers"]]
        cursor = reply["next_cursor"]
        path = f"/api/v1/search?q=beehives+winter&limit=7&cursor={cursor}" if cursor else ""
    assert len(seen) == len(set(seen)) == reply["total"]


def test_a_paper_is_shown_in_the_terminal_and_at_the_api_alike(
    say: Say, client: TestClient
) -> None:
    shown = say("show", "2601.00001")
    served = client.get("/api/v1/papers/2601.00001").json()
    assert {**shown, "url": ""} == {**served, "url": ""}


def test_a_query_that_does_not_parse_is_shown_with_a_caret(run: Run) -> None:
    done = run("search", "loud author:", code=2)
    assert done.stderr.endswith("  loud author:\n       ^\n")
    assert "Traceback" not in done.stderr


def test_importing_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(PAGE)
    first = json.loads(run("import", "--json", "page.txt").stdout)
    again = json.loads(run("import", "--json", "page.txt").stdout)
    assert (first["new"], again["new"], again["unchanged"], again["indexed"]) == (2, 0, 2, 0)


def test_standard_input_and_folders_are_read(run: Run, tmp_path: Path) -> None:
    first = run("import", "--json", "-", stdin=PAGE.encode())
    assert json.loads(first.stdout)["new"] == 2
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "a").write_bytes(gzip.compress(orjson.dumps(invented_paper(1))))
    (folder / "b").write_bytes(orjson.dumps(invented_paper(2)))
    second = run("import", "--json", "many")
    assert json.loads(second.stdout)["new"] == 2


def test_rejected_records_are_listed_with_file_position_and_reason(
    run: Run, tmp_path: Path
) -> None:
    lines = [orjson.dumps(invented_paper(1)), b"{ this is no JSON", orjson.dumps(invented_paper(2))]
    (tmp_path / "mixed.jsonl").write_bytes(b"\n".join(lines))
    summary = json.loads(run("import", "--json", "mixed.jsonl").stdout)
    assert (summary["new"], summary["rejected"]) == (2, 1)
    (reject,) = json.loads(run("rejects", "--json").stdout)
    assert reject["file"].endswith("mixed.jsonl")
    assert reject["position"] == "line 2"
    assert reject["reason"]
    run("rejects", "--clear")
    assert json.loads(run("rejects", "--json").stdout) == []


def test_when_nothing_can_be_read_the_exit_code_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>502 Bad Gateway</title>")
    done = run("import", "page.html", code=1)
    assert "page.html" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_export_taken_back_is_an_equal_library(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(PAGE)
    (tmp_path / "papers.jsonl").write_bytes(orjson.dumps(invented_paper(3)))
    run("import", "page.txt", "papers.jsonl")
    run("sample", "load")
    exported = run("export").stdout
    (tmp_path / "export.jsonl").write_text(exported)
    other = tmp_path / "other"
    run("import", "export.jsonl", folder=other)
    again = run("export", folder=other).stdout
    first, second = (
        [{**json.loads(line), "added_at": ""} for line in text.splitlines()]
        for text in (exported, again)
    )
    assert len(first) == 69
    assert first == second


def test_the_sample_edition_fills_the_days_of_the_last_week(run: Run, tmp_path: Path) -> None:
    run("sample", "load")
    today = datetime.now(UTC).date()
    for days_ago in range(7):
        found = run("papers", "--date", str(today - timedelta(days=days_ago)), "--json").stdout
        assert json.loads(found)["total"] >= 9
    shown = json.loads(run("show", "1706.03762", "--json").stdout)
    assert shown["published_at"].startswith("2017-06-12")


def test_the_sample_edition_can_be_taken_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "papers.jsonl").write_bytes(orjson.dumps(invented_paper(3)))
    run("import", "papers.jsonl")
    run("sample", "load")
    assert json.loads(run("status", "--json").stdout)["papers"] == 67
    run("sample", "remove")
    status = json.loads(run("status", "--json").stdout)
    assert (status["papers"], status["indexed"], status["pending"]) == (1, 1, 0)


def test_lists_still_work_when_the_index_is_gone(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(PAGE)
    run("import", "page.txt")
    subprocess.run(["rm", "-r", str(data / "index")], check=True)
    listed = run("papers", "--json")
    assert len(json.loads(listed.stdout)["papers"]) == 2
    found = json.loads(run("search", "lighthouses", "--json").stdout)
    assert [paper["title"] for paper in found["papers"]] == ["Lighthouses That Learn to Blink"]
    assert found["notes"]
    assert "reindex" in run("status").stdout
    run("reindex")
    assert json.loads(run("search", "lighthouses", "--json").stdout)["notes"] == []


def test_doctor_finds_nothing_wrong_with_a_good_library(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(PAGE)
    run("import", "page.txt")
    findings = json.loads(run("doctor", "--json").stdout)
    assert {finding["health"] for finding in findings} == {"good"}


def test_doctor_says_what_to_do_about_a_damaged_database(run: Run, data: Path) -> None:
    data.mkdir()
    (data / "broadsheet.sqlite").write_bytes(b"this is no database " * 100)
    done = run("doctor", code=1)
    assert "database" in done.stdout
    assert "Traceback" not in done.stderr
