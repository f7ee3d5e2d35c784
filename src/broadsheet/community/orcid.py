"""ORCID iDs: how they are written, and whether their last character is right."""

from __future__ import annotations

import re

from broadsheet.errors import InputError

ISSUER = "https://orcid.org"
"""The OpenID Connect issuer whose subjects are ORCID iDs."""
_ORCID = re.compile(
    r"(?:https?://(?:www\.)?orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])/?", re.IGNORECASE
)
_MODULUS, _RADIX = 11, 2


def parse_orcid(text: str) -> str:
    """The iD as 0000-0000-0000-000X, from an iD or its address.

    Raises InputError when it is none, or when a character is wrong: the last one is a checksum of
    the others by ISO 7064 MOD 11-2.
    """
    match = _ORCID.fullmatch(text.strip())
    if match is None:
        raise InputError("An ORCID iD is written as 0000-0002-1825-0097.", "orcid")
    parts = [part.upper() for part in match.groups()]
    digits = "".join(parts)
    if _check_character(digits[:-1]) != digits[-1]:
        raise InputError("One character of this ORCID iD is wrong. Compare it again.", "orcid")
    return "-".join(parts)


def _check_character(digits: str) -> str:
    total = 0
    for digit in digits:
        total = (total + int(digit)) * _RADIX
    left = (_MODULUS + 1 - total % _MODULUS) % _MODULUS
    return "X" if left == _MODULUS - 1 else str(left)
