"""E-mail addresses that people type: which can be written to, and when two are the same."""

from __future__ import annotations

import re

LONGEST_ADDRESS = 254
"""RFC 5321 4.5.3.1.3, less the angle brackets."""
_LONGEST_LOCAL = 64
_LONGEST_LABEL = 63
_LOCAL = re.compile(
    r"[^\s\x00-\x20\x7f\"(),:;<>@\[\\\].]+(?:\.[^\s\x00-\x20\x7f\"(),:;<>@\[\\\].]+)*"
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_WRONG = "“{}” is no e-mail address. Write it as name@example.org."


def parse_address(text: str) -> str:
    """The address as mail servers take it; the domain in ASCII and lower case.

    Raises ValueError with a sentence. Quoted local parts and address literals are refused: nobody
    has one, and they carry characters that break headers.
    """
    given = text.strip()
    local, _, domain = given.rpartition("@")
    if not local or len(given) > LONGEST_ADDRESS or len(local.encode()) > _LONGEST_LOCAL:
        raise ValueError(_WRONG.format(given[:60]))
    if not _LOCAL.fullmatch(local) or not local.isprintable():
        raise ValueError(_WRONG.format(given[:60]))
    return f"{local}@{_ascii_domain(domain, given)}"


def _ascii_domain(domain: str, given: str) -> str:
    try:
        ascii_form = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise ValueError(_WRONG.format(given[:60])) from error
    labels = ascii_form.split(".")
    is_well_formed = len(labels) > 1 and all(
        len(label) <= _LONGEST_LABEL and _LABEL.fullmatch(label) for label in labels
    )
    if not is_well_formed or labels[-1].isdecimal():
        raise ValueError(_WRONG.format(given[:60]))
    return ascii_form


def address_key(address: str) -> str:
    """What tells addresses apart: case does not."""
    return address.strip().casefold()


def masked(address: str) -> str:
    """An address as it may stand in a log or on a screen that others see: `a…@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
