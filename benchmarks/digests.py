"""Digests by mail: 10,000 readers composed and handed over, one digest, and 50 random kills.

Papers are the real ones of the Hugging Face archive; the mail server is a real one in a process of
its own on this machine, so it shares the cores. Part of `make bench`.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event, insert

from benchmarks.measure import (
    PROJECT,
    Row,
    data_folder,
    median_and_p95,
    print_table,
    run_child,
    times_ms,
)
from broadsheet.delivery.mail.rounds import Desk, queue_due, send_due
from broadsheet.mail import MailState, Preferences, Subscriber, Subscription, SubscriptionKind
from broadsheet.process import tune
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.mail_schema import subscriber
from broadsheet.subscriptions.preferences import write_preferences

sys.path.insert(0, str(PROJECT / "tests"))

from mail_sink import Sink

READERS = 10_000
SETS = 200
KILLED_READERS = 2_000
KILLS = 50
COMPOSING_KILLS = 15
"""So many fall while digests are composed, the others while mails are handed over."""
MIB = 1 << 20
SUBJECTS = (
    "language models", "image generation", "reinforcement learning", "robot manipulation",
    "speech", "retrieval", "benchmark", "video", "code generation", "reasoning",
)  # fmt: skip


def main() -> None:
    """Measure and print a table; with arguments, be one of the measured processes."""
    tune()
    if len(sys.argv) > 1:
        _be_measured(Path(sys.argv[1]), int(sys.argv[2]))
        return
    base = _library(data_folder())
    print_table("Digests by mail", _rows(base))


def _rows(base: Path) -> Iterator[Row]:
    yield from _one_digest(base)
    yield from _ten_thousand(base)
    yield from _kills(base)


def _library(data: Path) -> Path:
    base = PROJECT / ".bench" / "digests"
    if not base.exists():
        files = [str(file) for file in sorted((data / "hf_daily").glob("*.json.gz"))]
        command = [sys.executable, "-m", "broadsheet", "import", *files]
        run_child(command, {"BROADSHEET_DATA": str(base)})
    return base


def _opened(data: Path, port: int) -> Services:
    settings = Settings(
        data=data,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        mail_from="Broadsheet <papers@example.org>",
        base_url="https://papers.example.org",
    )
    services = open_services(settings)
    newest = services.store.newest_day()
    services.store.close()
    assert newest is not None  # noqa: S101 - the archive has papers
    now = datetime(newest.year, newest.month, newest.day, 8, tzinfo=UTC)
    return open_services(settings, lambda: now)


def _preferences(number: int) -> Preferences:
    """One of 200 different sets: ten subjects, four sizes, five ways to leave out."""
    search = Subscription(SubscriptionKind.SEARCH, SUBJECTS[number % 10])
    plain = SubscriptionKind.TRENDING if number % 3 else SubscriptionKind.DAY
    return Preferences(
        subscriptions=(Subscription(plain), search),
        most_papers=(5, 10, 15, 20)[number // 10 % 4],
        least_votes=number // 40 % 5,
        without_words=("medical",) if number % 7 == 0 else (),
    )


def _subscribe(services: Services, readers: int) -> None:
    now = services.clock()
    texts = [write_preferences(_preferences(number)) for number in range(SETS)]
    rows = [
        {
            "address": f"reader{number}@example.org",
            "address_key": f"reader{number}@example.org",
            "state": "active",
            "preferences": texts[number % SETS],
            "link_version": 1,
            "created_at": now,
            "due_at": now - timedelta(minutes=1),
            "soft_bounces": 0,
        }
        for number in range(readers)
    ]
    with services.store._database.write() as connection:  # noqa: SLF001 - readers in bulk
        connection.execute(insert(subscriber), rows)


def _copy(base: Path, name: str) -> Path:
    folder = PROJECT / ".bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    return folder


def _one_digest(base: Path) -> list[Row]:
    services = _opened(base, 9)
    now = services.clock()
    readers = [
        Subscriber(number, "reader@example.org", "active", _preferences(number), 1, now, due_at=now)  # type: ignore[arg-type]
        for number in range(40)
    ]
    statements: list[str] = []
    engine = services.store._database._engine  # noqa: SLF001 - to count statements
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    desk = Desk(services, now)
    list(desk.editions(readers[:1]))  # loads the index
    counts = Counter()
    times = []
    for reader in readers:
        desk = Desk(services, now)
        statements.clear()
        times += times_ms(lambda one, desk=desk: list(desk.editions([one])), [reader])
        counts[len(statements)] += 1
    median, p95 = median_and_p95(times)
    services.store.close()
    shown = ", ".join(str(number) for number in sorted(counts))
    return [
        Row("one personal digest, two lists, nothing remembered", f"{median:.1f} ms median, "
            f"{p95:.1f} ms p95", "30 ms", p95 < 30),
        Row("SQL statements for it, from 5 to 20 papers", shown, "constant"),
    ]  # fmt: skip


def _ten_thousand(base: Path) -> list[Row]:
    folder = _copy(base, "digest-round")
    services = _opened(folder, 9)
    _subscribe(services, READERS)
    services.store.close()
    with Sink.running(folder / "sink", "--short") as sink:
        run = run_child(
            [sys.executable, "-m", "benchmarks.digests", str(folder), str(sink.port)], {}
        )
        kept = len(set(sink.recipients()))
        total = len(sink.mails())
    composing, sending = (float(text) for text in run.output.split()[:2])
    seconds = composing + sending
    return [
        Row(f"{READERS:,} readers, {SETS} preference sets: composed, queued",
            f"{composing:.1f} s ({READERS / composing:,.0f}/s)"),
        Row("handed to a local mail server", f"{sending:.1f} s ({READERS / sending:,.0f}/s)"),
        Row("both", f"{seconds:.1f} s", "120 s", seconds <= 120),
        Row("mails taken by the server", f"{total:,} to {kept:,} readers",
            f"{READERS:,}, each once", total == kept == READERS),
        Row("peak memory of the worker", f"{run.peak_bytes / MIB:,.0f} MiB", "600 MiB",
            run.peak_bytes < 600 * MIB),
    ]  # fmt: skip


def _be_measured(data: Path, port: int) -> None:
    """One round; prints the seconds of composing and of sending, or `ready` for those who kill."""
    services = _opened(data, port)
    print("ready" if os.environ.get("BENCH_KILLED") else "", flush=True)
    started = time.perf_counter()
    queue_due(services)
    composed = time.perf_counter()
    send_due(services)
    print(composed - started, time.perf_counter() - composed)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _kills(base: Path) -> list[Row]:
    folder = _copy(base, "digest-kills")
    services = _opened(folder, 9)
    _subscribe(services, KILLED_READERS)
    chance = random.Random(7)
    kills = in_hand = 0
    with Sink.running(folder / "sink", "--short") as sink:
        command = [sys.executable, "-m", "benchmarks.digests", str(folder), str(sink.port)]
        environment = {**os.environ, "BENCH_KILLED": "1"}
        while kills < KILLS:
            if kills == COMPOSING_KILLS:
                queue_due(services)
            process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
            assert process.stdout is not None  # noqa: S101 - for the type checker
            process.stdout.readline()
            time.sleep(chance.uniform(0.01, 0.5 if kills < COMPOSING_KILLS else 0.2))
            process.kill()
            kills += process.wait() == -9
            in_hand += len(services.store.mail.outbox.in_hand())
        run_child(command, {})
        time.sleep(1)
        run_child(command, {})
        taken = Counter(sink.recipients())
    doubled = sum(number > 1 for number in taken.values())
    unknown = services.store.mail.outbox.counts().get(MailState.UNKNOWN, 0)
    is_met = len(taken) == KILLED_READERS and not doubled and not unknown
    services.store.close()
    return [
        Row(f"{KILLS} kills (SIGKILL) at random times while {KILLED_READERS:,} readers are mailed",
            f"{len(taken):,} readers got it, {doubled} twice, {unknown} of unknown fate",
            f"{KILLED_READERS:,}, each once", is_met),
        Row("of them while a mail was being handed over", str(in_hand)),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
