"""A worker that can be killed: one round of mail in a process of its own.

    python killing.py DATA PORT DATABASE_URL [STEP WHEN NUMBER]

It prints `ready` before it begins and `done` after. With a step it kills itself by SIGKILL just
before or after the NUMBERth call of that step.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from desks import open_desk

from broadsheet.delivery.mail import post, rounds
from broadsheet.store.mail.outbox import Outbox
from broadsheet.store.mail.subscribers import Subscribers
from killed_at import die_at

STEPS: dict[str, tuple[Any, str]] = {
    "claim": (Subscribers, "claim_due"),
    "compose": (rounds.Desk, "message"),
    "settle": (Subscribers, "settle"),
    "take": (Outbox, "take"),
    "start courier": (post.Courier, "__init__"),
    "write to courier": (post, "write_frame"),
    "hear courier": (post, "read_frame"),
    "finish": (Outbox, "finish"),
}


def main() -> None:
    """Run one round."""
    data, port, url, *step = sys.argv[1:]
    if step:
        die_at(*STEPS[step[0]], step[1], int(step[2]))
    services = open_desk(Path(data), int(port), records=[], database_url=url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    rounds.mail_round(services)
    sys.stdout.write("done\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
