"""The process that speaks SMTP: it lives on when its worker is killed, and ends the mail at hand.

Messages come on standard input, one at a time, and answers go to standard output. A journal of one
record says how far the mail at hand is: `handed` from just before the dot that ends it, `done` once
the server has answered. So a worker that is started again knows what became of it. Run as a file
of its own; it needs the standard library only.
"""

from __future__ import annotations

import json
import os
import smtplib
import socket
import ssl
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

RECORD = 4096
MAILS_PER_CONNECTION = 100
_HEAD = struct.Struct(">II")
_LARGEST_FRAME = 64 * 2**20
_LONGEST_TEXT = 400
_OK = 250
_GO_AHEAD = 354
_CLOSING = 421
_WILL_FORWARD = 251
_DOT_WAITS = 5  # RFC 5321, 4.5.3.2.6: the answer to the whole message may take the longest

ACCEPTED, REFUSED, DEFERRED, TROUBLE = "accepted", "refused", "deferred", "trouble"
"""Taken; refused for good; not now, this mail; nothing can be sent at all just now."""


def write_frame(stream: BinaryIO, head: Mapping[str, Any], body: bytes = b"") -> None:
    """One message of the protocol: a JSON object and bytes."""
    text = json.dumps(head).encode()
    stream.write(_HEAD.pack(len(text), len(body)) + text + body)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message of the protocol; None at the end, also when it is cut short."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    text_length, body_length = _HEAD.unpack(head)
    if text_length + body_length > _LARGEST_FRAME:
        return None
    content = stream.read(text_length + body_length)
    if len(content) < text_length + body_length:
        return None
    return json.loads(content[:text_length]), content[text_length:]


class Journal:
    """One record in a file; a write survives the death of the process, whole or not at all."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        _lock(self._file)

    def note(self, record: Mapping[str, Any]) -> None:
        """Replace the record."""
        text = json.dumps(record).encode()[: RECORD - 1]
        os.pwrite(self._file, text.ljust(RECORD - 1) + b"\n", 0)


def _lock(descriptor: int) -> None:
    """Hold the journal as long as this process lives; the system lets go when it dies."""
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Failed(Exception):
    """Why a mail was not taken: `stage` is how far it came, `verdict` what to do."""

    def __init__(
        self, verdict: str, stage: str, code: int, text: str, *, is_lost: bool = False
    ) -> None:
        super().__init__(text)
        self.verdict = verdict
        self.stage = stage
        self.code = code
        self.text = text
        self.is_lost = is_lost


@dataclass
class Courier:
    """Hands mails to one server over one connection, opened when there is something to hand."""

    config: Mapping[str, Any]
    journal: Journal
    _smtp: smtplib.SMTP | None = None
    _handed: int = 0
    _in_transaction: bool = False

    def deliver(self, mail: Mapping[str, Any], message: bytes) -> dict[str, Any]:
        """Hand over one mail; what the server answered."""
        try:
            try:
                self._hand_over(mail, message)
            except Failed as failed:
                # A connection that lay idle may have been closed by the server meanwhile.
                if not (failed.is_lost and failed.stage == "sender" and self._handed):
                    raise
                self.close()
                self._hand_over(mail, message)
        except Failed as failed:
            if failed.is_lost or failed.code == _CLOSING:
                self.close()
            return {
                "id": mail["id"],
                "verdict": failed.verdict,
                "stage": failed.stage,
                "code": failed.code,
                "text": failed.text[:_LONGEST_TEXT],
            }
        self._handed += 1
        return {"id": mail["id"], "verdict": ACCEPTED, "stage": "end", "code": _OK, "text": ""}

    def _hand_over(self, mail: Mapping[str, Any], message: bytes) -> None:
        smtp = self._connected()
        try:
            self._envelope(smtp, mail)
            smtp.send(_quoted(message))
            self.journal.note({"id": mail["id"], "phase": "handed"})
            smtp.send(b".\r\n")
            if smtp.sock is not None:
                smtp.sock.settimeout(self.config["timeout"] * _DOT_WAITS)
            code, text = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self.config["timeout"])
        except (OSError, smtplib.SMTPException) as error:
            # Before the server knows of the mail, its going away says nothing about the mail.
            verdict = DEFERRED if self._in_transaction else TROUBLE
            stage = "content" if self._in_transaction else "sender"
            raise Failed(verdict, stage, -1, _reason(error), is_lost=True) from error
        if code != _OK:
            raise Failed(_by(code), "content", code, _text(text))

    def _envelope(self, smtp: smtplib.SMTP, mail: Mapping[str, Any]) -> None:
        self._in_transaction = False
        options = ["SMTPUTF8"] if mail["is_utf8"] else []
        if mail["is_utf8"] and not smtp.has_extn("smtputf8"):
            text = "5.6.7 The server takes no addresses beyond ASCII (SMTPUTF8)."
            raise Failed(REFUSED, "recipient", 553, text)
        self._expect(smtp, smtp.mail(mail["sender"], options), (_OK,), "sender")
        self._in_transaction = True
        self._expect(smtp, smtp.rcpt(mail["recipient"]), (_OK, _WILL_FORWARD), "recipient")
        smtp.putcmd("data")
        self._expect(smtp, smtp.getreply(), (_GO_AHEAD,), "content")

    def _expect(
        self, smtp: smtplib.SMTP, reply: tuple[int, bytes], good: tuple[int, ...], stage: str
    ) -> None:
        """Raise Failed for an answer that is not one of the good ones."""
        code, text = reply
        if code not in good:
            self._reset(smtp)
            # Whoever refuses our own address will refuse it for every mail.
            raise Failed(TROUBLE if stage == "sender" else _by(code), stage, code, _text(text))

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Begin anew on the same connection, or on another where that fails."""
        try:
            code, _ = smtp.rset()
        except (OSError, smtplib.SMTPException):
            code = -1
        if code != _OK:
            self.close()

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None and self._handed >= MAILS_PER_CONNECTION:
            self.close()
        if self._smtp is None:
            try:
                self._smtp = self._connect()
            except smtplib.SMTPResponseException as error:
                text = _text(error.smtp_error)
                raise Failed(TROUBLE, "connection", error.smtp_code, text) from error
            except (OSError, smtplib.SMTPException, ValueError) as error:
                raise Failed(TROUBLE, "connection", -1, _reason(error)) from error
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        config = self.config
        self._handed = 0
        context = ssl.create_default_context()
        if config["ca_file"]:
            context.load_verify_locations(config["ca_file"])
        place = {"timeout": config["timeout"], "local_hostname": config["local_hostname"]}
        if config["security"] == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                config["host"], config["port"], context=context, **place
            )
        else:
            smtp = smtplib.SMTP(config["host"], config["port"], **place)
        try:
            smtp.ehlo_or_helo_if_needed()
            if config["security"] == "starttls":
                smtp.starttls(context=context)
                smtp.ehlo()
            if config["user"]:
                smtp.login(config["user"], config["password"])
        except BaseException:
            smtp.close()
            raise
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        smtp, self._smtp, self._handed = self._smtp, None, 0
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()


def _quoted(message: bytes) -> bytes:
    """The message with doubled dots at the beginnings of lines, ended by a line end (RFC 5321)."""
    quoted = message.replace(b"\r\n.", b"\r\n..")
    if quoted.startswith(b"."):
        quoted = b"." + quoted
    return quoted if quoted.endswith(b"\r\n") else quoted + b"\r\n"


def _by(code: int) -> str:
    return REFUSED if 500 <= code < 600 else DEFERRED  # noqa: PLR2004 - RFC 5321, 4.2.1


def _text(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_TEXT]


def main() -> None:
    """Serve one worker until it closes its end, or dies."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(source)
    if first is None:
        return
    config, _ = first
    journal = Journal(config["journal"])
    journal.note({"id": 0, "phase": "idle"})
    courier = Courier(config, journal)
    is_heard = True
    try:
        while is_heard and (frame := read_frame(source)) is not None:
            mail, message = frame
            answer = courier.deliver(mail, message)
            journal.note({**answer, "phase": "done"})
            try:
                write_frame(sink, answer)
            except OSError:
                is_heard = False  # the worker is dead; the journal keeps the answer
    finally:
        courier.close()


if __name__ == "__main__":
    main()
    # Standard output may lead nowhere by now, which must not become an error at the very end.
    os._exit(0)
