"""Subscribe, confirm, change and leave. Only a POST changes anything; links need no sign-in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from broadsheet.delivery.access import FROM_ANYWHERE, services_of
from broadsheet.delivery.mail import joining
from broadsheet.delivery.mail.posting import NO_MAIL, can_send
from broadsheet.delivery.mail.wording import lists_in_words
from broadsheet.delivery.visitors import client_address, visitor_of
from broadsheet.delivery.web.mail.forms import names_lists, preferences_of, shown
from broadsheet.delivery.web.mail.readable import ReadableBy
from broadsheet.errors import InputError, NotFound
from broadsheet.mail import Preferences, Subscriber, SubscriberState
from broadsheet.people import Account
from broadsheet.settings import Settings
from broadsheet.subscriptions.addresses import LONGEST_ADDRESS, address_key, parse_address
from broadsheet.subscriptions.links import Purpose
from broadsheet.subscriptions.schedule import zone_names

router = APIRouter(include_in_schema=False, dependencies=[FROM_ANYWHERE])
PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Of pages whose address is a secret."""


async def posted(request: Request) -> FormData:
    """The form that was sent."""
    return await request.form(max_files=0, max_fields=200)


Form = Annotated[FormData, Depends(posted)]


@router.get("/subscriptions")
def subscribe_page(request: Request, address: str = "") -> Response:
    """What can be had by mail, and the form that asks for it, filled in as the address says."""
    account = visitor_of(request).account
    given = address[:LONGEST_ADDRESS] or (account.email or "" if account else "")
    readable = ReadableBy(services_of(request), account)
    try:
        wanted = preferences_of(request.query_params, Preferences(), readable)
    except InputError as error:
        return _subscribe_page(request, Preferences(), given, error=str(error), status=422)
    return _subscribe_page(request, wanted, given)


@router.post("/subscriptions")
def subscribe(request: Request, form: Form) -> Response:
    """Ask the address whether it wants the digest; the answer is the same for every address."""
    services = services_of(request)
    text = form.get("address", "")
    try:
        _need_mail(services.settings)
        address = _address(text if isinstance(text, str) else "")
        account = _own_account(request, address)
        readable = ReadableBy(services, account)
        preferences = preferences_of(form, Preferences(), readable)
    except InputError as error:
        given = str(text)[:LONGEST_ADDRESS]
        return _subscribe_page(request, Preferences(), given, error=str(error), status=422)
    if account is not None:
        reader = joining.join_as_account(services, account, preferences)
        token = joining.token_of(services, Purpose.MANAGE, reader, services.clock())
        return RedirectResponse(f"/subscriptions/{token}", 303, PRIVATE)
    joining.ask(services, address, preferences, client_address(request))
    return note(
        request,
        "Look into your inbox",
        "If the address can be written to, a letter is on its way with a link that confirms the "
        "subscription. Nothing else is sent before that.",
    )


def _need_mail(settings: Settings) -> None:
    if not can_send(settings):
        raise InputError(NO_MAIL)


def _address(text: str) -> str:
    try:
        return parse_address(text)
    except ValueError as error:
        raise InputError(str(error), "address") from error


def _own_account(request: Request, address: str) -> Account | None:
    """The account that asks, where the address is its own and was verified."""
    account = visitor_of(request).account
    if account is None or account.verified_at is None or account.email is None:
        return None
    # The mark of this route lets other sites ask, so their request is never made in its name.
    is_own_page = request.headers.get("sec-fetch-site") in {"same-origin", "none"}
    return account if is_own_page and address_key(account.email) == address_key(address) else None


@router.get("/subscriptions/confirm/{token}")
def confirm_page(request: Request, token: str) -> Response:
    """A button: mail scanners open links, so opening one must not confirm anything."""
    reader, grant = joining.reader_by_token(services_of(request), Purpose.CONFIRM, token)
    if reader.state is SubscriberState.ACTIVE:
        return note(request, "You are subscribed", _confirmed(reader))
    if grant.is_expired or reader.state is not SubscriberState.PENDING:
        return expired(request)
    what = joining.in_words(reader.preferences)
    return page(request, "mail/ask.html", title="Confirm your subscription", button="Confirm",
                 sentence=f"You get {what}.", action=request.url.path)  # fmt: skip


@router.post("/subscriptions/confirm/{token}")
def confirm(request: Request, token: str) -> Response:
    """Begin the subscription, and lead to its preferences."""
    services = services_of(request)
    reader, grant = joining.reader_by_token(services, Purpose.CONFIRM, token)
    may_begin = reader.state in {SubscriberState.PENDING, SubscriberState.ACTIVE}
    if grant.is_expired or not may_begin:
        return expired(request)
    reader = joining.activate(services, reader)
    own = joining.token_of(services, Purpose.MANAGE, reader, services.clock())
    return note(
        request,
        "You are subscribed",
        _confirmed(reader),
        links=(("Choose what you get, and when", f"/subscriptions/{own}"),),
    )


def _confirmed(reader: Subscriber) -> str:
    return f"You get {joining.in_words(reader.preferences)}. Every mail has a link to leave."


@router.get("/unsubscribe/{token}")
def leave_page(request: Request, token: str) -> Response:
    """A button; opening the link changes nothing (RFC 8058, 3.2)."""
    joining.reader_by_token(services_of(request), Purpose.LEAVE, token)
    return page(request, "mail/ask.html", title="Unsubscribe", button="Unsubscribe",
                 sentence="One click, and no more digests come to this address.",
                 action=request.url.path)  # fmt: skip


@router.post("/unsubscribe/{token}")
def leave(request: Request, token: str) -> Response:
    """End a subscription, for a mail provider's one click as for our own button."""
    services = services_of(request)
    try:
        reader, _ = joining.reader_by_token(services, Purpose.LEAVE, token)
        services.store.mail.subscribers.leave(reader.subscriber_id, services.clock())
    except NotFound:
        if not _is_forgotten(request, token):
            raise
    return note(
        request,
        "You have left",
        "No more digests come to this address. Welcome back whenever you like.",
        links=(("Subscribe again", "/subscriptions"),),
    )


def _is_forgotten(request: Request, token: str) -> bool:
    """Whether a link is genuine, though its reader has been erased."""
    from broadsheet.subscriptions.links import read_token

    services = services_of(request)
    secrets = services.community.secrets
    return read_token(secrets, Purpose.LEAVE, token, services.clock()) is not None


def expired(request: Request) -> Response:
    """What is said of a link whose time is over."""
    return note(
        request,
        "This link is too old",
        "Links end after a while. Type your address below: a fresh one comes by mail.",
        status=410,
        asks_address=True,
    )


def note(
    request: Request,
    title: str,
    sentence: str,
    *,
    status: int = 200,
    links: tuple[tuple[str, str], ...] = (),
    asks_address: bool = False,
) -> Response:
    """A page that says one thing, and where to go from there."""
    return page(
        request,
        "mail/note.html",
        status=status,
        title=title,
        sentence=sentence,
        links=links,
        asks_address=asks_address,
    )


def _subscribe_page(
    request: Request,
    wanted: Preferences,
    address: str,
    *,
    error: str = "",
    status: int = 200,
) -> Response:
    services, account = services_of(request), visitor_of(request).account
    own = joining.readers_of(services, account) if account is not None else []
    is_chosen = names_lists(request.query_params) and not error
    return page(
        request,
        "mail/subscribe.html",
        status=status,
        form=shown(wanted),
        wanted=lists_in_words(wanted) if is_chosen else "",
        has_mail=any(reader.state is SubscriberState.ACTIVE for reader in own),
        address=address,
        error=error,
        saved_searches=ReadableBy(services, account).saved_searches(),
        zones=zone_names(),
        no_mail="" if can_send(services.settings) else NO_MAIL,
    )


def page(request: Request, template: str, *, status: int = 200, **context: object) -> Response:
    """A page that no cache keeps, and no other site is told of."""
    rendered: Response = request.app.state.pages.render(request, template, status=status, **context)
    rendered.headers.update(PRIVATE)
    return rendered
