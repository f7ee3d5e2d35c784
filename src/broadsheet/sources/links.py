"""Addresses in abstracts and comments: code repositories and project pages.

Only http and https addresses come out. Addresses that follow from an arXiv id or a DOI are not
made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from broadsheet.domain import Link, LinkKind

_MOST_LINKS = 20
_LONGEST_ADDRESS = 2_000
_BARE_HINTS = (".github.io", ".gitlab.io", "github.com/", "gitlab.com/", "bitbucket.org/",
               "codeberg.org/", "huggingface.co/", "hf.co/")  # fmt: skip
_REST = r"[^\s<>\"{}|\\^`\[\]]+"
_ADDRESS = re.compile(rf"https?://{_REST}", re.IGNORECASE)
_BARE_ADDRESS = re.compile(
    r"(?<![\w@./:-])(?:(?:www\.)?(?:(?:github|gitlab)\.com|bitbucket\.org|codeberg\.org"
    rf"|huggingface\.co|hf\.co)/{_REST}|[\w-]{{1,60}}\.git(?:hub|lab)\.io(?:/{_REST})?)",
    re.IGNORECASE,
)
_TEX_ESCAPE = re.compile(r"\\([_%#&~])")
_WEB = re.compile(r"https?://[\w\[][^\s<>\"]*", re.IGNORECASE)
_TRAILING = ".,;:!?'*’”…"
_PROJECT_WORD = re.compile(
    r"(?:project|home ?-?page|web ?-?page|web ?-?site|demo)[^.!?]{0,40}$", re.IGNORECASE
)
_FORGES = {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"}
_NOT_OWNERS = {"orgs", "topics", "sponsors", "features", "settings", "search", "marketplace"}
_NOT_MODELS = {
    "datasets",
    "papers",
    "collections",
    "blog",
    "docs",
    "posts",
    "join",
    "organizations",
}
_MAIN_BRANCH = re.compile(r"(?:\.git)?(?:/tree/(?:main|master))?/?$")


def find_links(text: str) -> tuple[Link, ...]:
    """Code and project addresses, each once, at most twenty; those without scheme come last."""
    if not _has_hint(text):
        return ()
    if "\\" in text:
        text = _TEX_ESCAPE.sub(r"\1", text)
    return unique(_links(text))


def _has_hint(text: str) -> bool:
    """Whether one of these, without which no address is worth keeping, stands in the text."""
    # Written out: a loop over the signs takes five times as long, for every abstract of a library.
    return "://" in text or ".io" in text or ".com/" in text or ".co/" in text or ".org/" in text


def _links(text: str) -> Iterator[Link | None]:
    for found in _ADDRESS.finditer(text):
        yield _link_at(text, found)
    rest = _ADDRESS.sub(" ", text)
    lowered = rest.lower()
    if any(hint in lowered for hint in _BARE_HINTS):
        for found in _BARE_ADDRESS.finditer(rest):
            yield _link_at(rest, found)


def _link_at(text: str, found: re.Match[str]) -> Link | None:
    address = _without_trailing_signs(found.group())
    if "://" not in address:
        address = f"https://{address}"
    kind = _kind(address, text[max(0, found.start() - 60) : found.start()])
    return web_link(kind, address) if kind is not None else None


def unique(links: Iterable[Link | None]) -> tuple[Link, ...]:
    """The links without repeats and gaps, at most twenty."""
    seen: dict[str, Link] = {}
    for link in links:
        if link is not None:
            seen.setdefault(link.url.rstrip("/").lower(), link)
        if len(seen) == _MOST_LINKS:
            break
    return tuple(seen.values())


def web_link(kind: LinkKind, address: object) -> Link | None:
    """A link of the kind; None for anything but a plain http or https address."""
    if not isinstance(address, str):
        return None
    address = address.strip()
    if len(address) > _LONGEST_ADDRESS or not _WEB.fullmatch(address):
        return None
    return Link(kind, _canonical_repository(address) if kind is LinkKind.CODE else address)


def _without_trailing_signs(address: str) -> str:
    address = address.rstrip(_TRAILING)
    while address.endswith(")") and address.count("(") < address.count(")"):
        address = address[:-1].rstrip(_TRAILING)
    return address


def _kind(address: str, before: str) -> LinkKind | None:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if _is_repository(host, [part for part in parts.path.split("/") if part]):
        return LinkKind.CODE
    if host.endswith((".github.io", ".gitlab.io")) or _PROJECT_WORD.search(before):
        is_forge = host in _FORGES or "." not in host
        return None if is_forge else LinkKind.PROJECT
    if host == "sites.google.com" or parts.path.startswith("/datasets/"):
        return LinkKind.PROJECT
    return None


def _is_repository(host: str, path: list[str]) -> bool:
    if host == "anonymous.4open.science":
        return len(path) > 1 and path[0] in ("r", "repository")
    if len(path) < 2:  # noqa: PLR2004
        return False
    if host in ("huggingface.co", "hf.co"):
        return path[0] not in _NOT_MODELS
    return (host in _FORGES or host.startswith("gitlab.")) and path[0] not in _NOT_OWNERS


def _canonical_repository(address: str) -> str:
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    host = host.lower().removeprefix("www.")
    if host in _FORGES:
        scheme = "https"
    return f"{scheme.lower()}://{host}{slash}{_MAIN_BRANCH.sub('', path)}"
