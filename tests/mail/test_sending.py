"""Sending to a real mail server that takes, refuses, delays, breaks off and lies."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from desks import Clock, Opened, subscribe
from pydantic import SecretStr

from broadsheet.delivery.mail.letters import letter
from broadsheet.delivery.mail.post import send_due
from broadsheet.delivery.mail.posting import post_letter
from broadsheet.delivery.mail.rounds import mail_round, queue_due
from broadsheet.mail import MailState, SubscriberState
from broadsheet.services import Services
from mail_sink import Sink, certificate

NOTE = letter("A note", ["Here is a note."])


def post(services: Services, *addresses: str) -> None:
    for address in addresses:
        assert post_letter(services, NOTE, address, kind="note", unique_key=f"note:{address}")


def states(services: Services) -> dict[str, MailState]:
    found = {}
    for state in MailState:
        number = services.store.mail.outbox.counts().get(state, 0)
        if number:
            found[state.value] = number
    return found


def test_digest_that_is_due_is_composed_sent_and_marked(
    opened: Opened, sink: Sink, store_url: str
) -> None:
    services = opened(sink.port, database_url=store_url)
    reader = subscribe(services)
    done = mail_round(services)
    assert (done.queued, done.sent, done.trouble) == (1, 1, "")
    [mail] = sink.mails()
    assert (mail.recipient, mail.sender) == ("ann@example.org", "papers@example.org")
    assert states(services) == {"sent": 1}
    after = services.store.mail.subscribers.by_id(reader.subscriber_id)
    assert after.due_at == services.clock() + timedelta(days=1)
    assert services.store.mail.sent.count(reader.subscriber_id) == 10


def test_second_round_sends_nothing(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    subscribe(services)
    mail_round(services)
    assert mail_round(services).queued == 0
    assert len(sink.mails()) == 1


def test_key_used_before_is_never_queued_again(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    reader = subscribe(services)
    mail_round(services)
    services.store.mail.subscribers.change(reader.subscriber_id, due_at=services.clock())
    assert mail_round(services).sent == 0
    assert len(sink.mails()) == 1


def test_one_bad_address_stops_nobody_else(opened: Opened, sink: Sink, store_url: str) -> None:
    services = opened(sink.port, database_url=store_url)
    post(services, "a@example.org", "refuse+b@example.org", "poison+c@example.org",
         "drop+d@example.org", "later+e@example.org", "full+f@example.org",
         "z@example.org")  # fmt: skip
    sending = send_due(services)
    assert sink.recipients() == ["a@example.org", "z@example.org"]
    assert sending.counts == {MailState.SENT: 2, MailState.REFUSED: 3}
    assert sending.retried == 2


@pytest.mark.parametrize(
    ("kind", "stops"),
    [("refuse", True), ("unknown", True), ("policy", False), ("full", False), ("poison", False)],
)
def test_only_a_refusal_of_the_address_itself_stops_it(
    opened: Opened, sink: Sink, kind: str, stops: bool
) -> None:
    services = opened(sink.port)
    address = f"{kind}+ann@example.org"
    subscribe(services, address)
    mail_round(services)
    reason = services.store.mail.suppression.reason(address)
    state = services.store.mail.subscribers.by_address(address).state
    assert (reason is not None) == stops
    assert state is (SubscriberState.STOPPED if stops else SubscriberState.ACTIVE)


def test_reason_of_a_stop_holds_no_address(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    post(services, "refuse+ann@example.org")
    send_due(services)
    reason = services.store.mail.suppression.reason("refuse+ann@example.org") or ""
    assert "5.1.1" in reason
    assert "ann@" not in reason


def test_stopped_address_gets_no_further_mail(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    post(services, "refuse+ann@example.org")
    send_due(services)
    assert not post_letter(services, NOTE, "Refuse+Ann@example.org", kind="n", unique_key="again")


def test_temporary_refusal_is_tried_again_later_and_later(
    opened: Opened, sink: Sink, moving: Clock
) -> None:
    services = opened(sink.port)
    post(services, "later+ann@example.org")
    waits = []
    for _ in range(4):
        send_due(services)
        due_at = services.store.mail.outbox.next_due_at()
        assert due_at is not None
        waits.append((due_at - moving()).total_seconds())
        moving.now = due_at
    assert waits == [300, 900, 2700, 8100]


def test_temporary_refusal_that_lasts_expires(opened: Opened, sink: Sink, moving: Clock) -> None:
    services = opened(sink.port)
    post(services, "later+ann@example.org")
    moving.advance(days=2)
    send_due(services)
    assert states(services) == {"expired": 1}


def test_greylisted_mail_arrives_once(opened: Opened, sink: Sink, moving: Clock) -> None:
    services = opened(sink.port)
    post(services, "once+ann@example.org")
    send_due(services)
    moving.advance(minutes=6)
    send_due(services)
    assert sink.recipients() == ["once+ann@example.org"]


def test_mail_whose_answer_was_lost_is_tried_again_under_the_same_id(
    opened: Opened, sink: Sink, moving: Clock
) -> None:
    services = opened(sink.port)
    post(services, "droponce+ann@example.org")
    send_due(services)
    [waiting] = services.store.mail.outbox.troubled()
    moving.advance(minutes=6)
    send_due(services)
    [mail] = sink.mails()
    assert mail.message["Message-ID"] == waiting.message_id


def test_slow_server_is_waited_for(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    post(services, "slow+ann@example.org")
    assert send_due(services).counts == {MailState.SENT: 1}


def test_server_that_never_answers_is_given_up(opened: Opened, moving: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        services = opened(silent.getsockname()[1])
        post(services, "ann@example.org")
        sending = send_due(services, timeout=0.3)
    assert "timed out" in sending.trouble.lower() or "timeout" in sending.trouble.lower()
    assert states(services) == {"waiting": 1}


def test_refused_connection_leaves_all_mail_waiting_without_a_try_counted(opened: Opened) -> None:
    services = opened(1)
    post(services, "ann@example.org", "bob@example.org")
    sending = send_due(services)
    assert "refused" in sending.trouble.lower()
    assert states(services) == {"waiting": 2}
    assert {mail.attempts for mail in services.store.mail.outbox.troubled()} == {0}


def test_mail_goes_out_when_the_server_is_back(
    opened: Opened, tmp_path: Path, moving: Clock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    services = opened(port)
    post(services, "ann@example.org")
    assert send_due(services).trouble
    moving.advance(minutes=1)
    with Sink.running(tmp_path / "later", port=port) as sink:
        assert send_due(services).counts == {MailState.SENT: 1}
        assert sink.recipients() == ["ann@example.org"]


def test_many_mails_share_one_connection(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    post(services, *(f"reader{number}@example.org" for number in range(20)))
    send_due(services)
    assert len(sink.mails()) == 20
    assert sink.sessions() == 1


def test_several_connections_share_the_mails_without_doubling(
    opened: Opened, sink: Sink, store_url: str
) -> None:
    services = opened(sink.port, database_url=store_url)
    addresses = [f"reader{number}@example.org" for number in range(40)]
    post(services, *addresses)
    send_due(services, connections=4)
    assert sink.recipients() == sorted(addresses)


def test_two_workers_at_once_double_nothing(opened: Opened, sink: Sink, store_url: str) -> None:
    services = opened(sink.port, database_url=store_url)
    addresses = [f"reader{number}@example.org" for number in range(60)]
    for address in addresses:
        subscribe(services, address)
    threads = [threading.Thread(target=mail_round, args=(services,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mail_round(services)
    assert sink.recipients() == sorted(addresses)


def test_nothing_is_sent_after_the_worker_was_told_to_stop(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    post(services, "ann@example.org")
    send_due(services, lambda: True)
    assert sink.mails() == []


def test_mail_travels_by_starttls_with_a_password(opened: Opened, tmp_path: Path) -> None:
    options = certificate(tmp_path / "tls")
    with Sink.running(tmp_path / "sink", *options, "--login", "ann:s3cret") as sink:
        services = opened(
            sink.port,
            smtp_security="starttls",
            smtp_host="localhost",
            smtp_ca_file=tmp_path / "tls" / "cert.pem",
            smtp_user="ann",
            smtp_password=SecretStr("s3cret"),
        )
        post(services, "ann@example.org")
        assert send_due(services).trouble == ""
        [mail] = sink.mails()
    assert (mail.is_secure, mail.user) == (True, "ann")


def test_mail_travels_by_tls(opened: Opened, tmp_path: Path) -> None:
    options = certificate(tmp_path / "tls")
    with Sink.running(tmp_path / "sink", *options, "--implicit") as sink:
        services = opened(
            sink.port,
            smtp_security="tls",
            smtp_host="localhost",
            smtp_ca_file=tmp_path / "tls" / "cert.pem",
        )
        post(services, "ann@example.org")
        send_due(services)
        assert [mail.is_secure for mail in sink.mails()] == [True]


def test_server_without_starttls_gets_neither_mail_nor_password(opened: Opened, sink: Sink) -> None:
    services = opened(
        sink.port, smtp_security="starttls", smtp_user="ann", smtp_password=SecretStr("s3cret")
    )
    post(services, "ann@example.org")
    assert "STARTTLS" in send_due(services).trouble
    assert sink.mails() == []


def test_certificate_that_nobody_vouches_for_is_not_trusted(opened: Opened, tmp_path: Path) -> None:
    options = certificate(tmp_path / "tls")
    with Sink.running(tmp_path / "sink", *options) as sink:
        services = opened(sink.port, smtp_security="starttls", smtp_host="localhost")
        post(services, "ann@example.org")
        assert "certificate" in send_due(services).trouble.lower()
        assert sink.mails() == []


def test_wrong_password_is_trouble_of_the_server_not_of_the_mail(
    opened: Opened, tmp_path: Path
) -> None:
    options = certificate(tmp_path / "tls")
    with Sink.running(tmp_path / "sink", *options, "--login", "ann:s3cret") as sink:
        services = opened(
            sink.port,
            smtp_security="starttls",
            smtp_host="localhost",
            smtp_ca_file=tmp_path / "tls" / "cert.pem",
            smtp_user="ann",
            smtp_password=SecretStr("wrong"),
        )
        post(services, "ann@example.org")
        assert "535" in send_due(services).trouble
    assert states(services) == {"waiting": 1}


def test_address_beyond_ascii_reaches_a_server_that_takes_it(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    post(services, "jörg@example.org")
    send_due(services)
    assert sink.recipients() == ["jörg@example.org"]


def test_address_beyond_ascii_is_refused_where_the_server_cannot_take_it(
    opened: Opened, tmp_path: Path
) -> None:
    with Sink.running(tmp_path / "sink", "--ascii") as sink:
        services = opened(sink.port)
        post(services, "jörg@example.org", "ann@example.org")
        send_due(services)
        assert sink.recipients() == ["ann@example.org"]
    assert services.store.mail.suppression.reason("jörg@example.org") is not None
    assert services.store.mail.suppression.reason("ann@example.org") is None


def test_message_with_lines_of_dots_arrives_unchanged(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    dotted = letter("Dots", [".", "..", "a\n.\nb\n..c"])
    post_letter(services, dotted, "ann@example.org", kind="n", unique_key="dots")
    send_due(services)
    [mail] = sink.mails()
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == dotted.text.splitlines()


def test_kept_message_that_is_damaged_stops_nobody_else(opened: Opened, sink: Sink) -> None:
    from sqlalchemy import update

    from broadsheet.store.mail_schema import outbox

    services = opened(sink.port)
    post(services, "ann@example.org", "bob@example.org")
    with services.store._database.write() as connection:
        connection.execute(
            update(outbox).where(outbox.c.address == "ann@example.org").values(message=b"rubbish")
        )
    send_due(services)
    assert sink.recipients() == ["bob@example.org"]
    assert states(services) == {"refused": 1, "sent": 1}


def test_reader_who_left_meanwhile_gets_nothing(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    reader = subscribe(services)
    queue_due(services)
    services.store.mail.subscribers.leave(reader.subscriber_id, services.clock())
    send_due(services)
    assert sink.mails() == []
    assert states(services) == {"cancelled": 1}


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children() -> set[int]:
    path = Path(f"/proc/{os.getpid()}/task")
    return {
        int(pid)
        for task in path.iterdir()
        for pid in (task / "children").read_text(encoding="ascii").split()
    }


def test_courier_that_dies_after_the_dot_leaves_a_mail_of_unknown_fate_that_is_not_resent(
    opened: Opened, sink: Sink
) -> None:
    services = opened(sink.port)
    post(services, "late+ann@example.org")
    before = children()
    worker = threading.Thread(target=send_due, args=(services,))
    worker.start()
    wait_for(sink.mails)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    worker.join()
    assert states(services) == {"unknown": 1}
    send_due(services)
    assert sink.recipients() == ["late+ann@example.org"]


def test_operator_may_send_mails_of_unknown_fate_again(opened: Opened, sink: Sink) -> None:
    services = opened(sink.port)
    post(services, "ann@example.org")
    now = services.clock()
    services.store.mail.outbox.take("elsewhere 1 x /gone", now=now, until=now)
    send_due(services)
    assert states(services) == {"unknown": 1}
    assert services.store.mail.outbox.retry_unknown(now) == 1
    send_due(services)
    assert sink.recipients() == ["ann@example.org"]


def test_addresses_of_old_mails_are_blanked_and_their_keys_kept(
    opened: Opened, sink: Sink, moving: Clock
) -> None:
    services = opened(sink.port)
    post(services, "ann@example.org")
    send_due(services)
    moving.advance(days=91)
    subscribe(services, "bob@example.org")
    mail_round(services)
    since = moving() - timedelta(days=1000)
    assert services.store.mail.outbox.count_since("ann@example.org", "note", since) == 0
    assert not post_letter(
        services, NOTE, "ann@example.org", kind="note", unique_key="note:ann@example.org"
    )
