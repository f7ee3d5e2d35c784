"""The addresses of pages and the safety of addresses that came with a paper."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit


def paper_path(key: str) -> str:
    """The page of the paper with this key; slashes of old arXiv ids and DOIs stay readable."""
    return f"/papers/{_quoted(key)}"


def api_paper_path(key: str) -> str:
    """The same paper at the API."""
    return f"/api/v1/papers/{_quoted(key)}"


def _quoted(key: str) -> str:
    return quote(key, safe="/~:.-_()")


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
