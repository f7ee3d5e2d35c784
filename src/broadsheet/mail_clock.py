"""The clock of mail: composes what is due and sends it, beside the harvests and not behind them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import date

from broadsheet.delivery.mail.posting import can_send
from broadsheet.delivery.mail.rounds import Round, forget_old, mail_round
from broadsheet.delivery.web.counts import counted
from broadsheet.errors import BroadsheetError
from broadsheet.services import Services

_LOG = logging.getLogger(__name__)
LONGEST_SLEEP = 30.0
"""Seconds between two looks: whoever subscribes meanwhile gets a letter within so many."""
SHORTEST_SLEEP = 1.0
LONGEST_BACKOFF = 600.0
"""A mail server that cannot be used is tried this seldom, so that no account gets locked."""

Report = Callable[[str], None]


def in_words(done: Round) -> str:
    """What a round did, in a sentence; empty when there was nothing to do."""
    parts = [
        f"{counted(done.queued, 'digest', 'digests')} composed" if done.queued else "",
        f"{counted(done.sent, 'mail', 'mails')} sent" if done.sent else "",
        f"{done.refused:,} refused" if done.refused else "",
        f"{done.put_off:,} put off" if done.put_off and not done.trouble else "",
    ]
    return ", ".join(filter(None, parts))


def mail_once(services: Services, report: Report) -> str:
    """Send what is due now, and say what was sent; the trouble that ended it, or nothing."""
    if not can_send(services.settings):
        return ""
    forget_old(services)
    done = mail_round(services)
    report(f"Mail: {in_words(done) or 'nothing was due'}.")
    return done.trouble


def keep_mailing(services: Services, stop: threading.Event, report: Report) -> None:
    """Send what is due until `stop` is set; trouble is reported once, and does not end the work."""
    if not can_send(services.settings):
        return
    trouble, pause = "", LONGEST_SLEEP
    tidied_on: date | None = None
    while not stop.is_set():
        found = _round(services, stop, report)
        tidied_on = _tidy(services, tidied_on)
        if found and found != trouble:
            report(f"Mail cannot be sent: {found}")
        elif trouble and not found:
            report("Mail can be sent again.")
        pause = min(pause * 2, LONGEST_BACKOFF) if found else LONGEST_SLEEP
        trouble = found
        stop.wait(pause if found else _seconds_to_next(services))


def _tidy(services: Services, tidied_on: date | None) -> date:
    """Forget once a day what no digest needs any more; the day on which it was done last."""
    today = services.clock().date()
    if tidied_on != today:
        try:
            forget_old(services)
        except BroadsheetError as error:
            _LOG.warning("What was sent long ago was not forgotten: %s", error)
    return today


def _round(services: Services, stop: threading.Event, report: Report) -> str:
    """One round; the trouble that ended it, or nothing."""
    try:
        done = mail_round(services, stop.is_set)
    except BroadsheetError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the clock goes on whatever happens
        _LOG.exception("Mail met a fault")
        return f"Broadsheet met a fault of its own ({type(error).__name__}); the log has it."
    if words := in_words(done):
        report(f"Mail: {words}.")
    return done.trouble


def _seconds_to_next(services: Services) -> float:
    try:
        mail = services.store.mail
        dues = [mail.subscribers.next_due_at(), mail.outbox.next_due_at()]
    except BroadsheetError:
        return LONGEST_SLEEP
    now = services.clock()
    seconds = min(
        ((due - now).total_seconds() for due in dues if due is not None), default=LONGEST_SLEEP
    )
    return min(max(seconds, SHORTEST_SLEEP), LONGEST_SLEEP)
