"""A worker that is killed at any step: nothing is lost, and what comes again has the same name."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from dying import STEPS
from hooks import Pier

from broadsheet.delivery.webhooks.rounds import webhook_round
from broadsheet.webhooks import DeliveryState

WORKER = Path(__file__).with_name("dying.py")
CASES = [
    *(("sqlite", step, when) for step in STEPS for when in ("before", "after")),
    ("postgresql", "post", "after"),
]


@pytest.mark.parametrize(("kept_hooks", "step", "when"), CASES, indirect=["kept_hooks"])
def test_killed_at_a_step_every_paper_still_arrives(pier: Pier, step: str, when: str) -> None:
    pier.server.answer("/kept/*")
    hooks = [pier.hook(path=f"/kept/{number}")[1] for number in range(3)]
    pier.add(*range(1, 31))
    settings = pier.services.settings
    command = [sys.executable, WORKER, settings.data, settings.database_url, step, when, "2"]
    process = subprocess.run(command, timeout=60, check=False, capture_output=True)
    assert process.returncode == -9, process.stderr
    for _ in range(2):
        webhook_round(pier.services)
        pier.clock.pass_(minutes=4)
    for number, hook in enumerate(hooks):
        requests = pier.got(f"/kept/{number}")
        bodies = {each.headers["webhook-id"]: each.body for each in requests}
        assert len(bodies) == 2
        assert all(each.body == bodies[each.headers["webhook-id"]] for each in requests)
        assert set(pier.papers(f"/kept/{number}")) == {f"2608.{n:05}" for n in range(1, 31)}
        assert {each.state for each in pier.deliveries(hook)} == {DeliveryState.DELIVERED}
    sent = Counter(each.headers["webhook-id"] for each in pier.server.requests())
    assert (max(sent.values()) == 2) == ((step, when) == ("post", "after"))
