"""The instance's secret key, and what is derived from it: digests of tokens, signatures of links.

The key is a setting, or a file in the data folder that is made on first use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from broadsheet.errors import ConfigurationError
from broadsheet.settings import Settings

_SHORTEST_KEY = 32
_FILE = "secret.key"


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """Signs and checks; the key itself is never shown."""

    key: bytes

    @classmethod
    def load(cls, settings: Settings) -> Secrets:
        """The key of the settings, else of the data folder, made there if it is missing.

        Raises ConfigurationError for a key that is too short or cannot be kept.
        """
        given = settings.secret_key.get_secret_value()
        if given:
            if len(given) < _SHORTEST_KEY:
                raise ConfigurationError(
                    f"BROADSHEET_SECRET_KEY has fewer than {_SHORTEST_KEY} characters. Make one "
                    "with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
                )
            return cls(given.encode())
        return cls(_kept_key(settings.data / _FILE))

    def signature(self, purpose: str, text: str) -> str:
        """A signature of a text for one purpose: 43 characters that fit in an address."""
        mac = hmac.digest(self.key, f"{purpose}\0{text}".encode(), "sha256")
        return _without_padding(mac)

    def is_signature(self, purpose: str, text: str, given: str) -> bool:
        """Whether the signature is this text's, in constant time."""
        return hmac.compare_digest(self.signature(purpose, text).encode(), given.encode())


def new_token() -> str:
    """A secret that nobody can guess: 256 random bits in 43 characters that fit in an address."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token; without the token it opens nothing."""
    return hashlib.sha256(token.encode()).digest()


def _without_padding(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _kept_key(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The secret key {path} cannot be kept ({error.strerror}). Allow reading and writing "
            "there, or set BROADSHEET_SECRET_KEY."
        ) from error
    if len(key) < _SHORTEST_KEY:
        raise ConfigurationError(
            f"The secret key {path} is damaged. Delete the file: everybody then signs in again."
        )
    return key


def _make(path: Path) -> None:
    """Make the key under another name first, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_urlsafe(48).encode())
    try:
        os.link(own, path)  # fails, harmlessly, where another process was faster
    except FileExistsError:
        pass
    finally:
        own.unlink()
