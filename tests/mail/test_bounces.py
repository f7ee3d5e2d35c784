"""Reports of failed deliveries and complaints: read from mails, believed only for mails we sent."""

from __future__ import annotations

import mailbox
import socket
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from desks import Clock, Opened, subscribe

from broadsheet.delivery.mail.bouncing import mails_in, reports_in, take_reports
from broadsheet.delivery.mail.rounds import queue_due
from broadsheet.mail import Bounce, SubscriberState
from broadsheet.services import Services


def delivery_report(
    message_id: str, *, action: str = "failed", status: str = "5.1.1", kind: str = "rfc822-headers"
) -> bytes:
    """A report as RFC 3464 wants it."""
    returned = "message/rfc822" if kind == "rfc822" else "text/rfc822-headers"
    return (
        "From: Mail Delivery System <postmaster@mx.example.net>\r\n"
        "To: papers@example.org\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.net\r\n\r\n"
        "Final-Recipient: rfc822; somebody.else@example.net\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user ann@example.org\r\n\r\n"
        f"--b\r\nContent-Type: {returned}\r\n\r\n"
        f"From: papers@example.org\r\nMessage-ID: {message_id}\r\nSubject: x\r\n\r\n"
        "--b--\r\n"
    ).encode()


def complaint(message_id: str) -> bytes:
    """A complaint as RFC 5965 wants it."""
    return (
        "From: fbl@example.net\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nA reader complained.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        "Feedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: x/1\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: papers@example.org\r\nMessage-ID: {message_id}\r\nSubject: x\r\n\r\nbody\r\n"
        "--b--\r\n"
    ).encode()


@pytest.fixture
def services(opened: Opened) -> Services:
    services = opened()
    subscribe(services)
    queue_due(services)
    return services


def sent_id(services: Services) -> str:
    mail = services.store.mail.outbox.take("t", now=services.clock(), until=services.clock())
    assert mail is not None
    return mail.message_id


def state(services: Services) -> SubscriberState:
    return services.store.mail.subscribers.by_address("ann@example.org").state


@pytest.mark.parametrize("kind", ["rfc822-headers", "rfc822"])
def test_hard_bounce_stops_the_address_the_mail_went_to(services: Services, kind: str) -> None:
    assert take_reports(services, delivery_report(sent_id(services), kind=kind)) == 1
    assert state(services) is SubscriberState.STOPPED
    reason = services.store.mail.suppression.reason("ann@example.org") or ""
    assert "5.1.1" in reason
    assert "ann@" not in reason


def test_complaint_stops_the_address(services: Services) -> None:
    assert take_reports(services, complaint(sent_id(services))) == 1
    assert state(services) is SubscriberState.STOPPED


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "4.2.2")])
def test_soft_bounce_puts_the_next_digest_off(
    services: Services, moving: Clock, action: str, status: str
) -> None:
    content = delivery_report(sent_id(services), action=action, status=status)
    moving.advance(hours=23)
    assert take_reports(services, content) == 1
    reader = services.store.mail.subscribers.by_address("ann@example.org")
    assert (reader.state, reader.soft_bounces) == (SubscriberState.ACTIVE, 1)
    assert reader.due_at == moving() + timedelta(days=1)


def test_forged_report_is_not_believed(services: Services) -> None:
    assert take_reports(services, delivery_report("<guessed@example.org>")) == 0
    assert state(services) is SubscriberState.ACTIVE


def test_report_of_success_stops_nobody(services: Services) -> None:
    content = delivery_report(sent_id(services), action="delivered", status="2.0.0")
    assert take_reports(services, content) == 0


BROKEN_REPORT = (
    b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: message/delivery-status\r\n\r\n\xff\r\n"
)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00\xff", b"Subject: hello\r\n\r\nMessage-ID: <x@y>\r\n", b"From " * 1000,
        BROKEN_REPORT,
        delivery_report("<a@b>").replace(b"Status: 5.1.1", b"Status: never"),
        delivery_report("<a@b>")[:300],
    ],
)  # fmt: skip
def test_mail_that_is_no_report_is_passed_over(content: bytes) -> None:
    assert [report for report in reports_in(content) if report.kind is not Bounce.HARD] == []


def test_reports_are_read_from_an_mbox(services: Services, tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "mbox")
    for content in (b"Subject: hello\n\nhello\n", delivery_report(sent_id(services))):
        box.add(content.replace(b"\r\n", b"\n"))
    box.close()
    assert sum(take_reports(services, mail) for mail in mails_in(tmp_path / "mbox")) == 1
    assert state(services) is SubscriberState.STOPPED


class ImapServer(threading.Thread):
    """A small IMAP server (RFC 3501) with one folder and one unseen mail."""

    def __init__(self, content: bytes) -> None:
        super().__init__(daemon=True)
        self._content = content
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.seen = False

    def run(self) -> None:
        connection, _ = self._socket.accept()
        stream = connection.makefile("rwb")
        stream.write(b"* OK ready\r\n")
        stream.flush()
        for line in stream:
            tag, _, command = line.strip().partition(b" ")
            name = command.split(b" ")[0].upper()
            stream.write(self._answer(name, command) + tag + self._end(name, command))
            stream.flush()
            if name == b"LOGOUT":
                return

    def _answer(self, name: bytes, command: bytes) -> bytes:
        if name == b"CAPABILITY":
            return b"* CAPABILITY IMAP4REV1\r\n"
        if name == b"SEARCH":
            return b"* SEARCH\r\n" if self.seen else b"* SEARCH 1\r\n"
        if name == b"FETCH":
            size = str(len(self._content)).encode()
            return b"* 1 FETCH (BODY[] {" + size + b"}\r\n" + self._content + b")\r\n"
        if name == b"STORE":
            self.seen = b"\\Seen" in command
        return b"* 1 EXISTS\r\n" if name == b"SELECT" else b""

    def _end(self, name: bytes, command: bytes) -> bytes:
        is_refused = name == b"LOGIN" and b"right" not in command
        return b" NO wrong password\r\n" if is_refused else b" OK done\r\n"


@pytest.fixture
def imap(services: Services) -> ImapServer:
    server = ImapServer(delivery_report(sent_id(services)))
    server.start()
    return server


def run_bounces(services: Services, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    from typer.testing import CliRunner

    from broadsheet.cli import app

    monkeypatch.setenv("BROADSHEET_DATA", str(services.settings.data))
    done = CliRunner().invoke(app, ["digest", "bounces", *arguments])
    return f"{done.exit_code} {done.output}"


def test_reports_are_read_from_an_imap_folder_and_marked_as_seen(
    services: Services, imap: ImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("right\n")
    place = f"127.0.0.1:{imap.port}"
    output = run_bounces(services, monkeypatch, "--imap", place, "--plain", "--user", "ann",
                         "--password-file", str(tmp_path / "password"))  # fmt: skip
    assert "1 mails read, 1 reports" in output
    assert state(services) is SubscriberState.STOPPED
    assert imap.seen


def test_wrong_imap_password_is_a_sentence(
    services: Services, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"127.0.0.1:{imap.port}"
    output = run_bounces(services, monkeypatch, "--imap", place, "--plain", "--user", "ann")
    assert output.startswith("1 ")
    assert "wrong password" in output


def test_password_goes_to_no_other_machine_in_plain_text(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = run_bounces(services, monkeypatch, "--imap", "mail.example.org", "--plain")
    assert "to this machine only" in output
