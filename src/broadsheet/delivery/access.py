"""What routes need to answer: the services, the paper of an address, and who may ask.

Every route carries exactly one mark of who may use it (`OPEN_TO_ALL`, `SIGNED_IN`, ...); the
application refuses to start with a route that has none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from fastapi import Depends, Request
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from broadsheet.delivery.visitors import FORM_FIELD, FORM_HEADER, check_change, visitor_of
from broadsheet.errors import NotFound, PermissionDenied, SignInRequired
from broadsheet.people import Account, Role
from broadsheet.store.ingest import LONGEST_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from broadsheet.domain import Paper
    from broadsheet.services import Services

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")
_CHANGING = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def posted_token(request: Request) -> str:
    """The form token of a change, from its header or its form."""
    if request.method not in _CHANGING:
        return ""
    given = request.headers.get(FORM_HEADER, "")
    if given or not request.headers.get("content-type", "").startswith(_FORMS):
        return given
    value = (await request.form()).get(FORM_FIELD, "")
    return value if isinstance(value, str) else ""


class Needs:
    """The mark of a route: the least role of those who may use it; None is everybody.

    `always` leaves it open on an instance that only members may read; `from_anywhere` lets other
    sites and programs ask for the change, which is then made in nobody's name, or by a token;
    `even_suspended` lets those pass who may not act: for looking after one's account and leaving.
    """

    def __init__(
        self,
        least: Role | None,
        *,
        always: bool = False,
        from_anywhere: bool = False,
        even_suspended: bool = False,
    ) -> None:
        self.least = least
        self.always = always
        self.from_anywhere = from_anywhere
        self.even_suspended = even_suspended

    def __call__(self, request: Request, form_token: str = Depends(posted_token)) -> None:
        """Let the request pass. Raises SignInRequired and PermissionDenied."""
        if request.method in _CHANGING and not self.from_anywhere:
            check_change(request, form_token)
        account = visitor_of(request).account
        is_closed = services_of(request).settings.reading == "members" and not self.always
        if account is None:
            if self.least is not None or is_closed:
                raise SignInRequired("Sign in to do this." if self.least else "Sign in to read.")
        elif (self.least is not None or is_closed) and not self.even_suspended:
            least = self.least or Role.READER
            if not account.may(least):
                raise PermissionDenied(_refusal(account, least))


def _refusal(account: Account, least: Role) -> str:
    if account.is_suspended:
        reason = f" {account.suspended_reason}" if account.suspended_reason else ""
        return f"Your account is suspended.{reason} The moderators can undo that."
    if not account.is_approved:
        return "Your account waits for a moderator's approval."
    return f"This needs the role of {least.label}; yours is {account.role.label}."


OPEN_TO_ALL = Depends(Needs(None))
ALWAYS_OPEN = Depends(Needs(None, always=True))
FROM_ANYWHERE = Depends(Needs(None, always=True, from_anywhere=True))
SIGNED_IN = Depends(Needs(Role.READER))
HAS_ACCOUNT = Depends(Needs(Role.READER, even_suspended=True))
EDITORS = Depends(Needs(Role.EDITOR))
MODERATORS = Depends(Needs(Role.MODERATOR))
OWNERS = Depends(Needs(Role.OWNER))


def mark_of(route: RouteContext) -> Needs:
    """Who may use a route. Raises TypeError for a route without exactly one mark."""
    marks = [part.call for part in route.dependant.dependencies if isinstance(part.call, Needs)]
    if len(marks) != 1:
        where = f"{sorted(route.methods or ())} {route.path}"
        message = f"{where} has {len(marks)} marks of access, not 1."
        raise TypeError(message)
    return marks[0]


def marked_routes(app: FastAPI) -> Iterator[tuple[RouteContext, Needs]]:
    """Every route of an application, with who may use it. Raises TypeError as `mark_of`."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            yield route, mark_of(route)


def account_of(request: Request) -> Account:
    """The account that asks, on routes that need one. Raises SignInRequired."""
    account = visitor_of(request).account
    if account is None:
        raise SignInRequired("Sign in to do this.")
    return account


def services_of(request: Request) -> Services:
    """The services of the application that got the request."""
    return cast("Services", request.app.state.services)


def paper_of(request: Request, key: str) -> Paper:
    """The paper of a key; raises NotFound, for names that no database would take as well."""
    if len(key) > LONGEST_KEY or "\0" in key or not key.strip():
        raise NotFound(f"There is no paper “{key:.100}” in this library.")
    found: Paper = services_of(request).store.paper(key)
    return found


def origin_of(request: Request) -> str:
    """The public address of this site without a slash at the end.

    Empty, so that addresses become relative, where it is not set and the request names no host.
    """
    given = services_of(request).settings.base_url
    if given:
        return given.rstrip("/")
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else ""
