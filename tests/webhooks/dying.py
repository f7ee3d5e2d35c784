"""A worker that can be killed: one round of webhooks in a process of its own.

    python dying.py DATA DATABASE_URL [STEP WHEN NUMBER]

With a step it kills itself by SIGKILL just before or after the NUMBERth call of that step.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from hooks import open_hooks

from broadsheet.delivery.webhooks import rounds
from broadsheet.store.people.webhook_deliveries import DeliveryTable
from broadsheet.store.people.webhooks import WebhookTable
from killed_at import die_at

STEPS: dict[str, tuple[Any, str]] = {
    "look": (WebhookTable, "tell"),
    "take": (DeliveryTable, "take"),
    "post": (rounds, "post"),
}


def main() -> None:
    """Run one round."""
    data, url, *step = sys.argv[1:]
    if step:
        die_at(*STEPS[step[0]], step[1], int(step[2]))
    rounds.HANDS = 1  # or others are killed amid their own steps
    services, _ = open_hooks(Path(data), url)
    rounds.webhook_round(services)


if __name__ == "__main__":
    main()
