"""Passwords: what a good one is, and Argon2id to keep and check them.

A check takes the same time whether there is an account or not, so that nobody learns which.
"""

from __future__ import annotations

import base64
import unicodedata
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from broadsheet.errors import InputError, TooManyRequests

SHORTEST, LONGEST = 10, 500
_FEWEST_DIFFERENT = 5
_MEMORY_KIB, _PASSES, _LANES = 19_456, 2, 1
"""OWASP's least for Argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane."""
_AT_ONCE = 4
_PATIENCE_SECONDS = 10
_COMMON = (
    "password", "passwort", "motdepasse", "qwertyuiop", "1234567890", "0123456789", "iloveyou",
    "letmein", "welcome", "broadsheet", "administrator", "abcdefghij", "correcthorsebatterystaple",
)  # fmt: skip


def _hasher() -> PasswordHasher:
    return PasswordHasher(
        time_cost=_PASSES,
        memory_cost=_MEMORY_KIB,
        parallelism=_LANES,
        hash_len=32,
        salt_len=16,
        type=Type.ID,
    )


def _nobodys_hash(hasher: PasswordHasher) -> str:
    """A hash that no password has, at today's cost."""
    salt, sum_ = (base64.b64encode(bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${sum_}"


@dataclass(frozen=True, slots=True)
class Passwords:
    """Hashes and checks; few at once, so that a flood of sign-ins cannot take all memory."""

    hasher: PasswordHasher = field(default_factory=_hasher)
    turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE))

    def hashed(self, password: str) -> str:
        """What is kept of a password. Raises TooManyRequests when the machine is too busy."""
        self._wait()
        try:
            return self.hasher.hash(_normal(password))
        finally:
            self.turns.release()

    def is_right(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one that was kept; None takes as long and is never right."""
        if len(password) > LONGEST:
            password = ""
        self._wait()
        try:
            return self.hasher.verify(kept or _nobodys_hash(self.hasher), _normal(password))
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
        finally:
            self.turns.release()

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made at another cost than today's."""
        return self.hasher.check_needs_rehash(kept)

    def _wait(self) -> None:
        if not self.turns.acquire(timeout=_PATIENCE_SECONDS):
            raise TooManyRequests("Too many people sign in just now. Try again.", 5)


def check_new(password: str, *names: str) -> None:
    """Raise InputError for a password that is too short, too long or easily guessed.

    `names` are what others know of the person: handle and address.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            f"A password has {SHORTEST} to {LONGEST} characters. Four random words are good.",
            "password",
        )
    plain = "".join(each for each in password.casefold() if each.isalnum())
    rest = plain
    known = [part for name in names for part in (name.casefold(), name.partition("@")[0])]
    for guess in sorted({*known, *_COMMON}, key=len, reverse=True):
        rest = rest.replace("".join(each for each in guess if each.isalnum()) or "\0", "")
    if len(set(password)) < _FEWEST_DIFFERENT or (plain and len(rest) < _FEWEST_DIFFERENT):
        raise InputError(
            "This password is easily guessed. Choose one without your name and common words.",
            "password",
        )


def _normal(password: str) -> str:
    """One form for what different keyboards send as the same characters (RFC 8265 4.2)."""
    normal = unicodedata.normalize("NFKC", password)
    return normal.encode("utf-8", "replace").decode()
