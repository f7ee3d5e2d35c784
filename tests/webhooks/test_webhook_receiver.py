"""The receiver of docs/webhooks.md takes what we send, once, and nothing that others do."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hooks import Pier, begin, open_hooks

from broadsheet.delivery.webhooks.lists import make_webhook
from broadsheet.delivery.webhooks.rounds import webhook_round
from broadsheet.webhooks import DeliveryState, ListKind
from loopback import Loopback
from parts import PROJECT


@pytest.fixture
def pier(tmp_path: Path, receiver: Loopback) -> Iterator[Pier]:
    services, clock = open_hooks(tmp_path)
    made = begin(services, clock, receiver)
    clock.now = datetime.now(UTC)  # the receiver goes by the time of the machine
    yield made
    services.store.close()


def test_the_receiver_of_the_documentation_works(pier: Pier, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    secret, hook = make_webhook(pier.services, pier.bob, url, ListKind.DAY, "")
    said = tmp_path / "said"
    with said.open("w") as output:
        running = subprocess.Popen(
            [sys.executable, "-c", program, str(port)],
            env={"WEBHOOK_SECRET": secret},
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
    try:
        until = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < until:
            time.sleep(0.05)
        pier.add(1, 2, listed_on=pier.clock.now.date())
        webhook_round(pier.services)
        [delivery] = pier.deliveries(hook)
        assert (delivery.state, delivery.status) == (DeliveryState.DELIVERED, 204)
        forged = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        headers = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        forged.request(
            "POST", "/", '{"data":{"papers":[{"title_text":"False","url":""}]}}', headers
        )
        assert forged.getresponse().status == 400
    finally:
        running.kill()
        running.wait()
    titles = [line.partition(" http")[0] for line in said.read_text().splitlines()]
    assert titles == ["Lantern 1 on a Long Pier", "Lantern 2 on a Long Pier"]
