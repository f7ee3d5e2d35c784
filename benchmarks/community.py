"""Votes of 200 people at once, and what being signed in costs a page: part of `make bench`.

Against a real `broadsheet serve`, on SQLite and on a PostgreSQL cluster of its own with its default
settings. Every voter has an account, a token and an address (which the server believes of a proxy
on this machine), so that the limits in force are the real ones.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Row, median_and_p95, print_table, times_ms
from broadsheet.community.secrets import digest, new_token
from broadsheet.doings import Shelf
from broadsheet.domain import PaperRecord
from broadsheet.people import Account, ApiToken
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings

VOTERS = 200
ROUNDS = 11
"""Requests of each voter on one paper: on, off, ..., on. Odd, so that every vote stands at last."""
PAPERS = 60
EACH = 10
"""Papers that each voter votes for, of all of them."""
PAGES = 200
COMMENTS = 1_000
LEAST_RATE = {"SQLite": 150, "PostgreSQL": 300}
TODAY = date(2026, 8, 21)


@dataclass(frozen=True, slots=True)
class Voter:
    """An account, the secret of its token, and the address that its requests come from."""

    account: Account
    secret: str
    address: str


def main() -> None:
    """Measure and print tables."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        rows += _database("SQLite", "", Path(folder))
    with tempfile.TemporaryDirectory() as folder, _postgresql() as url:
        rows += _database("PostgreSQL", url, Path(folder)) if url else []
    print_table("Votes of 200 people at once", rows)
    with tempfile.TemporaryDirectory() as folder:
        print_table("Pages for readers who are signed in", list(_pages(Path(folder))))


@contextmanager
def _postgresql() -> Iterator[str]:
    """The address of an empty database of a fresh cluster; empty where there is no PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        print("PostgreSQL is not on this machine: its rows are missing.")
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-bench-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")

    def run(name: str, *arguments: str) -> None:
        command = [*as_user, str(found[-1].parent / name), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    run("initdb", "-A", "trust", "-U", "postgres")
    run("pg_ctl", "-o", f"-k {folder} -c listen_addresses=''", "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _database(name: str, url: str, folder: Path) -> Iterator[Row]:
    services = _library(folder, url)
    voters = _voters(services)
    keys = [_key(number) for number in range(PAPERS)]
    yield _store_rate(name, services, voters, keys)
    with _server(folder, url) as port:
        toggles = [[("PUT", "DELETE")[turn % 2] + f" {keys[0]}" for turn in range(ROUNDS)]] * VOTERS
        yield _rate(f"{name}, on one paper, over HTTP", port, voters, toggles, LEAST_RATE[name])
        many = [[f"PUT {keys[1 + (place + turn) % (PAPERS - 1)]}" for turn in range(EACH)]
                for place in range(VOTERS)]  # fmt: skip
        yield _rate(f"{name}, on many papers, over HTTP", port, voters, many, LEAST_RATE[name])
    expected = VOTERS * (1 + EACH)
    found = sum(services.store.paper(key).people_votes for key in keys)
    wrong = services.store.people.counters.check()
    figure = f"{found:,} of {expected:,}, {len(wrong)} counters wrong"
    is_met = found == expected and not wrong
    yield Row(f"{name}, votes kept of those cast", figure, "all, none", is_met)
    services.store.close()


def _library(folder: Path, url: str = "") -> Services:
    services = open_services(Settings(data=folder, database_url=url))
    services.store.ingest([_record(number) for number in range(PAPERS)], now=datetime.now(UTC))
    sync_index(services)
    return services


def _key(number: int) -> str:
    return f"2608.{number + 1:05d}"


def _record(number: int) -> PaperRecord:
    return PaperRecord(
        "hf_daily", _key(number), f"Looms of the Town Number {number}",
        f"We count the looms of town {number}, and what they weave in winter. " * 6,
        authors=("Ada Wheel", "Bo Salt"), arxiv_id=_key(number), categories=("cs.LG", "stat.ML"),
        listed_on=TODAY if number < 40 else TODAY - timedelta(days=1), votes=number, comments=1,
    )  # fmt: skip


def _voters(services: Services) -> list[Voter]:
    made_at = datetime.now(UTC) - timedelta(days=30)
    return [_voter(services, number, made_at) for number in range(VOTERS)]


def _voter(services: Services, number: int, made_at: datetime) -> Voter:
    people, name = services.store.people, f"voter{number}"
    account = people.accounts.create(
        name, email=f"{name}@people.example", password_hash=None, created_at=made_at,
        verified_at=made_at,
    )  # fmt: skip
    assert account is not None  # noqa: S101 - the library is new
    secret = f"bsk_{new_token()}"
    people.sessions.add_token(
        digest(secret),
        ApiToken(f"token{number}", account.account_id, "bench", can_write=True,
                 created_at=made_at),
    )  # fmt: skip
    return Voter(account, secret, f"10.1.{number // 250}.{number % 250 + 1}")


def _store_rate(name: str, services: Services, voters: Sequence[Voter], keys: Sequence[str]) -> Row:
    """Votes a second through the rules, from 16 threads, cast and then withdrawn."""
    votes = services.community.votes

    def vote(voter: Voter) -> None:
        for key in keys[:5]:
            votes.cast(voter.account, key, address=voter.address)
            votes.withdraw(voter.account, key, address=voter.address)

    started = time.perf_counter()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(vote, voters))
    rate = VOTERS * 10 / (time.perf_counter() - started)
    return Row(f"{name}, in the process, limits and trace included", f"{rate:,.0f} votes/s")


@contextmanager
def _server(folder: Path, url: str = "") -> Iterator[int]:
    environment = {
        **os.environ, "BROADSHEET_DATA": str(folder), "BROADSHEET_DATABASE_URL": url,
        "BROADSHEET_WORKER": "false",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "broadsheet", "serve", "--port", "0"],
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield _port(process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None  # noqa: S101 - for the type checker
    for line in process.stderr:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found.group(1))
    message = "the server stopped before it printed its address"
    raise RuntimeError(message)


def _rate(
    what: str, port: int, voters: Sequence[Voter], requests: Sequence[Sequence[str]], least: int
) -> Row:
    async def everybody() -> list[list[float]]:
        return await asyncio.gather(
            *(_vote(port, voter, wanted) for voter, wanted in zip(voters, requests, strict=True))
        )

    started = time.perf_counter()
    times = [each for voter in asyncio.run(everybody()) for each in voter]
    rate = len(times) / (time.perf_counter() - started)
    median, p95 = median_and_p95(times)
    figure = f"{rate:,.0f} votes/s; a vote waits median {median:,.0f} ms, p95 {p95:,.0f} ms"
    return Row(what, figure, f"{least} votes/s", rate >= least)


async def _vote(port: int, voter: Voter, requests: Sequence[str]) -> list[float]:
    """Milliseconds of every request of a voter; raises RuntimeError for any that is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for request in requests:
        method, key = request.split()
        started = time.perf_counter()
        writer.write(
            f"{method} /api/v1/papers/{key}/vote HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {voter.secret}\r\nX-Forwarded-For: {voter.address}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length.group(1)) if length else 0)
        if b" 200 " not in head.splitlines()[0]:
            message = f"{request} was answered {head.splitlines()[0]!r}: {body[:300]!r}"
            raise RuntimeError(message)
        times.append((time.perf_counter() - started) * 1000)
    writer.close()
    return times


def _pages(folder: Path) -> Iterator[Row]:
    services = _library(folder)
    voter = _voter(services, 0, datetime.now(UTC) - timedelta(days=30))
    for number in range(0, 40, 2):
        services.community.votes.cast(voter.account, _key(number))
        services.community.library.put(voter.account, _key(number), Shelf.SAVED)
        services.community.library.put(voter.account, _key(number + 1), Shelf.READ)
    path, thread = f"/papers/date/{TODAY}", f"/papers/{_key(3)}"
    _write_thread(services, voter, _key(3))
    with _server(folder) as port:
        out, within = _getter(port), _getter(port, voter.secret)
        for get in (out, within):
            times_ms(get, [path] * 20)
        # One after the other, so that whatever else this machine does disturbs both alike.
        times = [times_ms(get, [path]) for _ in range(PAGES) for get in (out, within)]
        medians = [median_and_p95([each for one in times[place::2] for each in one])
                   for place in (0, 1)]  # fmt: skip
        threads = times_ms(within, [thread] * 40)[10:]
    (without, _), (signed_in, p95) = medians
    more = signed_in - without
    yield Row("daily page of 25 papers, signed out", f"median {without:.1f} ms")
    yield Row("the same for a reader, with votes, saved and read papers",
              f"median {signed_in:.1f} ms, p95 {p95:.1f} ms, {more:+.1f} ms", "+10 ms",
              more <= 10)  # fmt: skip
    median, p95 = median_and_p95(threads)
    yield Row(f"paper page with a thread of {COMMENTS:,} comments, signed in",
              f"median {median:.0f} ms, p95 {p95:.0f} ms", "150 ms", median <= 150)  # fmt: skip
    services.store.close()


def _write_thread(services: Services, voter: Voter, key: str) -> None:
    """Comments with mathematics, every other one an answer to the one before."""
    last: int | None = None
    began_at = datetime.now(UTC) - timedelta(days=2)
    for number in range(COMMENTS):
        made, _ = services.store.people.comments.add(
            key,
            parent_id=last if number % 2 else None,
            account_id=voter.account.account_id,
            body=f"Loom {number} *weaves* $w_{{{number}}} = 2^k$, as `count()` says. " * 3,
            told=(),
            now=began_at + timedelta(seconds=number),
            same_since=began_at,
        )
        last = made.comment_id


def _getter(port: int, secret: str = "") -> Callable[[str], bytes]:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(path: str) -> bytes:
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            message = f"{path} answered {reply.status}"
            raise RuntimeError(message)
        return body

    return get


if __name__ == "__main__":
    main()
