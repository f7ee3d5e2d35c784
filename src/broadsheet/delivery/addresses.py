"""The addresses of pages and the safety of addresses that came with a paper."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode, urlsplit

# Browsers resolve the segments . and .. away, written as %2E too; they must not be segments.
_AT_DOTS = re.compile(r"/(?=\.\.?(?:/|$))|(?<=/\.)/|(?<=/\.\.)/")


def paper_path(key: str) -> str:
    """The page of the paper with this key; slashes of old arXiv ids and DOIs stay readable."""
    return quoted_path(f"/papers/{key}")


def api_paper_path(key: str) -> str:
    """The same paper at the API."""
    return quoted_path(f"/api/v1/papers/{key}")


def quoted_path(path: str) -> str:
    """A path as an address that leads to it, even where its keys have . or .. between slashes."""
    return _AT_DOTS.sub("%2F", quote(path, safe="/~:.-_()"))


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
