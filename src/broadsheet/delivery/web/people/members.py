"""The accounts of the instance, for moderators; roles, approval and suspension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from broadsheet.community.accounts import PAGE
from broadsheet.community.signing_in import AccountLetter
from broadsheet.delivery.access import MODERATORS, OWNERS, account_of, services_of
from broadsheet.delivery.web.people.account_mail import send_letter
from broadsheet.delivery.web.people.entering import lead_to
from broadsheet.errors import InputError
from broadsheet.people import Account, Role

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]


@router.get("/people", dependencies=[MODERATORS])
def members(
    request: Request,
    q: str = "",
    state: str = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """A page of accounts."""
    accounts = services_of(request).community.accounts
    found, total = accounts.listed(account_of(request), words=q, state=state, page=page)
    reply: HTMLResponse = request.app.state.pages.render(
        request,
        "people/members.html",
        people=found,
        total=total,
        words=q,
        state=state,
        page=page,
        has_more=total > page * PAGE,
    )
    return reply


@router.post("/people/{name}/role", dependencies=[OWNERS])
def set_role(request: Request, name: str, role: Text = "") -> Response:
    """Give somebody a role."""
    chosen = next((each for each in Role if each.label == role), None)
    if chosen is None:
        raise InputError("There is no such role.", "role")
    accounts = services_of(request).community.accounts
    return _back(accounts.set_role(account_of(request), name, chosen))


@router.post("/people/{name}/approve", dependencies=[MODERATORS])
def approve(request: Request, name: str) -> Response:
    """Let somebody who waits take part, and tell them."""
    services = services_of(request)
    account = services.community.accounts.approve(account_of(request), name)
    if account.email and account.verified_at:
        send_letter(services, AccountLetter("approved", account.email, account.name))
    return _back(account)


@router.post("/people/{name}/suspend", dependencies=[MODERATORS])
def suspend(request: Request, name: str, reason: Text = "") -> Response:
    """Stop somebody from acting."""
    accounts = services_of(request).community.accounts
    return _back(accounts.suspend(account_of(request), name, reason))


@router.post("/people/{name}/unsuspend", dependencies=[MODERATORS])
def unsuspend(request: Request, name: str) -> Response:
    """Undo a suspension."""
    return _back(services_of(request).community.accounts.unsuspend(account_of(request), name))


def _back(account: Account) -> Response:
    return lead_to(f"/people/{account.name}")
