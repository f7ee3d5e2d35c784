"""Webhooks of the account that asks, and what was delivered to them."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from broadsheet.delivery.access import SIGNED_IN, account_of, services_of
from broadsheet.delivery.webhooks.lists import make_webhook
from broadsheet.delivery.webhooks.rounds import send_test
from broadsheet.webhooks import Delivery, DeliveryState, ListKind, Webhook, WebhookState

router = APIRouter(tags=["webhooks"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The webhook's number.")]
_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in; send a personal token."},
    403: {"description": "The token may only read, or the account may not act."},
}
_ONE: dict[int | str, dict[str, Any]] = {
    **_REFUSALS,
    404: {"description": "The account has no such webhook."},
}


class WebhookShape(BaseModel):
    """A webhook; its secret is not kept in a form that could be shown."""

    webhook_id: int = Field(description="Its number.")
    url: str = Field(description="Where deliveries go.")
    kind: ListKind = Field(description="day, trending, category, search, author or collection.")
    subject: str = Field(description="Which one: a window, category, query, name or number.")
    label: str = Field(description="The list's name for people.")
    state: WebhookState = Field(description="active, paused, or stopped after too many failures.")
    reason: str = Field(description="Why it is stopped; else empty.")
    created_at: datetime = Field(description="When it was made.")
    delivered_at: datetime | None = Field(description="When the last delivery succeeded.")
    failing_since: datetime | None = Field(description="Since when every delivery has failed.")
    last_error: str = Field(description="What went wrong last, until something succeeds.")

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The shape of a webhook."""
        return cls(**{name: getattr(webhook, name) for name in cls.model_fields})


class WebhookInput(BaseModel):
    """What a new webhook is to watch, and where it posts."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=4_000, description="An https address.")
    kind: ListKind = Field(description="day, trending, category, search, author or collection.")
    subject: str = Field(
        "", max_length=2_000, description="A window, category, query, name, or PERSON/COLLECTION."
    )


class MadeWebhook(BaseModel):
    """A new webhook with its secret, which is never shown again."""

    secret: str = Field(description="Signs deliveries; `whsec_` and Base64.")
    webhook: WebhookShape = Field(description="The webhook.")


class NewSecret(BaseModel):
    """A new secret, which is never shown again."""

    secret: str = Field(description="Signs deliveries from now on.")


class DeliveryShape(BaseModel):
    """One delivery, after the last of its attempts."""

    message_id: str = Field(description="The `webhook-id` of all its attempts.")
    papers: int = Field(description="How many papers it holds; 0 for a test.")
    state: DeliveryState = Field(description="waiting, sending, delivered or failed.")
    attempts: int = Field(description="How often it was sent.")
    status: int | None = Field(description="The last HTTP status; null where none came.")
    error: str = Field(description="What went wrong in the last attempt.")
    created_at: datetime = Field(description="When it was made.")
    due_at: datetime = Field(description="When it is tried next, while it waits.")
    finished_at: datetime | None = Field(description="When it was delivered or given up.")

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The shape of a delivery."""
        return cls(**{name: getattr(delivery, name) for name in cls.model_fields})


@router.get("/me/webhooks", summary="My webhooks", dependencies=[SIGNED_IN], responses=_REFUSALS)
def webhooks(request: Request) -> list[WebhookShape]:
    """The webhooks of the account, oldest first."""
    found = services_of(request).community.webhooks.of(account_of(request))
    return [WebhookShape.of(each) for each in found]


@router.post(
    "/me/webhooks",
    summary="Make a webhook",
    status_code=201,
    dependencies=[SIGNED_IN],
    responses={
        **_REFUSALS,
        400: {"description": "The search cannot be read."},
        409: {"description": "There are too many webhooks."},
        503: {"description": "The search cannot be answered now."},
    },
)
def make(request: Request, wanted: WebhookInput, response: Response) -> MadeWebhook:
    """Post new papers of a list to an address; what stands in it now is not sent."""
    response.headers["Cache-Control"] = "no-store"
    secret, made = make_webhook(
        services_of(request), account_of(request), wanted.url, wanted.kind, wanted.subject
    )
    return MadeWebhook(secret=secret, webhook=WebhookShape.of(made))


@router.get("/me/webhooks/{number}", summary="A webhook", dependencies=[SIGNED_IN], responses=_ONE)
def webhook(request: Request, number: Number) -> WebhookShape:
    """One webhook of the account."""
    return WebhookShape.of(services_of(request).community.webhooks.own(account_of(request), number))


@router.get(
    "/me/webhooks/{number}/deliveries",
    summary="Its last deliveries",
    dependencies=[SIGNED_IN],
    responses=_ONE,
)
def deliveries(request: Request, number: Number) -> list[DeliveryShape]:
    """The last twenty deliveries and what waits, newest first."""
    found = services_of(request).community.webhooks.deliveries(account_of(request), number)
    return [DeliveryShape.of(each) for each in found]


@router.post(
    "/me/webhooks/{number}/test",
    summary="Send a test",
    dependencies=[SIGNED_IN],
    responses={**_ONE, 429: {"description": "Too many tests; see Retry-After."}},
)
def try_out(request: Request, number: Number) -> DeliveryShape:
    """Send a message without papers at once, once; how it went."""
    return DeliveryShape.of(send_test(services_of(request), account_of(request), number))


@router.post(
    "/me/webhooks/{number}/pause",
    summary="Pause a webhook",
    dependencies=[SIGNED_IN],
    responses={**_ONE, 409: {"description": "It is stopped."}},
)
def pause(request: Request, number: Number) -> WebhookShape:
    """Send nothing until it is resumed."""
    return WebhookShape.of(
        services_of(request).community.webhooks.pause(account_of(request), number)
    )


@router.post(
    "/me/webhooks/{number}/resume",
    summary="Resume a webhook",
    dependencies=[SIGNED_IN],
    responses=_ONE,
)
def resume(request: Request, number: Number) -> WebhookShape:
    """Send again what waits and what is new, also where it was stopped."""
    return WebhookShape.of(
        services_of(request).community.webhooks.resume(account_of(request), number)
    )


@router.post(
    "/me/webhooks/{number}/secret",
    summary="Make a new secret",
    dependencies=[SIGNED_IN],
    responses=_ONE,
)
def renew_secret(request: Request, number: Number, response: Response) -> NewSecret:
    """Sign with a new secret from now on."""
    response.headers["Cache-Control"] = "no-store"
    rules = services_of(request).community.webhooks
    return NewSecret(secret=rules.renew_secret(account_of(request), number))


@router.delete(
    "/me/webhooks/{number}",
    summary="Delete a webhook",
    status_code=204,
    dependencies=[SIGNED_IN],
    responses=_ONE,
)
def delete(request: Request, number: Number) -> Response:
    """Delete a webhook with its deliveries; what waits is not sent."""
    services_of(request).community.webhooks.delete(account_of(request), number)
    return Response(status_code=204)
