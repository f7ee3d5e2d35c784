"""Who asks: the account behind a request, and whether a change was really asked for by them.

A browser is known by its session cookie, a program by `Authorization: Bearer`. A change that comes
by cookie must carry the form token and come from our own pages; so no other site can make it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from broadsheet.errors import PermissionDenied, SignInRequired

if TYPE_CHECKING:
    from fastapi import Request, Response

    from broadsheet.community.sessions import Visit
    from broadsheet.people import Account
    from broadsheet.services import Services

FORM_FIELD = "form_token"
FORM_HEADER = "x-form-token"
_COOKIE = "broadsheet"
_SECURE_COOKIE = "__Host-broadsheet"
_PURPOSE = "form"
_LASTS_SECONDS = 30 * 24 * 3600
_LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))
_FOREIGN = (
    "This change was asked for by a page of another site, so it was not made. Open the page here "
    "and try again."
)
_STALE = (
    "The form is older than your session, so nothing was changed. Load the page again and repeat "
    "it."
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks; `account` is None for somebody signed out. `form_token` goes into every form."""

    account: Account | None = None
    visit: Visit | None = None
    form_token: str = ""
    is_by_token: bool = False

    @property
    def unread(self) -> int:
        """How much news the account has not looked at."""
        return self.visit.unread if self.visit else 0


NOBODY = Visitor()


def visitor_of(request: Request) -> Visitor:
    """Who asks; looked up once for a request, and only where it brings a cookie or a token.

    Raises SignInRequired for a token that is unknown, revoked or expired, PermissionDenied for one
    of an account that may not act.
    """
    known: Visitor | None = getattr(request.state, "visitor", None)
    if known is None:
        known = request.state.visitor = _look_up(request)
    return known


def known_visitor(request: Request) -> Visitor:
    """Who asks, as far as it has been looked up; for replies that must not ask the database."""
    known: Visitor = getattr(request.state, "visitor", None) or NOBODY
    return known


def _look_up(request: Request) -> Visitor:
    services: Services = request.app.state.services
    community = services.community
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        visit = community.sessions.visit_by_token(secret.strip())
        if visit is None:
            raise SignInRequired("This token is unknown, revoked or expired. Make a new one.")
        if visit.account.is_suspended or not visit.account.is_approved:
            raise PermissionDenied("The account of this token is suspended, or not yet approved.")
        return Visitor(visit.account, visit, is_by_token=True)
    cookie = _cookie_of(request)
    if cookie:
        visit = community.sessions.visit(cookie)
        if visit is not None:
            return Visitor(visit.account, visit, community.secrets.signature(_PURPOSE, cookie))
    if services.settings.single_user and _is_local(request):
        person = community.accounts.local_person()
        return Visitor(person, None, community.secrets.signature(_PURPOSE, person.name))
    return NOBODY


def _is_local(request: Request) -> bool:
    """Whether the request comes from this machine, names it, and was not made by another site.

    A foreign name in Host is how a site on the network pretends to be this one (DNS rebinding); a
    foreign Origin is how it would read our replies.
    """
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for"))
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        is_loopback = ipaddress.ip_address(
            request.client.host if request.client else ""
        ).is_loopback
    except ValueError:
        return False
    is_led_here = request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
    is_asked_by_us = is_led_here or _is_own_page(request)
    return is_loopback and host in _LOCAL_NAMES and not forwarded and is_asked_by_us


def client_address(request: Request) -> str:
    """The address of who asks, as throttling counts it: an IPv6 network of 64 bits is one place.

    Behind a proxy that the server trusts it is the address that the proxy names.
    """
    given = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given or "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


def check_change(request: Request, form_token: str) -> None:
    """Raise PermissionDenied for a change that another site may have made a browser ask for."""
    visitor = visitor_of(request)
    if visitor.is_by_token:
        if visitor.visit and visitor.visit.token and not visitor.visit.token.can_write:
            raise PermissionDenied("This token may read only. Make one that may write.")
        return
    if not _is_own_page(request):
        raise PermissionDenied(_FOREIGN)
    if visitor.account is None:
        return
    community = request.app.state.services.community
    secret = _cookie_of(request) if visitor.visit else visitor.account.name
    if not community.secrets.is_signature(_PURPOSE, secret, form_token):
        raise PermissionDenied(_STALE)


def _is_own_page(request: Request) -> bool:
    """Whether a browser says that a page of ours asks; other programs say nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None:
        return True
    base_url = request.app.state.services.settings.base_url
    own = {request.headers.get("host", ""), urlsplit(base_url).netloc}
    try:
        return urlsplit(origin).netloc in own - {""}
    except ValueError:
        return False


def sign_in(request: Request, response: Response, token: str) -> None:
    """Give the browser the secret of its session."""
    response.set_cookie(
        _cookie_name(request),
        token,
        max_age=_LASTS_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def sign_out(request: Request, response: Response) -> None:
    """Take the secret of its session from the browser."""
    response.delete_cookie(
        _cookie_name(request), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def _cookie_of(request: Request) -> str:
    return request.cookies.get(_cookie_name(request), "")


def _cookie_name(request: Request) -> str:
    """A browser takes a __Host- cookie from this very host only, by https and for all paths."""
    return _SECURE_COOKIE if is_secure(request) else _COOKIE


def is_secure(request: Request) -> bool:
    """Whether the browser reaches this site by https, as far as it can be known here."""
    base_url = request.app.state.services.settings.base_url
    return base_url.startswith("https:") if base_url else request.url.scheme == "https"
