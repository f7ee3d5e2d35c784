"""Words by which a process holds a row, and whether the process that said one still lives.

A claim is `NODE PID TOKEN REST`. The token tells a process from an earlier one of the same number,
as containers give their first process the same number each time.
"""

from __future__ import annotations

import os
import platform
import uuid

_TOKEN = uuid.uuid4().hex


def new_claim(rest: str = "") -> str:
    """A claim of this process; `rest` may say more."""
    return f"{platform.node() or 'here'} {os.getpid()} {_TOKEN} {rest or uuid.uuid4().hex}"


def rest_of(claim: str) -> str:
    """What a claim says beyond its process."""
    parts = claim.split(" ", 3)
    return parts[3] if len(parts) == 4 else ""  # noqa: PLR2004 - the four parts of a claim


def is_of_this_machine(claim: str) -> bool:
    """Whether a claim was said on this machine."""
    return claim.split(" ", 1)[0] == (platform.node() or "here")


def is_dead(claim: str) -> bool:
    """Whether a claim is of a process of this machine that is no more."""
    node, _, rest = claim.partition(" ")
    number, _, rest = rest.partition(" ")
    token = rest.partition(" ")[0]
    if node != (platform.node() or "here") or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return token != _TOKEN
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
