"""Signing in with accounts of other services: the way there and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from broadsheet.delivery.access import (
    ALWAYS_OPEN,
    HAS_ACCOUNT,
    account_of,
    origin_of,
    services_of,
)
from broadsheet.delivery.addresses import with_query
from broadsheet.delivery.visitors import client_address, is_secure, visitor_of
from broadsheet.delivery.web.people.entering import enter, lead_to
from broadsheet.delivery.web.people.next_paths import HOME, next_path

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

    from broadsheet.people import Account

router = APIRouter(include_in_schema=False)
_SECONDS = 15 * 60
_LONGEST = 4_000


@router.get("/sign-in/with/{name}", dependencies=[ALWAYS_OPEN])
def depart(request: Request, name: str, next: str = HOME) -> Response:  # noqa: A002
    """Lead to the other service."""
    address, state = _depart(request, name, next_path(next), None)
    reply = RedirectResponse(address, 303)
    _keep(request, reply, state)
    return reply


@router.post("/settings/identities/{name}/link", dependencies=[HAS_ACCOUNT])
def depart_to_link(request: Request, name: str) -> Response:
    """Offer the way to the other service, whose account will then sign in to this one.

    It begins with a form of ours: a link that did the same could be laid under somebody's click.
    """
    account = account_of(request)
    address, state = _depart(request, name, "/settings/access", account)
    provider = services_of(request).community.identities.provider(name)
    page: HTMLResponse = request.app.state.pages.render(
        request, "people/away.html", address=address, label=provider.shown_label
    )
    _keep(request, page, state)
    return page


@router.get("/sign-in/with/{name}/back", dependencies=[ALWAYS_OPEN])
def arrive(request: Request, name: str) -> Response:
    """Take up what the other service says, and sign in, link, or offer an account."""
    identities = services_of(request).community.identities
    given = {key: value[:_LONGEST] for key, value in request.query_params.items()}
    arrival = identities.arrive(
        name,
        given,
        request.cookies.get(_cookie_name(request), ""),
        _redirect_uri(request, name),
        visitor_of(request).account,
    )
    if arrival.account is None:
        reply = lead_to(with_query(f"/link/{arrival.join_token}", next=arrival.next_path))
    elif arrival.is_linked:
        reply = lead_to("/settings/access?done=linked")
    else:
        reply = enter(request, arrival.account, arrival.next_path)
    reply.delete_cookie(_cookie_name(request), path="/", secure=is_secure(request), httponly=True)
    return reply


@router.post("/settings/identities/unlink", dependencies=[HAS_ACCOUNT])
def unlink(
    request: Request, issuer: Annotated[str, Form()] = "", subject: Annotated[str, Form()] = ""
) -> Response:
    """Take an account of another service off this one."""
    identities = services_of(request).community.identities
    identities.unlink(account_of(request), issuer.replace("\0", ""), subject.replace("\0", ""))
    return lead_to("/settings/access?done=unlinked")


def _depart(request: Request, name: str, wanted: str, account: Account | None) -> tuple[str, str]:
    community = services_of(request).community
    community.signing_in.count_departure(client_address(request))
    return community.identities.depart(name, _redirect_uri(request, name), wanted, account)


def _redirect_uri(request: Request, name: str) -> str:
    return f"{origin_of(request)}/sign-in/with/{name}/back"


def _keep(request: Request, reply: Response, state: str) -> None:
    """Let the browser bring the secret back; lax, as it comes back by a link of another site."""
    reply.set_cookie(
        _cookie_name(request),
        state,
        max_age=_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _cookie_name(request: Request) -> str:
    return "__Host-broadsheet-away" if is_secure(request) else "broadsheet-away"
