"""A worker that is killed at any step sends the rest when it comes back, and nothing twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from desks import Opened, subscribe
from killing import STEPS

from broadsheet.delivery.mail.rounds import mail_round
from broadsheet.mail import MailState
from broadsheet.services import Services
from mail_sink import Sink

WORKER = Path(__file__).with_name("killing.py")
Start = Callable[..., "subprocess.Popen[str]"]


def start(services: Services, port: int, *step: str) -> subprocess.Popen[str]:
    settings = services.settings
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(settings.data), str(port), settings.database_url, *step],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process


def finish(services: Services, number: int) -> None:
    """Rounds until everything has its outcome; a courier may still be at its last mail."""
    deadline = time.monotonic() + 60
    while True:
        mail_round(services)
        counts = services.store.mail.outbox.counts()
        if sum(counts.values()) == number and not counts.keys() & {
            MailState.WAITING,
            MailState.HANDING,
        }:
            return
        assert time.monotonic() < deadline, counts
        time.sleep(0.1)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_each_mail_still_goes_out_once(
    opened: Opened, tmp_path: Path, step: str, when: str
) -> None:
    with Sink.running(tmp_path / "sink", "--delay", "0.02") as sink:
        services = opened(sink.port)
        addresses = [f"reader{number}@example.org" for number in range(6)]
        for address in addresses:
            subscribe(services, address)
        number = "1" if step in {"claim", "settle", "start courier", "finish"} else "3"
        process = start(services, sink.port, step, when, number)
        process.communicate(timeout=60)
        assert process.returncode in {-9, 0}
        finish(services, len(addresses))
        assert sink.recipients() == sorted(addresses)


def test_killed_at_random_times_each_mail_goes_out_once(
    opened: Opened, sink: Sink, store_url: str
) -> None:
    services = opened(sink.port, database_url=store_url)
    addresses = [f"reader{number}@example.org" for number in range(120)]
    for address in addresses:
        subscribe(services, address)
    chance = random.Random(5)
    kills = 0
    for _ in range(6):
        process = start(services, sink.port)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.5))
        process.kill()
        process.communicate()
        kills += process.returncode == -9
    finish(services, len(addresses))
    assert kills
    assert sink.recipients() == sorted(addresses)
