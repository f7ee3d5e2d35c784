"""Signing up, in and out, and asking for a link by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response

from broadsheet.community.signing_in import same_time, sends_mail
from broadsheet.delivery.access import ALWAYS_OPEN, HAS_ACCOUNT, services_of
from broadsheet.delivery.visitors import client_address, sign_out, visitor_of
from broadsheet.delivery.web.people.account_mail import send_letter
from broadsheet.delivery.web.people.entering import enter, lead_to
from broadsheet.delivery.web.people.next_paths import HOME, next_path
from broadsheet.errors import InputError
from broadsheet.people import LinkPurpose

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
_UNPROCESSABLE = 422
_LINK_SENT = (
    "If an account has shown this address to be its own, a letter with a link is on its way. The "
    "link works once, for 20 minutes."
)
_SIGN_UP_SENT = (
    "A letter is on its way to {}. Open its link within 20 minutes to finish the sign-up."
)
Text = Annotated[str, Form()]


@router.get("/sign-in", dependencies=[ALWAYS_OPEN])
def sign_in_page(request: Request, next: str = HOME) -> Response:  # noqa: A002
    """The ways to sign in; whoever is signed in is led on."""
    if visitor_of(request).account is not None:
        return lead_to(next_path(next))
    return _sign_in_page(request, next)


@router.post("/sign-in", dependencies=[ALWAYS_OPEN])
def sign_in_by_password(
    request: Request,
    login: Text = "",
    password: Text = "",
    next: Text = HOME,  # noqa: A002
) -> Response:
    """Sign in by password."""
    signing_in = services_of(request).community.signing_in
    try:
        account = signing_in.by_password(login, password, client_address(request))
    except InputError as wrong:
        return _sign_in_page(request, next, login=login, wrong=wrong)
    return enter(request, account, next)


@router.post("/sign-in/link", dependencies=[ALWAYS_OPEN])
def ask_for_link(request: Request, email: Text = "", next: Text = HOME) -> Response:  # noqa: A002
    """Mail a link that signs in."""
    return _send_link(request, LinkPurpose.SIGN_IN, email, next)


@router.get("/forgot", dependencies=[ALWAYS_OPEN])
def forgot_page(request: Request) -> Response:
    """Where somebody says that the password is forgotten."""
    return _forgot_page(request)


@router.post("/forgot", dependencies=[ALWAYS_OPEN])
def ask_for_reset(request: Request, email: Text = "") -> Response:
    """Mail a link that sets a new password."""
    return _send_link(request, LinkPurpose.RESET, email, HOME)


@router.get("/sign-up", dependencies=[ALWAYS_OPEN])
def sign_up_page(request: Request, next: str = HOME) -> Response:  # noqa: A002
    """The form for a new account."""
    return _sign_up_page(request, next)


@router.post("/sign-up", dependencies=[ALWAYS_OPEN])
def sign_up(
    request: Request,
    name: Text = "",
    email: Text = "",
    password: Text = "",
    next: Text = HOME,  # noqa: A002
) -> Response:
    """Make an account, or mail the link that makes it."""
    services = services_of(request)
    signing_in, client = services.community.signing_in, client_address(request)
    try:
        if not sends_mail(services.settings):
            return enter(request, signing_in.join_at_once(name, email, password, client), next)
        with same_time():
            send_letter(services, signing_in.ask_to_join(name, email, password, client))
    except InputError as wrong:
        return _sign_up_page(request, next, name=name, email=email, wrong=wrong)
    return _message(request, "Look into your mail", _SIGN_UP_SENT.format(email.strip()))


@router.post("/sign-out", dependencies=[HAS_ACCOUNT])
def leave(request: Request) -> Response:
    """End this browser's session."""
    visit = visitor_of(request).visit
    if visit is not None and visit.session is not None:
        services_of(request).community.sessions.leave(visit.session)
    reply = lead_to(HOME)
    sign_out(request, reply)
    return reply


def _send_link(request: Request, purpose: LinkPurpose, email: str, wanted: str) -> Response:
    services = services_of(request)
    try:
        with same_time():
            letter = services.community.signing_in.ask_for_link(
                purpose, email, client_address(request)
            )
            send_letter(services, letter)
    except InputError as wrong:
        if purpose is LinkPurpose.RESET:
            return _forgot_page(request, email=email, wrong=wrong)
        return _sign_in_page(request, wanted, email=email, wrong=wrong)
    return _message(request, "Look into your mail", _LINK_SENT)


def _sign_in_page(
    request: Request,
    wanted: str,
    *,
    login: str = "",
    email: str = "",
    wrong: InputError | None = None,
) -> HTMLResponse:
    return _form(request, "sign_in", wrong, login=login, email=email, next=next_path(wanted))


def _forgot_page(
    request: Request, *, email: str = "", wrong: InputError | None = None
) -> HTMLResponse:
    return _form(request, "forgot", wrong, email=email)


def _sign_up_page(
    request: Request,
    wanted: str,
    *,
    name: str = "",
    email: str = "",
    wrong: InputError | None = None,
) -> HTMLResponse:
    services = services_of(request)
    accounts = services.community.accounts
    return _form(
        request,
        "sign_up",
        wrong,
        name=name,
        email=email,
        next=next_path(wanted),
        is_open=accounts.is_open(),
        is_first=accounts.is_first(),
        needs_approval=services.settings.sign_up == "approval",
    )


def _form(
    request: Request, template: str, wrong: InputError | None, **typed: object
) -> HTMLResponse:
    settings = services_of(request).settings
    page: HTMLResponse = request.app.state.pages.render(
        request,
        f"people/{template}.html",
        status=_UNPROCESSABLE if wrong else 200,
        wrong=wrong,
        sends_mail=sends_mail(settings),
        providers=settings.sign_in_with,
        **typed,
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _message(request: Request, title: str, sentence: str) -> HTMLResponse:
    page: HTMLResponse = request.app.state.pages.render(
        request, "people/message.html", heading=title, sentence=sentence
    )
    return page
