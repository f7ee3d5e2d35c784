"""Replies to what a reader does on a paper: JSON for our script, the page again for a form."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse, RedirectResponse

from broadsheet.delivery.addresses import paper_path, quoted_path

if TYPE_CHECKING:
    from fastapi import Request, Response

LONGEST_ADDRESS = 2_000


def acted(request: Request, key: str, next_: str, **state: object) -> Response:
    """What has changed, for our script; for a form, the page it was on, at the paper."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"id": key, **state}, headers={"Cache-Control": "no-store"})
    own = paper_path(key)
    address = own_address(next_, own)
    if urlsplit(address).path != own:
        address = f"{address}#{quoted_path(f'paper-{key}')}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def own_address(given: str, otherwise: str) -> str:
    """A path of this site with its query, as a form asks to go back to; never another site."""
    is_plain = given.isprintable() and "\\" not in given and len(given) <= LONGEST_ADDRESS
    if not is_plain or not given.startswith("/") or given.startswith("//"):
        return otherwise
    try:
        parts = urlsplit(given)
    except ValueError:
        return otherwise
    is_own = not parts.scheme and not parts.netloc
    return parts._replace(fragment="").geturl() if is_own else otherwise
