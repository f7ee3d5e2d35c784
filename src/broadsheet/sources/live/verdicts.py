"""What an answer that may not be read, or a connection that broke, means for the next try.

Asking is `fetching`'s matter; when the next try is made, `broadsheet.source_states`'s.
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import httpx2

from broadsheet.errors import SourceError
from broadsheet.sources.fields import whole_number
from broadsheet.sources.live.harvesting import NoConnection, Reply

THROTTLING = frozenset((403, 406, 429, 503))
RETRY_AFTER_THROTTLING = 300.0
"""Seconds to stay away when a service throttles without saying for how long."""
REDIRECTS = frozenset((301, 302, 303, 307, 308))
_FARTHEST_CLOCK = timedelta(days=2)
"""Caches that do not tell the age of their answers keep them for a day at times."""
_ERROR_NUMBER = re.compile(r"^\[Errno -?\d+\] ")
_LONGEST_RETRY_AFTER = 86_400.0
_RATE_EXCEEDED = b"rate exceeded"
_PASSING = frozenset((408, 425))


def judge_reply(reply: Reply, allow: tuple[int, ...]) -> None:
    """Raise SourceError for a reply that may not be read."""
    host = urlsplit(reply.url).hostname
    is_excuse = reply.body[:200].strip().lower().startswith(_RATE_EXCEEDED)
    if reply.status in allow or (reply.status == HTTPStatus.OK and not is_excuse):
        return
    if is_excuse or reply.status in THROTTLING:
        raise SourceError(
            f"{host} asks to slow down (HTTP {reply.status}).",
            permanent=False,
            retry_after=_retry_after(reply),
        )
    if reply.status in REDIRECTS:
        how = "without end" if reply.headers.get("location") else "without saying where to"
        raise SourceError(f"{host} redirects {how}.", permanent=False)
    is_passing = reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status in _PASSING
    raise SourceError(
        f"{host} answered HTTP {reply.status}.",
        permanent=not is_passing,
        retry_after=_retry_after(reply) if "retry-after" in reply.headers else None,
    )


def _retry_after(reply: Reply) -> float:
    """Seconds to stay away, as seconds or as a date (RFC 9110, section 10.2.3)."""
    value = reply.headers.get("retry-after", "").strip()
    seconds = RETRY_AFTER_THROTTLING
    if value.isascii() and value.isdecimal():
        seconds = float(value[:9])
    elif value:
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return seconds
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def check_clock(reply: Reply, now: datetime) -> None:
    """Raise SourceError where this machine's clock and the answer's date are days apart.

    With a wrong clock the wrong days are asked for, and papers of today come from the future.
    """
    try:
        told = parsedate_to_datetime(reply.headers.get("date", ""))
        # Out of a cache, an answer is dated when it was made.
        age = timedelta(seconds=whole_number(reply.headers.get("age", ""), 9) or 0)
        told = told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC) + age
    except (ValueError, OverflowError):
        return
    if abs(now - told) > _FARTHEST_CLOCK:
        raise SourceError(
            f"{urlsplit(reply.url).hostname} says that it is {told:%Y-%m-%d}, and the clock of "
            f"this machine says {now:%Y-%m-%d}. Set the clock; nothing is taken in before.",
            permanent=False,
        )


def redirect_target(reply: Reply) -> str:
    """Where a redirect leads; never from https to http, where keys would travel in the clear."""
    try:
        target = urljoin(reply.url, reply.headers["location"])
        scheme = urlsplit(target).scheme
    except ValueError as error:
        raise SourceError("The service redirects to no web address.", permanent=False) from error
    if urlsplit(reply.url).scheme == "https" and scheme != "https":
        raise SourceError("The service redirects from https to http.", permanent=False)
    return target


def broken_connection(host: str, error: httpx2.HTTPError) -> SourceError:
    """What a connection that was not made, or broke, is to the operator."""
    if isinstance(error, httpx2.LocalProtocolError):
        # Its text holds the header that cannot be sent, which may be a key.
        return SourceError(
            f"{host} cannot be asked with what the options hold; is a key or a token mistyped?"
        )
    if isinstance(error, httpx2.ConnectError) and _is_about_certificate(error):
        return SourceError(
            f"{host} has no certificate that is trusted here ({error}). Behind a proxy that looks "
            "into connections, name its certificates with SSL_CERT_FILE.",
            permanent=False,
        )
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return NoConnection(f"{host} cannot be reached{_said(error)}.", permanent=False)
    if isinstance(error, httpx2.TimeoutException):
        reason = "did not answer in time"
    elif isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError):
        reason = f"broke off its answer{_said(error)}"
    elif isinstance(error, httpx2.DecodingError):
        reason = "sent an answer that cannot be unpacked"
    else:
        reason = f"cannot be reached{_said(error)}"
    return SourceError(f"{host} {reason}.", permanent=False)


def _said(error: Exception) -> str:
    said = _ERROR_NUMBER.sub("", str(error))
    return f" ({said})" if said else ""


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
