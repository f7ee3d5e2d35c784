"""DKIM signatures (RFC 6376) over the headers that RFC 8058 wants covered."""

from __future__ import annotations

from pathlib import Path

from broadsheet.errors import ConfigurationError
from broadsheet.settings import Settings, parse_sender

SIGNED_HEADERS = (
    b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"auto-submitted", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
_OVERSIGNED = (b"from", b"to", b"subject", b"date", b"list-unsubscribe", b"list-unsubscribe-post")
"""Signed once more than they occur, so that a second one cannot be put in."""


class DkimSigner:
    """Signs messages with one key for the sender's domain."""

    def __init__(self, key: bytes, selector: str, domain: str) -> None:
        self._key = key
        self._selector = selector.encode()
        self._domain = domain.encode()

    @classmethod
    def of(cls, settings: Settings) -> DkimSigner | None:
        """The signer of the settings; None where no key is given.

        Raises ConfigurationError for a key that cannot be used.
        """
        sender = parse_sender(settings.mail_from)
        if settings.dkim_key_file is None or sender is None:
            return None
        domain = sender[1].rpartition("@")[2]
        signer = cls(_read_key(settings.dkim_key_file), settings.dkim_selector, domain)
        signer.sign(b"From: a@example.org\r\n\r\n\r\n")  # a bad key is found now, not at 8 o'clock
        return signer

    def sign(self, message: bytes) -> bytes:
        """The message with its signature before it. Raises ConfigurationError for a bad key."""
        import dkim

        head = message.partition(b"\r\n\r\n")[0].lower()
        present = [name for name in SIGNED_HEADERS if b"\r\n" + name + b":" in b"\r\n" + head]
        present += [name for name in _OVERSIGNED if name in present]
        try:
            signature: bytes = dkim.sign(
                message,
                self._selector,
                self._domain,
                self._key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=present,
                linesep=b"\r\n",
            )
        except dkim.DKIMException as error:
            raise ConfigurationError(
                "The key in BROADSHEET_DKIM_KEY_FILE cannot sign; it must be an RSA key in PEM "
                f"form ({error})."
            ) from error
        return signature + message


def _read_key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The DKIM key {path} cannot be read ({error.strerror})."
        ) from error
