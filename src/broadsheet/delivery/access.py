"""What a request handler reaches for: the services of its application, and one paper of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from broadsheet.errors import NotFound
from broadsheet.store.ingest import LONGEST_KEY

if TYPE_CHECKING:
    from fastapi import Request

    from broadsheet.domain import Paper
    from broadsheet.services import Services

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")


def services_of(request: Request) -> Services:
    """The services that the application was created with."""
    return cast("Services", request.app.state.services)


def paper_of(request: Request, key: str) -> Paper:
    """The paper with this key or former key; raises NotFound with a sentence."""
    if len(key) > LONGEST_KEY or "\x00" in key:
        message = "No paper has such a name. arXiv ids look like 1706.03762."
        raise NotFound(message)
    return services_of(request).store.paper(key)


def origin_of(request: Request) -> str:
    """The public address of this site without a slash at the end.

    Empty, so that addresses become relative, where it is not set and the request names no host.
    """
    given = services_of(request).settings.base_url
    if given:
        return given.rstrip("/")
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else ""
