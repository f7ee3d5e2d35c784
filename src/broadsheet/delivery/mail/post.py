"""Sends what is due from the outbox: one courier process for each connection, one mail each.

The outcome of a mail is written in the transaction that takes the next. What workers held when they
died is settled by the journals of their couriers.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from broadsheet.claims import is_dead, is_of_this_machine, new_claim, rest_of
from broadsheet.delivery.mail import courier as courier_program
from broadsheet.delivery.mail.courier import read_frame, write_frame
from broadsheet.delivery.mail.verdicts import outcome_of
from broadsheet.mail import MailState, OutboxMail
from broadsheet.services import Services
from broadsheet.settings import Settings, parse_sender
from broadsheet.store.mail.outbox import Outcome

LEASE = timedelta(minutes=30)
"""A mail held for longer than any conversation takes: its worker is dead, wherever it ran."""
TIMEOUT_SECONDS = 60.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_PATIENCE = 12
"""A courier that has not answered after so many times its time limit is ended."""


@dataclass(slots=True)
class Sending:
    """What one round of sending did; `trouble` says why it ended early."""

    counts: dict[MailState, int] = field(default_factory=dict)
    retried: int = 0
    trouble: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        with self.lock:
            if outcome.state is MailState.WAITING:
                self.retried += 1
            else:
                self.counts[outcome.state] = self.counts.get(outcome.state, 0) + 1


class Courier:
    """The worker's end of a courier process."""

    def __init__(self, settings: Settings, journal: Path, timeout: float) -> None:
        self._patience = timeout * _PATIENCE
        self._process = subprocess.Popen(
            [sys.executable, "-I", courier_program.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a signal to the worker's group is not for the mail at hand
        )
        write_frame(self._in, _config(settings, journal, timeout))

    @property
    def _in(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdin)

    @property
    def _out(self) -> BinaryIO:
        return cast("BinaryIO", self._process.stdout)

    def deliver(self, mail: OutboxMail, sender: str) -> dict[str, Any] | None:
        """What became of a mail; None when the courier died or fell silent."""
        head = {
            "id": mail.outbox_id,
            "sender": sender,
            "recipient": mail.address,
            "is_utf8": not mail.address.isascii(),
        }
        try:
            write_frame(self._in, head, mail.message)
            ready, _, _ = select.select([self._out], [], [], self._patience)
            frame = read_frame(self._out) if ready else None
        except OSError:
            frame = None
        return frame[0] if frame else None

    def close(self, *, is_silent: bool = False) -> None:
        """Let the courier end; one that is silent is ended."""
        if is_silent:
            self._process.kill()
        for stream in (self._in, self._out):
            with suppress(OSError):
                stream.close()
        try:
            self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _config(settings: Settings, journal: Path, timeout: float) -> dict[str, Any]:
    return {
        "host": settings.smtp_host,
        "port": settings.smtp_port or _PORTS[settings.smtp_security],
        "security": settings.smtp_security,
        "user": settings.smtp_user,
        "password": settings.smtp_secret,
        "ca_file": str(settings.smtp_ca_file or ""),
        "timeout": timeout,
        "local_hostname": _own_name(settings),
        "journal": str(journal),
    }


def _own_name(settings: Settings) -> str:
    """The name to greet with: that of the sender's domain, as the machine's may be private."""
    sender = parse_sender(settings.mail_from)
    return sender[1].rpartition("@")[2] if sender else socket.gethostname()


def send_due(
    services: Services,
    is_stopping: Callable[[], bool] = lambda: False,
    *,
    connections: int | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Sending:
    """Hand over every mail that is due; a mail server that cannot be used ends the round."""
    sending = Sending()
    recover(services)
    if not services.store.mail.outbox.is_due(services.clock()):
        return sending
    number = connections or services.settings.smtp_connections
    hands = [_Hand(services, sending, is_stopping, timeout) for _ in range(number)]
    threads = [threading.Thread(target=hand.work, name="mail", daemon=True) for hand in hands[1:]]
    for thread in threads:
        thread.start()
    hands[0].work()
    for thread in threads:
        thread.join()
    return sending


class _Hand:
    """One connection's work: take a mail, have it delivered, write the outcome, take the next."""

    def __init__(
        self,
        services: Services,
        sending: Sending,
        is_stopping: Callable[[], bool],
        timeout: float,
    ) -> None:
        self._services = services
        self._sending = sending
        self._is_stopping = is_stopping
        self._timeout = timeout
        sender = parse_sender(services.settings.mail_from)
        self._sender = sender[1] if sender else ""

    def work(self) -> None:
        """Send until nothing is due, the server cannot be used, or the worker is to stop."""
        folder = journals_of(self._services.settings)
        journal = folder / f"{uuid.uuid4().hex}.journal"
        journal.touch(mode=0o600)
        claim = new_claim(str(journal))
        runner: Courier | None = None
        done: list[Outcome] = []
        try:
            while (mail := self._take(claim, done)) is not None:
                runner = runner or Courier(self._services.settings, journal, self._timeout)
                answer = runner.deliver(mail, self._sender)
                if answer is None:
                    runner.close(is_silent=True)
                    runner = None
                    answer = _from_journal(journal, mail.outbox_id)
                outcome = outcome_of(mail, answer, self._services.clock())
                self._sending.add(outcome)
                done = [outcome]
                if answer.get("verdict") == courier_program.TROUBLE:
                    self._sending.trouble = outcome.error
        finally:
            if runner is not None:
                runner.close()
            journal.unlink(missing_ok=True)

    def _take(self, claim: str, done: list[Outcome]) -> OutboxMail | None:
        outbox, now = self._services.store.mail.outbox, self._services.clock()
        if self._is_stopping() or self._sending.trouble:
            outbox.finish(claim, done, now)
            return None
        return outbox.take(claim, now=now, until=now + LEASE, done=done)


def journals_of(settings: Settings) -> Path:
    """The folder of journals, made where it is missing."""
    folder = (settings.data / "outbox").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _from_journal(journal: Path, outbox_id: int) -> dict[str, Any]:
    """What a journal says of a mail whose courier is no more."""
    try:
        record = json.loads(journal.read_bytes() or b"{}")
    except (OSError, ValueError):
        record = {}
    if record.get("id") == outbox_id and record.get("phase") in {"handed", "done"}:
        return {"verdict": "unknown", **record}
    text = "The connection's process died before the mail was handed over."
    return {"id": outbox_id, "verdict": courier_program.DEFERRED, "stage": "none", "text": text}


def recover(services: Services) -> int:
    """Settle the mails that dead workers held; how many.

    Those that were not handed over wait again; of those whose answer was never read the fate is
    unknown, and they are not sent twice.
    """
    settled = 0
    now = services.clock()
    for mail, until in services.store.mail.outbox.in_hand():
        answer = _fate(mail, until, now)
        if answer is not None and mail.claim:
            is_untouched = answer.get("stage") == "none"
            free = Outcome(mail.outbox_id, MailState.WAITING, due_at=now, is_attempt=False)
            outcome = free if is_untouched else outcome_of(mail, answer, now)
            services.store.mail.outbox.finish(mail.claim, [outcome], now)
            if is_of_this_machine(mail.claim):
                Path(rest_of(mail.claim)).unlink(missing_ok=True)
            settled += 1
    return settled


def _fate(mail: OutboxMail, until: datetime, now: datetime) -> dict[str, Any] | None:
    """What became of a mail in the hands of somebody; None while they may still be at it."""
    claim = mail.claim or ""
    is_over = until <= now
    if not is_over and not is_dead(claim):
        return None
    journal = Path(rest_of(claim))
    if is_of_this_machine(claim) and journal.is_file():
        return None if _is_held(journal) else _from_journal(journal, mail.outbox_id)
    return {"id": mail.outbox_id, "verdict": "unknown"} if is_over else None


def _is_held(journal: Path) -> bool:
    """Whether a courier still works with its journal."""
    import fcntl

    try:
        descriptor = os.open(journal, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
