"""The addresses of pages and the safety of addresses that came with a paper."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlencode, urlsplit

_DECODINGS = 3
_LONGEST_PATH = 2_000
# Browsers resolve the segments . and .. away, written as %2E too; they must not be segments.
_AT_DOTS = re.compile(r"/(?=\.\.?(?:/|$))|(?<=/\.)/|(?<=/\.\.)/")


def paper_path(key: str) -> str:
    """The page of the paper with this key; slashes of old arXiv ids and DOIs stay readable."""
    return quoted_path(f"/papers/{key}")


def api_paper_path(key: str) -> str:
    """The same paper at the API."""
    return quoted_path(f"/api/v1/papers/{key}")


def collection_path(owner: str, slug: str) -> str:
    """The page of a person's collection."""
    return f"/people/{quote(owner, safe='')}/collections/{quote(slug, safe='')}"


def quoted_path(path: str) -> str:
    """A path as an address that leads to it, even where its keys have . or .. between slashes."""
    return _AT_DOTS.sub("%2F", quote(path, safe="/~:.-_()"))


def local_path(address: str) -> str:
    """The address, if it is a path of this site that a redirect may lead to; else empty.

    Browsers take `//host` for another site and a backslash for a slash, and leave out tabs and line
    ends; proxies may decode what is percent-encoded. So none of it passes in any of these forms.
    """
    read = address
    for _ in range(_DECODINGS):
        if not _is_local(read):
            return ""
        read = unquote(read)
    return address if _is_local(read) and len(address) <= _LONGEST_PATH else ""


def _is_local(address: str) -> bool:
    path = address.partition("?")[0]
    is_path = path.startswith("/") and not path.startswith("//")
    return is_path and address.isprintable() and " " not in path and "\\" not in address


def with_query(path: str, **parameters: object) -> str:
    """The path with those parameters that have a value."""
    given = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def is_web_address(url: str) -> bool:
    """Whether an address may be a link: http or https with a host, never javascript: or data:."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
