"""A digest as it would be, shown as a page: for the curious, and for preferences being tried."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, time

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.responses import HTMLResponse

from broadsheet.delivery.access import OPEN_TO_ALL, services_of
from broadsheet.delivery.mail.previewing import preview_letter
from broadsheet.delivery.periods import parse_day
from broadsheet.delivery.visitors import visitor_of
from broadsheet.delivery.web.mail.forms import preferences_of
from broadsheet.delivery.web.mail.readable import ReadableBy
from broadsheet.errors import InputError, NotFound
from broadsheet.mail import Preferences, Subscription, SubscriptionKind

router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""A mail brings its styles within; nothing else may load, and nothing may run."""


@router.get("/digest/preview")
def preview(request: Request, edition: str = "", form: str = "html") -> Response:
    """The digest of an edition for preferences given as the form of preferences sends them."""
    services, account = services_of(request), visitor_of(request).account
    readable = ReadableBy(services, account, may_try_any=True)
    preferences = preferences_of(request.query_params, Preferences(), readable)
    letter = preview_letter(
        services,
        dataclasses.replace(preferences, subscriptions=_tried(preferences.subscriptions)),
        _instant(services.clock(), edition),
        account_id=account.account_id if account else None,
    )
    if letter is None:
        raise NotFound("No papers are new for these preferences, so no mail would be sent.")
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    if form == "text":
        return PlainTextResponse(letter.text, headers=headers)
    return HTMLResponse(letter.html, headers=headers)


def _tried(subscriptions: tuple[Subscription, ...]) -> tuple[Subscription, ...]:
    """Saved searches as searches: the form may be tried by whoever has the link of its page."""
    return tuple(
        Subscription(SubscriptionKind.SEARCH, each.value)
        if each.kind is SubscriptionKind.SAVED
        else each
        for each in subscriptions
    )


def _instant(now: datetime, edition: str) -> datetime:
    if not edition:
        return now
    try:
        return datetime.combine(parse_day(edition), time(23, 59), tzinfo=UTC)
    except ValueError as error:
        raise InputError(str(error), "edition") from error
