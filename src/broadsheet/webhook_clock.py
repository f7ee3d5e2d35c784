"""The clock of webhooks: looks through lists and sends, beside the harvests and not behind them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from broadsheet.delivery.webhooks.rounds import Round, webhook_round
from broadsheet.errors import BroadsheetError
from broadsheet.services import Services

_LOG = logging.getLogger(__name__)
LONGEST_SLEEP = 30.0
"""Seconds between two looks at the rows: a webhook made meanwhile is not left waiting."""
SHORTEST_SLEEP = 2.0

Report = Callable[[str], None]


def in_words(done: Round) -> str:
    """What a round did, in a sentence; empty when there was nothing to do."""
    parts = [
        f"{done.delivered:,} delivered" if done.delivered else "",
        f"{done.failed:,} failed" if done.failed else "",
    ]
    return ", ".join(filter(None, parts))


def keep_posting(services: Services, stop: threading.Event, report: Report) -> None:
    """Send what is due until `stop` is set; trouble is reported once, and does not end the work."""
    trouble = ""
    while not stop.is_set():
        found = _round(services, stop, report)
        if found and found != trouble:
            report(f"Webhooks cannot be looked after: {found}")
        trouble = found
        stop.wait(LONGEST_SLEEP if found else _seconds_to_next(services))


def post_once(services: Services, report: Report) -> str:
    """Send what is due now; the trouble that ended it, or nothing."""
    return _round(services, threading.Event(), report)


def _round(services: Services, stop: threading.Event, report: Report) -> str:
    """One round; the trouble that ended it, or nothing."""
    try:
        done = webhook_round(services, stop.is_set)
    except BroadsheetError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the clock goes on whatever happens
        _LOG.exception("Webhooks met a fault")
        return f"Broadsheet met a fault of its own ({type(error).__name__}); the log has it."
    if words := in_words(done):
        report(f"Webhooks: {words}.")
    return ""


def _seconds_to_next(services: Services) -> float:
    try:
        people = services.store.people
        dues = [people.webhooks.next_look_at(), people.deliveries.next_due_at()]
    except BroadsheetError:
        return LONGEST_SLEEP
    now = services.clock()
    seconds = min(
        ((due - now).total_seconds() for due in dues if due is not None), default=LONGEST_SLEEP
    )
    return min(max(seconds, SHORTEST_SLEEP), LONGEST_SLEEP)
