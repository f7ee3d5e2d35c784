"""Live sources as an operator handles them: the real commands against a server on loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from programs import Run, environment

from loopback import DRIP, Loopback

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def one_loopback() -> Iterator[Loopback]:
    with Loopback.running() as server:
        yield server


@pytest.fixture
def server(one_loopback: Loopback) -> Loopback:
    one_loopback.forget()
    return one_loopback


def daily_list(numbers: list[int]) -> str:
    return json.dumps([
        {
            "paper": {
                "id": f"2608.{number:05d}",
                "title": f"Painting bridges, part {number}",
                "summary": f"We painted {number * 7919} bridges by hand.",
                "authors": [{"name": "Ada Lin"}],
                "publishedAt": "2026-08-20T01:00:00.000Z",
                "upvotes": 3,
            },
            "title": f"Painting bridges, part {number}",
            "numComments": 0,
        }
        for number in numbers
    ])  # fmt: skip


def oai_page(day: date, numbers: list[int], token: str = "") -> str:
    records = "".join(
        f"<record><header><identifier>oai:arXiv.org:2401.{number:05d}</identifier>"
        f"<datestamp>{day}</datestamp></header><metadata>"
        '<arXiv xmlns="http://arxiv.org/OAI/arXiv/">'
        f"<id>2401.{number:05d}</id><created>{day}</created><authors><author>"
        "<keyname>Lin</keyname></author></authors>"
        f"<title>Painting bridges, part {number}</title><categories>cs.LG</categories>"
        f"<abstract>We painted {number * 7919} bridges by hand.</abstract>"
        "</arXiv></metadata></record>"
        for number in numbers
    )
    more = f"<resumptionToken>{token}</resumptionToken>" if token else ""
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{TODAY}T00:00:00Z</responseDate>"
        f"<ListRecords>{records}{more}</ListRecords></OAI-PMH>"
    )


def add_list(run: Run, server: Loopback) -> None:
    run("sources", "add", "huggingface", "--set", f"url={server.url}/hf", "--set", "days=1")


def test_source_is_added_checked_harvested_paused_and_removed(run: Run, server: Loopback) -> None:
    server.answer("/hf", body=daily_list([1, 2]))
    assert "No live sources" in run("sources").stderr
    add_list(run, server)
    checked = run("sources", "check", "huggingface").stdout
    assert "2 papers" in checked
    assert "Painting bridges, part 1" in checked
    assert json.loads(run("status", "--json").stdout)["papers"] == 0
    assert "2 new" in run("sources", "harvest", "huggingface").stdout
    assert run("search", "painting bridges", "--json").stdout.count('"id"') == 2
    listed = json.loads(run("sources", "list", "--json").stdout)
    assert [(one["name"], one["state"]) for one in listed] == [("huggingface", "fresh")]
    run("sources", "pause", "huggingface")
    assert "Paused" in run("sources").stdout
    run("sources", "resume", "huggingface")
    run("sources", "remove", "huggingface")
    assert "No live sources" in run("sources").stderr
    assert json.loads(run("status", "--json").stdout)["papers"] == 2


def test_worker_harvests_what_is_due_and_says_what_failed(run: Run, server: Loopback) -> None:
    server.answer("/hf", body=daily_list([1]))
    server.answer("/oai", status=503, headers={"Retry-After": "1200"})
    add_list(run, server)
    run("sources", "add", "arxiv-oai", "--set", f"url={server.url}/oai")
    told = run("worker", "--once").stdout
    assert "huggingface: fresh" in told
    assert "arxiv-oai: failed" in told
    assert "2 sources harvested" in told
    status = run("status").stdout
    assert "huggingface: fresh" in status
    assert "HTTP 503" in status
    assert "0 sources harvested" in run("worker", "--once").stdout


def test_keys_are_never_shown(run: Run, server: Loopback) -> None:
    secret = "do-not-tell-anybody"
    run(
        "sources",
        "add",
        "semantic-scholar",
        "--set",
        f"url={server.url}/s2",
        "--set",
        f"key={secret}",
    )
    shown = [
        run("sources"),
        run("sources", "list", "--json"),
        run("sources", "check", "semantic-scholar"),
        run("sources", "harvest", "semantic-scholar"),
    ]
    assert all(secret not in one.stdout + one.stderr for one in shown)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("sources", "add", "telepathy"), "no kind of source"),
        (("sources", "add", "huggingface", "--set", "days"), "OPTION=VALUE"),
        (("sources", "check", "nobody"), "There is no source"),
        (("backfill", "biorxiv", "--from", "2024-01-01"), "cannot be filled"),
        (("backfill", "arxiv", "--from", "2024-02-01", "--until", "2024-01-01"), "lies before"),
    ],
)
def test_mistake_is_a_sentence_and_exit_code_1(
    run: Run, command: tuple[str, ...], sentence: str
) -> None:
    done = run(*command, code=1)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_backfill_killed_in_a_month_goes_on_there(
    run: Run, server: Loopback, tmp_path: Path
) -> None:
    january, february = {"from": "2024-01-01"}, {"from": "2024-02-01"}
    server.answer("/oai", body=oai_page(date(2024, 1, 9), [1, 2]), query=january)
    slow = oai_page(date(2024, 2, 9), [3, 4])
    server.answer("/oai", body=slow, query=february, fault=DRIP, times=1)
    server.answer("/oai", body=slow, query=february)
    command = ("backfill", "arxiv", "--from", "2024-01-01", "--until", "2024-02-20",
               "--url", f"{server.url}/oai")  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "broadsheet", *command],
        env=environment(tmp_path / "data"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(server.requests()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = run(*command)
    assert "2 new papers" in done.stdout
    assert json.loads(run("status", "--json").stdout)["papers"] == 4
    asked = [request.query["from"] for request in server.requests()]
    assert asked == ["2024-01-01", "2024-02-01", "2024-02-01"]
    assert "No live sources" in run("sources").stderr
