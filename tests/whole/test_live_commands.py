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

from broadsheet import intake
from broadsheet.services import open_services
from broadsheet.settings import Settings
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


def test_source_is_added_checked_harvested_and_found(run: Run, server: Loopback) -> None:
    server.answer("/hf", body=daily_list([1, 2]))
    run("sources", "add", "huggingface", "--set", f"url={server.url}/hf", "--set", "days=1")
    assert "2 papers" in run("sources", "check", "huggingface").stdout
    assert "2 new" in run("sources", "harvest", "huggingface").stdout
    assert run("search", "painting bridges", "--json").stdout.count('"id"') == 2


def test_two_workers_at_once_ask_each_source_once(
    run: Run, server: Loopback, tmp_path: Path
) -> None:
    server.answer("/hf", body=daily_list([1, 2]))
    names = [f"s{number}" for number in range(4)]
    services = open_services(Settings(data=tmp_path / "data"))
    for name in names:
        intake.add_source(services, "huggingface", {"url": f"{server.url}/hf", "days": "1"}, name)
    services.store.close()
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "broadsheet", "worker", "--once"],
            env=environment(tmp_path / "data"), stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    told = "".join(worker.communicate(timeout=60)[0] for worker in workers)
    assert [worker.returncode for worker in workers] == [0, 0]
    harvested = [line.split(":")[0] for line in told.splitlines() if ": " in line]
    assert sorted(harvested) == names
    assert len(server.requests()) == len(names)
    assert json.loads(run("status", "--json").stdout)["papers"] == 2


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
    assert "Going on from 2024-02-01" in done.stderr
    asked = [request.query["from"] for request in server.requests()]
    assert asked == ["2024-01-01", "2024-02-01", "2024-02-01"]
