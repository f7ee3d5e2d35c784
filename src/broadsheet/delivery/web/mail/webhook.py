"""Where mail providers report bounces and complaints: `POST /mail/events`, with a secret."""

from __future__ import annotations

import hmac
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError

from broadsheet.delivery.access import FROM_ANYWHERE, services_of
from broadsheet.delivery.mail.bouncing import take_note
from broadsheet.errors import InputError, NotFound, PermissionDenied
from broadsheet.mail import Bounce

router = APIRouter(include_in_schema=False, dependencies=[FROM_ANYWHERE])


class Event(BaseModel):
    """One report of a provider about one address."""

    event: Literal["hard", "soft", "complaint"]
    address: str = Field(max_length=320)
    reason: str = Field("", max_length=1000)


class Events(BaseModel):
    """What a provider sends."""

    events: list[Event] = Field(max_length=1000)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/mail/events")
def events(request: Request, body: Annotated[bytes, Depends(_body)]) -> Response:
    """Stop or slow down the addresses that a provider reports."""
    services = services_of(request)
    secret = services.settings.webhook_secret
    if not secret:
        raise NotFound("There is nothing at this address.")
    # Not the Authorization header: that one names accounts, whatever the route.
    given = request.headers.get("x-webhook-secret", "")
    if not hmac.compare_digest(given.encode(), secret.encode()):
        raise PermissionDenied("The secret is wrong.")
    try:
        told = Events.model_validate_json(body)
    except ValidationError as error:
        raise InputError('Send {"events": [{"event": "hard", "address": …}]}.') from error
    noted = [
        take_note(services, event.address, Bounce(event.event), event.reason)
        for event in told.events
    ]
    return JSONResponse({"noted": sum(noted)})
