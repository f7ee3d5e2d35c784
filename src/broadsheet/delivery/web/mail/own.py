"""The mail of a signed-in reader, among their settings: begin without a letter, change, leave."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import HAS_ACCOUNT, SIGNED_IN, account_of, services_of
from broadsheet.delivery.mail import joining
from broadsheet.delivery.mail.posting import NO_MAIL, can_send
from broadsheet.delivery.mail.wording import list_name, list_path, schedule_in_words
from broadsheet.delivery.web.mail.forms import preferences_of, shown
from broadsheet.delivery.web.mail.readable import ReadableBy
from broadsheet.delivery.web.mail.subscribing import PRIVATE, Form
from broadsheet.digests.editor import loss_in_words
from broadsheet.digests.reach import reach_of
from broadsheet.errors import InputError
from broadsheet.mail import Preferences, Subscriber, SubscriberState
from broadsheet.people import Account
from broadsheet.services import Services
from broadsheet.subscriptions.links import Purpose
from broadsheet.subscriptions.schedule import zone_names

router = APIRouter(include_in_schema=False)
_DONE = {
    "begun": "You get mail from now on. Nothing had to be confirmed: your address is verified.",
    "left": "That is not sent to you any more.",
}


@dataclass(frozen=True, slots=True)
class OwnList:
    """One list that a reader gets; `value` names it when it is left."""

    value: str
    name: str
    path: str
    loss: str = ""


@dataclass(frozen=True, slots=True)
class OwnMail:
    """One subscription as the settings show it."""

    reader: Subscriber
    schedule: str
    change_path: str
    lists: tuple[OwnList, ...]


@router.get("/settings/mail", dependencies=[HAS_ACCOUNT])
def mail_page(request: Request, done: str = "") -> Response:
    """What the account gets by mail, and when."""
    return _page(request, said=_DONE.get(done, ""))


@router.post("/settings/mail", dependencies=[SIGNED_IN])
def begin(request: Request, form: Form) -> Response:
    """Begin at once, as the address is verified; lists are added to those that are there."""
    services, account = services_of(request), account_of(request)
    try:
        _check(services, account)
        preferences = preferences_of(form, Preferences(), ReadableBy(services, account))
        joining.join_as_account(services, account, preferences)
    except InputError as wrong:
        return _page(request, wrong=wrong)
    return RedirectResponse("/settings/mail?done=begun", HTTPStatus.SEE_OTHER)


@router.post("/settings/mail/leave", dependencies=[HAS_ACCOUNT])
def leave(request: Request, form: Form) -> Response:
    """Leave one list of a subscription, or all of it."""
    services = services_of(request)
    number, value = form.get("subscriber", ""), form.get("value", "")
    for reader in joining.readers_of(services, account_of(request)):
        if str(reader.subscriber_id) != number or reader.state is not SubscriberState.ACTIVE:
            continue
        if not value:
            services.store.mail.subscribers.leave(reader.subscriber_id, services.clock())
            continue
        for each in reader.preferences.subscriptions:
            if f"{each.kind.value}:{each.value}" == value:
                joining.leave_list(services, reader, each)
    return RedirectResponse("/settings/mail?done=left", HTTPStatus.SEE_OTHER)


def _check(services: Services, account: Account) -> None:
    if not can_send(services.settings):
        raise InputError(NO_MAIL)
    if account.email is None or account.verified_at is None:
        message = "Confirm the address of your account first, under “Signing in”."
        raise InputError(message)
    if services.store.mail.suppression.reason(account.email) is not None:
        message = (
            "Mail to your address came back, or was reported, so nothing is sent to it any more. "
            "Change the address of your account, or ask whoever runs this instance to allow it."
        )
        raise InputError(message)


def _page(request: Request, *, said: str = "", wrong: InputError | None = None) -> Response:
    services, account = services_of(request), account_of(request)
    found = [
        reader
        for reader in joining.readers_of(services, account)
        if reader.state in {SubscriberState.ACTIVE, SubscriberState.STOPPED}
    ]
    rendered: Response = request.app.state.pages.render(
        request,
        "people/settings_mail.html",
        status=422 if wrong else 200,
        part="mail",
        account=account,
        said=said,
        wrong=wrong,
        subscriptions=[_own(services, reader) for reader in found],
        form=shown(Preferences()),
        saved_searches=ReadableBy(services, account).saved_searches(),
        zones=zone_names(),
        no_mail="" if can_send(services.settings) else NO_MAIL,
    )
    rendered.headers.update(PRIVATE)
    return rendered


def _own(services: Services, reader: Subscriber) -> OwnMail:
    reach = reach_of(services.store.mail.followed, reader)
    token = joining.token_of(services, Purpose.MANAGE, reader, services.clock())
    now = iter(reach.preferences.subscriptions)
    lists = []
    for each in reader.preferences.subscriptions:
        is_lost = each in reach.lost
        current = each if is_lost else next(now)
        loss = loss_in_words(each) if is_lost else ""
        value = f"{each.kind.value}:{each.value}"
        lists.append(OwnList(value, list_name(current), list_path(current), loss))
    return OwnMail(
        reader,
        schedule_in_words(reader.preferences),
        f"/subscriptions/{token}",
        tuple(lists),
    )
