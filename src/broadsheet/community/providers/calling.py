"""Asks other services for JSON, with limits on time and size; every failure is a ProviderError."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpx2
import orjson

from broadsheet.errors import ProviderError
from broadsheet.settings import is_safe_address

SILENCE = 5.0
"""Seconds without a byte."""
LONGEST_ANSWER = 10.0
"""Seconds for one whole answer; somebody waits before a browser."""
LARGEST_ANSWER = 512 * 1024


def get_json(url: str, what: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The object at an address. `what` names the service in sentences."""
    return _ask(_Question("GET", url, what, headers or {}, None))


def post_form(
    url: str, what: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The object that a form is answered with."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    content = urlencode(form).encode()
    return _ask(_Question("POST", url, what, {**kind, **(headers or {})}, content))


@dataclass(frozen=True, slots=True)
class _Question:
    method: str
    url: str
    what: str
    headers: Mapping[str, str]
    content: bytes | None


def _ask(question: _Question) -> dict[str, Any]:
    what = question.what
    if not is_safe_address(question.url):
        raise ProviderError(f"{what} names an address that is not https; it was not asked.")
    client = httpx2.Client(timeout=SILENCE, follow_redirects=False)
    # Limits between bytes do not see headers that drip.
    watchdog = threading.Timer(LONGEST_ANSWER, client.close)
    watchdog.daemon = True
    watchdog.start()
    try:
        return _received(client, question)
    except httpx2.TimeoutException as error:
        raise ProviderError(f"{what} does not answer. Try again later.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, RuntimeError, OSError) as error:
        raise ProviderError(f"{what} cannot be reached. Try again later.") from error
    finally:
        watchdog.cancel()
        client.close()


def _received(client: httpx2.Client, question: _Question) -> dict[str, Any]:
    what = question.what
    headers = {"Accept": "application/json", "User-Agent": "Broadsheet", **question.headers}
    body = bytearray()
    with client.stream(
        question.method, question.url, headers=headers, content=question.content
    ) as reply:
        for piece in reply.iter_bytes():
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise ProviderError(f"{what} sent more than a sign-in needs.")
        status = reply.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ProviderError(f"{what} reports a fault of its own ({status}). Try again later.")
    if status != HTTPStatus.OK:
        raise ProviderError(f"{what} refused the sign-in ({status}). Start again.")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProviderError(f"{what} sent an answer that cannot be read.") from error
    if not isinstance(value, dict):
        raise ProviderError(f"{what} sent an answer that cannot be read.")
    return value
