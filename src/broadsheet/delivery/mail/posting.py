"""Puts composed letters into the outbox; the worker hands them over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from broadsheet.delivery.mail.mime import Envelope, Letter, make_message, new_message_id
from broadsheet.delivery.mail.signing import DkimSigner
from broadsheet.errors import ConfigurationError
from broadsheet.services import Services
from broadsheet.settings import Settings, parse_sender
from broadsheet.store.mail.outbox import NewMail

NO_MAIL = (
    "This Broadsheet sends no mail: its operator has set no mail server (BROADSHEET_SMTP_HOST)."
)


def can_send(settings: Settings) -> bool:
    """Whether this instance has a mail server."""
    return bool(settings.smtp_host)


def mail_origin(settings: Settings) -> str:
    """The public address that links in mails begin with, without a slash at the end."""
    if settings.base_url:
        return settings.base_url.rstrip("/")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def host_of(settings: Settings) -> str:
    """The host that this instance is known by; names its lists."""
    return urlsplit(mail_origin(settings)).hostname or "localhost"


class Composer:
    """Makes messages of letters: sender, Message-ID, signature; for one round or one letter."""

    def __init__(self, settings: Settings) -> None:
        sender = parse_sender(settings.mail_from)
        if sender is None:
            raise ConfigurationError(NO_MAIL)
        self._name, self._address = sender
        self._domain = self._address.rpartition("@")[2]
        self._signer = DkimSigner.of(settings)

    def compose(
        self, letter: Letter, recipient: str, sent_at: datetime, headers: Mapping[str, str]
    ) -> tuple[str, bytes]:
        """Message-ID and whole message of a letter."""
        message_id = new_message_id(self._domain)
        envelope = Envelope(self._name, self._address, recipient, message_id, sent_at, headers)
        message = make_message(letter, envelope)
        return message_id, self._signer.sign(message) if self._signer else message


def post_letter(
    services: Services, letter: Letter, address: str, *, kind: str, unique_key: str
) -> bool:
    """Queue a letter, to be sent as soon as a worker sees it.

    False when a letter with this key was queued before, or the address must not be written to.
    Raises ConfigurationError where this instance sends no mail.
    """
    now = services.clock()
    message_id, message = Composer(services.settings).compose(letter, address, now, {})
    mail = NewMail(kind, address, unique_key, message_id, message, now)
    return services.store.mail.outbox.put(mail, now)
