"""The address of the tools: POST /mcp, streamable HTTP without sessions, answered as JSON.

Every request stands alone, in the present revision of the protocol as in those with a handshake.
"""

from __future__ import annotations

import importlib
import re

import anyio
import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Message

from broadsheet.delivery.access import Needs, origin_of, services_of
from broadsheet.delivery.mcp.callers import caller_over_http
from broadsheet.delivery.visitors import client_address, visitor_of
from broadsheet.errors import PermissionDenied

LARGEST_REQUEST = 256 << 10
_LOOPBACK = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?")
_FROM_PROGRAMS = Depends(Needs(None, from_anywhere=True))
router = APIRouter(include_in_schema=False)


@router.post("/mcp", dependencies=[_FROM_PROGRAMS])
async def tools_over_http(request: Request) -> Response:
    """One request of the Model Context Protocol."""
    _check_origin(request)
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise HTTPException(415, "Send JSON-RPC as application/json.")
    body = await request.body()
    # The SDK takes a second to import: not before it is needed, and not while others wait.
    await anyio.to_thread.run_sync(importlib.import_module, "broadsheet.delivery.mcp.server")
    return await _answered(request, body)


def _check_origin(request: Request) -> None:
    """Refuse a page of another site that asks from inside a reader's browser (DNS rebinding).

    Programs send no Origin.
    """
    given = request.headers.get("origin")
    own = services_of(request).settings.base_url.rstrip("/")
    if given is None or (own and given == own) or _LOOPBACK.fullmatch(given):
        return
    message = (
        "Pages of other sites may not use the tools. If this is your own address, set "
        "BROADSHEET_BASE_URL to it."
    )
    raise PermissionDenied(message)


async def _answered(request: Request, body: bytes) -> Response:
    """What the SDK answers, as one reply."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from broadsheet.delivery.mcp.server import create_server

    started: Message = {}
    written = bytearray()
    unread = [body]

    async def receive() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            written.extend(message.get("body", b""))

    caller = caller_over_http(
        services_of(request), origin_of(request), visitor_of(request), client_address(request)
    )
    server = create_server(caller)
    manager = StreamableHTTPSessionManager(
        server, json_response=True, stateless=True, max_request_body_size=LARGEST_REQUEST
    )
    async with manager.run():
        await manager.handle_request(request.scope, receive, send)
    reply = Response(bytes(written), started["status"])
    reply.raw_headers = list(started.get("headers", []))
    reply.headers["Cache-Control"] = "no-store"
    return reply
