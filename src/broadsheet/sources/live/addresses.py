"""Addresses as they may be shown and kept: without passwords, and without a query's values.

Fetching an address needs it whole; that is `fetching`'s matter.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

_OWN_PORTS = {"http": 80, "https": 443}
_DAY = re.compile(r"[\w.-]{1,40}=\d{4}-\d\d-\d\d", re.ASCII)


def shown_address(url: str) -> str:
    """Scheme, host, port and path of an address, the days its query names, `…` for all else there.

    Name, password and the query may hold a reader's key; messages and rejects are shown to others.
    """
    parts = _parts(url)
    if parts is None:
        return "an address that cannot be read"
    if not parts.query:
        return _public(parts)
    pieces = (piece if _DAY.fullmatch(piece) else "…" for piece in parts.query.split("&"))
    # One sign for everything left out, wherever it stood.
    return f"{_public(parts)}?{'&'.join(dict.fromkeys(pieces))}"


def public_address(url: str) -> str:
    """Scheme, host, port and path of an address, for links to be resolved against; else empty."""
    parts = _parts(url)
    return "" if parts is None else _public(parts)


def host_of(url: str) -> str:
    """Host of a web address, with the port unless it is the scheme's own; empty for no such one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in _OWN_PORTS or not host or port == 0:
        return ""
    name = f"[{host}]" if ":" in host else host
    return name if port in {None, _OWN_PORTS[parts.scheme]} else f"{name}:{port}"


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _public(parts: SplitResult) -> str:
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
