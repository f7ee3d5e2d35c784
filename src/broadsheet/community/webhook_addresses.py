"""Which addresses webhooks may go to: https on the public Internet, unless more is allowed.

What people type must not lead into the operator's own network (server-side request forgery), so
names are looked up when something is sent, and every address that a name has is judged here.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from broadsheet.errors import InputError

LONGEST_URL = 2_000
_LONGEST_HOST = 253
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 behind NAT64 (RFC 6052): the last 32 bits are the address that is meant."""
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


def parse_webhook_url(text: str, *, allows_private: bool) -> str:
    """The address as it is kept. Raises InputError with what is wrong.

    Whether a name leads to a public address is seen when something is sent there.
    """
    url = text.strip()
    if not url or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
        raise _wrong(f"Write the whole address, https://…, in at most {LONGEST_URL:,} characters.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise _wrong("This is no address. Write it as https://example.org/papers.") from None
    if " " in url or "\\" in url or not host or len(host) > _LONGEST_HOST or port == 0:
        raise _wrong("This is no address. Write it as https://example.org/papers.")
    if parts.username is not None or parts.password is not None:
        raise _wrong("Leave the name and password out; deliveries are signed instead.")
    _check_place(parts, host, allows_private=allows_private)
    return parts._replace(scheme=parts.scheme.lower(), fragment="").geturl()


def _check_place(parts: SplitResult, host: str, *, allows_private: bool) -> None:
    scheme = parts.scheme.lower()
    if scheme not in {"https", "http"} or (scheme == "http" and not allows_private):
        raise _wrong("Deliveries go by https only: the address begins with https://.")
    if not allows_private and (is_local_name(host) or not _is_public_or_name(host)):
        raise _wrong("This address lies within a private network, where webhooks do not go.")


def is_local_name(host: str) -> bool:
    """Whether a name is of this machine or network by its form alone."""
    name = host.lower().rstrip(".")
    return name.endswith(_LOCAL_NAMES[1:]) or name == _LOCAL_NAMES[0]


def _is_public_or_name(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return True


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet. Raises ValueError for what is none.

    Addresses that carry an IPv4 address within (mapped, 6to4, Teredo, NAT64) are judged by it too.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found in _TRANSLATED:
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    if not found.is_global or found.is_multicast or found.is_reserved or found.is_unspecified:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    return not found.is_site_local and all(map(_is_public_ipv4, _within(found)))


def _is_public_ipv4(address: ipaddress.IPv4Address) -> bool:
    return is_public(str(address))


def _within(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries."""
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [each for each in found if each is not None]


def _wrong(sentence: str) -> InputError:
    return InputError(sentence, "url")
