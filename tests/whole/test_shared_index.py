"""Several servers on one PostgreSQL database and one index in a bucket, while it is built anew."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx2
import orjson
import pytest
from programs import environment, invented_paper

from broadsheet.index.places import place_of
from broadsheet.pipeline import import_files
from broadsheet.services import open_services
from broadsheet.settings import Settings
from object_store import ObjectStore

PAPERS = 200
LATE = "title:penguins"
SEARCHES = ("lanterns", "glaciers by hand", "title:beehives", '"counting kites"', "author:author7")


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    started = ObjectStore()
    yield started
    started.stop()


@pytest.fixture
def address(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{store.make()}/index"


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(store_url: str, address: str, tmp_path: Path) -> Start:
    def starting(*arguments: str, folder: str = "machine") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "broadsheet", *arguments],
            env={
                **environment(tmp_path / folder),
                "BROADSHEET_DATABASE_URL": store_url,
                "BROADSHEET_INDEX": address,
                "BROADSHEET_SECRET_KEY": "a secret that both servers share, long enough",
                "BROADSHEET_WORKER": "false",
                "BROADSHEET_LOAD_SAMPLE": "false",
            },
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return starting


@pytest.fixture
def papers(tmp_path: Path) -> str:
    file = tmp_path / "papers.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(invented_paper(number)) for number in range(PAPERS)))
    return str(file)


def finish(process: subprocess.Popen[str]) -> str:
    """What a command printed."""
    printed, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return printed


@contextmanager
def serving(*servers: subprocess.Popen[str]) -> Iterator[list[str]]:
    """The addresses of servers, which are killed at the end."""
    try:
        yield [address_of(server) for server in servers]
    finally:
        for server in servers:
            server.kill()
            server.communicate()


def address_of(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if "http://" in line:
            return line.split()[3]
    raise AssertionError("the server did not start")


class Traffic:
    """Searches at some servers, one after the other, from one thread for each."""

    def __init__(self, addresses: list[str]) -> None:
        self.troubles: list[str] = []
        self.answers = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(each,)) for each in addresses]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, address: str) -> None:
        with httpx2.Client(base_url=address, timeout=30) as client:
            while not self._over.is_set():
                for query in SEARCHES:
                    trouble = trouble_of(client, query)
                    if trouble:
                        self.troubles.append(trouble)
                    self.answers += 1


def trouble_of(client: httpx2.Client, query: str) -> str:
    answer = client.get("/api/v1/search", params={"q": query})
    if answer.status_code != 200:
        return f"{query}: {answer.status_code} {answer.text[:200]}"
    found = answer.json()
    notes = [note for note in found["notes"] if "not yet searchable" not in note]
    if notes or not found["total"]:
        return f"{query}: {found['total']} {found['notes']}"
    return ""


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_servers_that_share_an_index_change_over_to_a_new_one_without_a_failed_request(
    start: Start, address: str, papers: str, store_url: str, tmp_path: Path
) -> None:
    finish(start("import", papers))
    servers = [start("serve", "--port", "0", folder=name) for name in ("one", "other")]
    with serving(*servers) as addresses:
        clients = [httpx2.Client(base_url=each, timeout=60) for each in addresses]
        with Traffic(addresses) as traffic:
            add_without_indexing(tmp_path, store_url, address)
            assert all(trouble_of(client, LATE) for client in clients)
            finish(start("reindex"))
            assert place_of(address).read("CURRENT") == b"generation-000002"
            for client in clients:
                wait_for(lambda client=client: trouble_of(client, LATE) == "")
            place_of(address).remove_folder("generation-000001")
            before = traffic.answers
            wait_for(lambda: traffic.answers >= before + 20)
    assert traffic.troubles == []
    assert before > 0


def add_without_indexing(folder: Path, store_url: str, address: str) -> None:
    """A paper that only an index built from now on knows."""
    file = folder / "late.jsonl"
    file.write_bytes(orjson.dumps({**invented_paper(9000), "title": "Counting Penguins at Mills"}))
    settings = Settings(data=folder / "machine", database_url=store_url, index=address)
    services = open_services(settings)
    assert import_files(services, [file]).counts.new == 1
    services.store.close()


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_server_whose_bucket_is_gone_finds_titles_says_so_and_recovers(
    start: Start, store: ObjectStore, address: str, papers: str
) -> None:
    finish(start("import", papers))
    bucket = address.split("/")[2]
    contents = store.take_away(bucket)
    with (
        serving(start("serve", "--port", "0")) as (server,),
        httpx2.Client(base_url=server, timeout=60) as client,
    ):
        found = client.get("/api/v1/search", params={"q": "lanterns"}).json()
        assert found["total"] > 0
        assert "cannot be read just now" in found["notes"][0]
        assert "titles" in found["notes"][0]
        page = client.get("/papers", params={"q": "lanterns"})
        assert page.status_code == 200
        assert bucket in page.text
        assert "there is no such bucket" in " ".join(finish(start("status")).split())
        store.give_back(bucket, contents)
        wait_for(lambda: trouble_of(client, "lanterns") == "")
        assert place_of(address).read("CURRENT") == b"generation-000001"
