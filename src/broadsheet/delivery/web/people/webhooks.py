"""The pages of webhooks in an account's settings: a list, and one page for each."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import SIGNED_IN, account_of, services_of
from broadsheet.delivery.web.people.thread import ago
from broadsheet.delivery.webhooks.lists import list_page, make_webhook
from broadsheet.delivery.webhooks.rounds import send_test
from broadsheet.errors import Conflict, IndexUnavailable, InputError, QueryError
from broadsheet.webhooks import Delivery, DeliveryState, ListKind, WebhookState

router = APIRouter(include_in_schema=False, dependencies=[SIGNED_IN])
Text = Annotated[str, Form(max_length=4_000)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
KIND_NAMES = {
    ListKind.CATEGORY: "A category",
    ListKind.SEARCH: "A search",
    ListKind.AUTHOR: "An author",
    ListKind.COLLECTION: "A collection",
    ListKind.TRENDING: "Trending",
    ListKind.DAY: "All new papers",
}
_DONE = {
    "paused": "Paused. What comes meanwhile is sent when you resume it.",
    "resumed": "Resumed. What waits is sent first.",
    "deleted": "The webhook is deleted.",
}
_STATES = {
    DeliveryState.WAITING: "waits",
    DeliveryState.SENDING: "is being sent",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.FAILED: "failed",
}


@router.get("/settings/webhooks")
def webhooks_page(request: Request, done: str = "") -> Response:
    """The webhooks of the account, and a form for another."""
    return _list(request, said=_DONE.get(done, ""))


@router.post("/settings/webhooks")
def make(request: Request, url: Text = "", kind: Text = "category", subject: Text = "") -> Response:
    """Make a webhook; the reply is the only page that ever shows its secret."""
    typed = {"url": url, "kind": kind, "subject": subject}
    try:
        secret, made = make_webhook(
            services_of(request), account_of(request), url, _kind(kind), subject
        )
    except InputError as wrong:
        return _list(request, wrong=wrong, typed=typed)
    except (QueryError, IndexUnavailable) as wrong:
        return _list(request, wrong=InputError(str(wrong), "subject"), typed=typed)
    except Conflict as wrong:
        return _list(request, wrong=InputError(str(wrong)), typed=typed)
    return _one(request, made.webhook_id, secret=secret, said="The webhook is made.")


@router.get("/settings/webhooks/{number}")
def webhook_page(request: Request, number: Number, done: str = "") -> Response:
    """One webhook: how it stands, its last deliveries, and what can be done with it."""
    said = _DONE.get(done, "")
    if done == "tested":
        deliveries = services_of(request).community.webhooks.deliveries(account_of(request), number)
        tests = (each for each in deliveries if each.is_test)
        said = next((_test_in_words(each) for each in tests), "")
    return _one(request, number, said=said)


@router.post("/settings/webhooks/{number}/test")
def try_out(request: Request, number: Number) -> Response:
    """Send a message without papers, at once."""
    send_test(services_of(request), account_of(request), number)
    return _to(f"/settings/webhooks/{number}?done=tested")


@router.post("/settings/webhooks/{number}/pause")
def pause(request: Request, number: Number) -> Response:
    """Send nothing until it is resumed."""
    services_of(request).community.webhooks.pause(account_of(request), number)
    return _to(f"/settings/webhooks/{number}?done=paused")


@router.post("/settings/webhooks/{number}/resume")
def resume(request: Request, number: Number) -> Response:
    """Send again, also where it was stopped."""
    services_of(request).community.webhooks.resume(account_of(request), number)
    return _to(f"/settings/webhooks/{number}?done=resumed")


@router.post("/settings/webhooks/{number}/secret")
def renew_secret(request: Request, number: Number) -> Response:
    """Make a new secret; the reply is the only page that ever shows it."""
    secret = services_of(request).community.webhooks.renew_secret(account_of(request), number)
    return _one(request, number, secret=secret, said="The former secret signs nothing any more.")


@router.post("/settings/webhooks/{number}/delete")
def delete(request: Request, number: Number) -> Response:
    """Delete a webhook with its deliveries."""
    services_of(request).community.webhooks.delete(account_of(request), number)
    return _to("/settings/webhooks?done=deleted")


def _kind(name: str) -> ListKind:
    try:
        return ListKind(name)
    except ValueError:
        kinds = ", ".join(ListKind)
        raise InputError(f"Choose which list it watches: {kinds}.", "kind") from None


def _test_in_words(delivery: Delivery) -> str:
    if delivery.state is DeliveryState.DELIVERED:
        return f"The test was delivered; the answer was {delivery.status}."
    return f"The test was not delivered. {delivery.error}"


def _list(
    request: Request,
    *,
    said: str = "",
    wrong: InputError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    services, account = services_of(request), account_of(request)
    own = services.community.webhooks.of(account)
    most = services.settings.webhooks_per_account
    return _page(
        request,
        "people/settings_webhooks.html",
        said=said,
        wrong=wrong,
        typed=typed or {"url": "", "kind": ListKind.CATEGORY.value, "subject": ""},
        kinds=[(kind.value, name) for kind, name in KIND_NAMES.items()],
        own=own,
        most=most,
        has_room=len(own) < most,
    )


def _one(request: Request, number: int, *, said: str = "", secret: str = "") -> Response:
    services, account = services_of(request), account_of(request)
    found = services.community.webhooks.own(account, number)
    return _page(
        request,
        "people/settings_webhook.html",
        said=said,
        secret=secret,
        webhook=found,
        is_active=found.state is WebhookState.ACTIVE,
        list_path=list_page(services, found),
        deliveries=services.community.webhooks.deliveries(account, number),
        states=_STATES,
    )


def _page(request: Request, template: str, **context: object) -> Response:
    now = services_of(request).clock()
    page: Response = request.app.state.pages.render(
        request,
        template,
        status=422 if context.get("wrong") else 200,
        part="webhooks",
        account=account_of(request),
        ago=lambda at: ago(at, now),
        **context,
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _to(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
