"""What every reply gets: security headers, HEAD, ETag with 304, and compression.

Replies are held in memory until they are complete; a streamed download would need a way round.
"""

from __future__ import annotations

import gzip
import hashlib
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NO_PATHS = "strict-origin"
"""A Referrer-Policy that tells nobody the path. `no-referrer` would also take the origin away from
the forms of the page, by which older browsers show that the form is ours."""
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_COMPRESSIBLE = (
    "text/", "application/json", "application/problem+json", "image/svg+xml", "application/xml",
    "application/atom+xml", "application/rss+xml", "application/feed+json",
    "application/vnd.citationstyles.csl+json", "application/x-bibtex",
    "application/x-research-info-systems",
)  # fmt: skip
_SMALLEST_COMPRESSED = 600
_GZIP_LEVEL = 5  # level 6 takes half as long again for one per cent of a page


class SecurityHeaders:
    """Adds the security headers to every reply, whatever made it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; headers are added as the reply starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)  # a page may have a stricter one of its own
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class Replies:
    """Answers HEAD as GET without a body, sets ETag, answers 304, and compresses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the application's reply back until it is whole, then finish it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        await self.app(asked, receive, collect)
        await _reply(scope, start, bytes(body), send)


async def _reply(scope: Scope, start: Message, body: bytes, send: Send) -> None:
    request = Headers(scope=scope)
    reply = MutableHeaders(scope=start)
    tag = hashlib.sha256(body).hexdigest()[:32]
    if _is_compressible(reply, body):
        reply.add_vary_header("Accept-Encoding")
        if accepts_gzip(request.get("accept-encoding", "")):
            tag += "-gzip"
            reply["Content-Encoding"] = "gzip"
    is_read = start["status"] == HTTPStatus.OK and scope["method"] in ("GET", "HEAD")
    if is_read and "etag" not in reply:  # whoever sends a tag has answered with 304 already
        reply["ETag"] = f'"{tag}"'
        if _names(request.get("if-none-match", ""), tag):
            start["status"], body = HTTPStatus.NOT_MODIFIED.value, b""
            for name in ("Content-Type", "Content-Length", "Content-Encoding"):
                del reply[name]
    if reply.get("content-encoding") == "gzip":
        body = gzip.compress(body, _GZIP_LEVEL, mtime=0)
    if start["status"] not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        reply["Content-Length"] = str(len(body))
    await send(start)
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _is_compressible(reply: Headers, body: bytes) -> bool:
    kind = reply.get("content-type", "")
    return len(body) >= _SMALLEST_COMPRESSED and kind.startswith(_COMPRESSIBLE)


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header wants gzip, by its name or by `*`, with a q above 0."""
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, _, parameter = part.partition(";")
        key, _, value = parameter.partition("=")
        weights[name.strip().lower()] = _weight(value) if key.strip().lower() == "q" else 1.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _names(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag; weak comparison as RFC 9110 13.1.2 asks."""
    given = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in given or f'"{tag}"' in given
