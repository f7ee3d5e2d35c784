"""What happens in the browser when somebody is let in: a new session, and the way on."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.responses import RedirectResponse

from broadsheet.delivery.access import services_of
from broadsheet.delivery.visitors import sign_in, visitor_of
from broadsheet.delivery.web.people.next_paths import next_path

if TYPE_CHECKING:
    from fastapi import Request, Response

    from broadsheet.people import Account


def enter(request: Request, account: Account, wanted: str) -> Response:
    """Open a session of the account in this browser and lead on.

    The session gets a new secret, and the one that the browser had ends: nobody can have planted
    it.
    """
    community = services_of(request).community
    former = visitor_of(request).visit
    if former is not None and former.session is not None:
        community.sessions.leave(former.session)
    token = community.sessions.open(account, request.headers.get("user-agent", ""))
    community.log.note(account, "sign-in", f"account:{account.name}", "Signed in.", is_public=False)
    reply = lead_to(next_path(wanted))
    sign_in(request, reply, token)
    return reply


def lead_to(path: str) -> Response:
    """The page that is shown after a change: asked for anew, so that reloading repeats nothing."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
