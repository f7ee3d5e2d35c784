"""One-time links: a page that says what the link does, and a button that does it.

Looking at the page changes nothing, so that programs that read mail first do not use links up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response

from broadsheet.community.handles import suggested
from broadsheet.delivery.access import ALWAYS_OPEN, services_of
from broadsheet.delivery.middleware import NO_PATHS
from broadsheet.delivery.visitors import visitor_of
from broadsheet.delivery.web.people.account_mail import send_letter
from broadsheet.delivery.web.people.entering import enter, lead_to
from broadsheet.delivery.web.people.next_paths import HOME, next_path
from broadsheet.errors import InputError
from broadsheet.people import LinkPurpose, OneTimeLink

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]


@router.get("/link/{token}", dependencies=[ALWAYS_OPEN])
def link_page(request: Request, token: str, next: str = HOME) -> Response:  # noqa: A002
    """What a link does, with the button for it."""
    link = services_of(request).community.signing_in.links.look(token)
    return _page(request, link, next_path(next))


@router.post("/link/{token}", dependencies=[ALWAYS_OPEN])
def use_link(
    request: Request,
    token: str,
    name: Text = "",
    password: Text = "",
    next: Text = HOME,  # noqa: A002
) -> Response:
    """Do what the link does, once."""
    services = services_of(request)
    signing_in = services.community.signing_in
    link = signing_in.links.look(token)
    try:
        if link.purpose is LinkPurpose.VERIFY:
            return _verify(request, token)
        if link.purpose is LinkPurpose.SIGN_IN:
            account = signing_in.by_link(token)
        elif link.purpose is LinkPurpose.RESET:
            account = signing_in.reset(token, password)
        else:
            account = signing_in.finish_joining(token, name)
    except InputError as wrong:
        return _page(request, link, next_path(next), name=name, wrong=wrong)
    return enter(request, account, next)


def _verify(request: Request, token: str) -> Response:
    services = services_of(request)
    account, letter = services.community.own_account.verify(token)
    send_letter(services, letter)
    if visitor_of(request).account is not None:
        return lead_to("/settings/access?done=verified")
    page: HTMLResponse = request.app.state.pages.render(
        request,
        "people/message.html",
        heading="Your address is confirmed",
        sentence=f"{account.email} belongs to the account {account.name} now.",
    )
    return page


def _page(
    request: Request,
    link: OneTimeLink,
    wanted: str,
    *,
    name: str = "",
    wrong: InputError | None = None,
) -> Response:
    accounts = services_of(request).community.accounts
    detail = link.detail
    whose = accounts.tables.accounts.by_id(link.account_id).name if link.account_id else ""
    proposed = detail.get("name") or suggested(detail.get("label", ""), detail.get("full_name", ""))
    page: HTMLResponse = request.app.state.pages.render(
        request,
        "people/link.html",
        status=422 if wrong else 200,
        purpose=link.purpose.value,
        email=link.email or detail.get("email", ""),
        whose=whose,
        name=name or proposed,
        next=wanted,
        wrong=wrong,
    )
    page.headers["Referrer-Policy"] = NO_PATHS
    page.headers["Cache-Control"] = "no-store"
    return page
