"""A worker that can be killed: one round of webhooks in a process of its own.

    python dying.py DATA DATABASE_URL [STEP WHEN NUMBER]

With a step it kills itself by SIGKILL just before or after the NUMBERth call of that step.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from hooks import open_hooks

from broadsheet.delivery.webhooks import rounds
from broadsheet.store.people.webhook_deliveries import DeliveryTable
from broadsheet.store.people.webhooks import WebhookTable

STEPS: dict[str, tuple[Any, str]] = {
    "look": (WebhookTable, "tell"),
    "take": (DeliveryTable, "take"),
    "post": (rounds, "post"),
}


def die_at(step: str, when: str, number: int) -> None:
    """Kill this process before or after a call of a step."""
    owner, name = STEPS[step]
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        mine = calls
        if when == "before" and mine == number:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = original(*arguments, **named)
        if when == "after" and mine == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, counted)


def main() -> None:
    """Run one round."""
    data, url, *step = sys.argv[1:]
    if step:
        die_at(step[0], step[1], int(step[2]))
    rounds.HANDS = 1  # or others are killed amid their own steps
    services, _ = open_hooks(Path(data), url)
    rounds.webhook_round(services)


if __name__ == "__main__":
    main()
