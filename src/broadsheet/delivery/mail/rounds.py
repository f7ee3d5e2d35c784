"""One round of mail: the digests that are due are composed and queued, then what is due is sent.

A subscriber's edition is decided in one transaction: the mail in the outbox, the papers it holds,
and when the next is due. Two workers share the subscribers by claims.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from broadsheet.claims import is_dead, new_claim
from broadsheet.delivery.mail.post import send_due
from broadsheet.delivery.mail.posting import Composer, can_send, host_of, mail_origin
from broadsheet.delivery.mail.press import Links, Press, subject_of
from broadsheet.digests import Digest, Editor
from broadsheet.mail import MailState, Subscriber
from broadsheet.services import Services
from broadsheet.store.mail.outbox import NewMail
from broadsheet.store.mail.subscribers import DIGEST, Edition
from broadsheet.subscriptions.links import Purpose, make_token
from broadsheet.subscriptions.schedule import edition_of, next_due

_LOG = logging.getLogger(__name__)
BATCH = 100
MOST_SHOWN = 1_000_000
LEASE = timedelta(minutes=10)
REMEMBERED = timedelta(days=90)
"""How long the addresses of sent mails are kept, for bounces that come late."""

SENT_REMEMBERED = timedelta(days=400)
"""How long it is kept what a reader was sent, counted from the sending and from the newest listing
day; digests look back 62 days at most, so that nothing comes twice."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: digests queued, mails sent, refused, put off; and what stopped it."""

    queued: int = 0
    sent: int = 0
    refused: int = 0
    put_off: int = 0
    trouble: str = ""


def mail_round(
    services: Services, is_stopping: Callable[[], bool] = lambda: False, *, timeout: float = 60.0
) -> Round:
    """Queue every digest that is due and send every mail that is due."""
    if not can_send(services.settings):
        return Round()
    queued = queue_due(services, is_stopping)
    sending = send_due(services, is_stopping, timeout=timeout)
    lost = (MailState.REFUSED, MailState.EXPIRED)
    return Round(
        queued=queued,
        sent=sending.counts.get(MailState.SENT, 0),
        refused=sum(sending.counts.get(state, 0) for state in lost),
        put_off=sending.retried,
        trouble=sending.trouble,
    )


def forget_old(services: Services) -> int:
    """Forget what was sent so long ago that no digest can hold it again; how many papers."""
    newest = services.store.newest_day()
    if newest is None:
        return 0
    return services.store.mail.sent.forget_old(
        sent_before=services.clock().date() - SENT_REMEMBERED,
        listed_before=newest - SENT_REMEMBERED,
    )


def queue_due(services: Services, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Compose and queue every digest that is due; how many mails."""
    subscribers = services.store.mail.subscribers
    first = subscribers.next_due_at()
    if first is None or first > services.clock():
        return 0
    desk = Desk(services, services.clock())
    claim = new_claim()
    dead = [word for word in subscribers.claims() if is_dead(word)]
    queued = 0
    try:
        while not is_stopping():
            now = services.clock()
            taken = subscribers.claim_due(claim, now=now, until=now + LEASE, limit=BATCH, dead=dead)
            if not taken:
                break
            queued += subscribers.settle(claim, list(desk.editions(taken)), services.clock())
        services.store.mail.outbox.forget_before(services.clock() - REMEMBERED)
    finally:
        subscribers.release(claim)
    return queued


def due_digests(
    services: Services,
) -> Iterator[tuple[Subscriber, date, Digest | None, str]]:
    """Who is due now, the edition, the digest and its subject; nothing is claimed or queued."""
    now = services.clock()
    editor = Editor(services, now)
    readers = services.store.mail.subscribers.due(now, MOST_SHOWN)
    for place, reader in enumerate(readers):
        if place % BATCH == 0:
            batch = editor.batch(readers[place : place + BATCH])
        on = edition_of(reader.preferences, reader.due_at or now)
        made = editor.digest_for(reader, max(on, edition_of(reader.preferences, now)), batch)
        yield reader, on, made, subject_of(made) if made else ""


class Desk:
    """Composes the digests of one round; lists and printed pages are shared by its readers."""

    def __init__(self, services: Services, now: datetime) -> None:
        self._services = services
        self._now = now
        settings = services.settings
        self.editor = Editor(services, now)
        self._origin = mail_origin(settings)
        self._press = Press(
            self._origin,
            imprint=settings.mail_imprint,
            troubles=self.editor.troubles(),
            counts_clicks=settings.count_clicks,
        )
        self._composer = Composer(settings)
        self._list_id = f"Broadsheet digest <digest.{host_of(settings)}>"

    def editions(self, readers: list[Subscriber]) -> Iterator[Edition]:
        """What is decided for each of these readers, who are due.

        A reader whose digest cannot be made is tried again at their next time; the others are not
        held up.
        """
        batch = self.editor.batch(readers)
        for reader in readers:
            due_at = reader.due_at or self._now
            following = next_due(reader.preferences, max(due_at, self._now))
            on = edition_of(reader.preferences, due_at)
            try:
                digest = self.editor.digest_for(reader, max(on, self._today(reader)), batch)
                mail = self._mail(reader, digest, on) if digest else None
            except (ValueError, LookupError) as error:
                # Never the reader's address: a log is read by others.
                _LOG.warning("Digest of subscriber %s: %s", reader.subscriber_id, error)
                digest = mail = None
            yield Edition(
                reader.subscriber_id,
                following,
                digest.span.end if digest else None,
                mail,
                digest.paper_ids if digest else (),
            )

    def _today(self, reader: Subscriber) -> date:
        return edition_of(reader.preferences, self._now)

    def _mail(self, reader: Subscriber, digest: Digest, on: date) -> NewMail:
        message_id, message = self.message(reader, digest)
        return NewMail(
            kind=DIGEST,
            address=reader.address,
            unique_key=f"{DIGEST}:{reader.subscriber_id}:{on.isoformat()}",
            message_id=message_id,
            message=message,
            due_at=self._now,
            subscriber_id=reader.subscriber_id,
        )

    def message(self, reader: Subscriber, digest: Digest) -> tuple[str, bytes]:
        """Message-ID and whole message of a reader's digest."""
        links = self.links(reader)
        letter = self._press.letter(digest, links)
        leave = f"{self._origin}/unsubscribe/{links.leave}"
        headers = {
            "List-Id": self._list_id,
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Help": f"<{self._origin}/subscriptions>",
            "Precedence": "bulk",
        }
        return self._composer.compose(letter, reader.address, self._now, headers)

    def links(self, reader: Subscriber) -> Links:
        """The signed links of a reader."""
        act, manage, leave = (
            make_token(
                self._services.community.secrets,
                purpose,
                reader.subscriber_id,
                reader.link_version,
                self._now,
            )
            for purpose in (Purpose.ACT, Purpose.MANAGE, Purpose.LEAVE)
        )
        return Links(act, manage, leave, reader.address)
