"""The pages on which people look after their account: profile, ways in, sessions, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response

from broadsheet.community.own_account import Profile
from broadsheet.community.signing_in import sends_mail
from broadsheet.delivery.access import HAS_ACCOUNT, SIGNED_IN, account_of, services_of
from broadsheet.delivery.visitors import client_address, visitor_of
from broadsheet.delivery.web.people.account_mail import send_letter
from broadsheet.delivery.web.people.clients import browser_in_words
from broadsheet.delivery.web.people.entering import lead_to
from broadsheet.errors import InputError

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

    from broadsheet.people import ApiToken, Session

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]
Tick = Annotated[bool, Form()]
TOKEN_LIVES = ((30, "30 days"), (90, "90 days"), (365, "one year"), (0, "until it is revoked"))
_DONE = {
    "profile": "Your profile is saved.",
    "password": "Your password is changed, and all other sessions have ended.",
    "address": "Your address is saved.",
    "verified": "Your address is confirmed.",
    "linked": "The sign-in is linked to your account.",
    "unlinked": "The sign-in is no longer linked to your account.",
    "session": "The session has ended.",
    "sessions": "All other sessions have ended.",
    "revoked": "The token is revoked.",
    "letter": "A letter is on its way. Open its link within 20 minutes to confirm the address.",
}


@router.get("/settings", dependencies=[HAS_ACCOUNT])
def profile_page(request: Request, done: str = "") -> Response:
    """What others see of the account."""
    account = account_of(request)
    typed = Profile(
        account.full_name,
        account.affiliation,
        account.biography,
        account.orcid or "",
        account.are_votes_public,
    )
    return _page(request, "profile", done=done, typed=typed)


@router.post("/settings/profile", dependencies=[SIGNED_IN])
def change_profile(
    request: Request,
    *,
    full_name: Text = "",
    affiliation: Text = "",
    biography: Text = "",
    orcid: Text = "",
    are_votes_public: Tick = False,
) -> Response:
    """Keep what others see of the account."""
    typed = Profile(full_name, affiliation, biography, orcid, are_votes_public)
    own_account = services_of(request).community.own_account
    try:
        own_account.change_profile(account_of(request), typed)
    except InputError as wrong:
        return _page(request, "profile", wrong=wrong, typed=typed)
    return lead_to("/settings?done=profile")


@router.get("/settings/access", dependencies=[HAS_ACCOUNT])
def access_page(request: Request, done: str = "") -> Response:
    """Address, password, other sign-ins and sessions."""
    return _access_page(request, done=done)


@router.post("/settings/password", dependencies=[HAS_ACCOUNT])
def set_password(request: Request, current: Text = "", new: Text = "") -> Response:
    """Change or set the password."""
    services = services_of(request)
    try:
        letter = services.community.own_account.set_password(
            account_of(request), _session(request), current, new, client_address(request)
        )
    except InputError as wrong:
        field = "new" if wrong.field == "password" else wrong.field
        return _access_page(request, wrong=InputError(str(wrong), field))
    send_letter(services, letter)
    return lead_to("/settings/access?done=password")


@router.post("/settings/address", dependencies=[HAS_ACCOUNT])
def set_address(request: Request, email: Text = "", password: Text = "") -> Response:
    """Change the address, or confirm the one that is there."""
    services = services_of(request)
    try:
        letter = services.community.own_account.set_address(
            account_of(request), email, password, client_address(request)
        )
    except InputError as wrong:
        return _access_page(request, wrong=wrong, email=email)
    send_letter(services, letter)
    return lead_to(f"/settings/access?done={'letter' if letter else 'address'}")


@router.post("/settings/sessions/end", dependencies=[HAS_ACCOUNT])
def end_sessions(request: Request, session_id: Text = "") -> Response:
    """End one session, or all but this one."""
    sessions = services_of(request).community.sessions
    if session_id:
        sessions.end(account_of(request), session_id.replace("\0", ""))
        return lead_to("/settings/access?done=session")
    sessions.end_all(account_of(request), but=_session(request))
    return lead_to("/settings/access?done=sessions")


@router.get("/settings/tokens", dependencies=[SIGNED_IN])
def tokens_page(request: Request, done: str = "") -> Response:
    """The personal tokens."""
    return _tokens_page(request, done=done)


@router.post("/settings/tokens", dependencies=[SIGNED_IN])
def make_token(
    request: Request, name: Text = "", scope: Text = "read", days: Annotated[int, Form()] = 90
) -> Response:
    """Make a token; the reply is the only page that ever shows its secret."""
    own_account = services_of(request).community.own_account
    try:
        secret, token = own_account.make_token(
            account_of(request), name, can_write=scope == "write", days=days or None
        )
    except InputError as wrong:
        return _tokens_page(request, wrong=wrong, name=name)
    return _tokens_page(request, secret=secret, made=token)


@router.post("/settings/tokens/revoke", dependencies=[SIGNED_IN])
def revoke_token(request: Request, token_id: Text = "") -> Response:
    """Revoke a token."""
    sessions = services_of(request).community.sessions
    sessions.revoke_token(account_of(request), token_id.replace("\0", ""))
    return lead_to("/settings/tokens?done=revoked")


def _session(request: Request) -> Session | None:
    visit = visitor_of(request).visit
    return visit.session if visit else None


def _access_page(
    request: Request, *, done: str = "", wrong: InputError | None = None, email: str = ""
) -> HTMLResponse:
    services, account = services_of(request), account_of(request)
    community, session = services.community, _session(request)
    identities = community.identities.of(account)
    taken = {identity.issuer for identity, _ in identities}
    return _page(
        request,
        "access",
        done=done,
        wrong=wrong,
        email=email or account.email or "",
        sends_mail=sends_mail(services.settings),
        identities=identities,
        providers=[
            each
            for each in services.settings.sign_in_with
            if (each.issuer or each.token_url) not in taken
        ],
        sessions=[(each, browser_in_words(each.client)) for each in community.sessions.of(account)],
        here=session.session_id if session else "",
    )


def _tokens_page(
    request: Request,
    *,
    done: str = "",
    wrong: InputError | None = None,
    name: str = "",
    secret: str = "",
    made: ApiToken | None = None,
) -> HTMLResponse:
    return _page(
        request,
        "tokens",
        done=done,
        wrong=wrong,
        name=name,
        secret=secret,
        made=made,
        lives=TOKEN_LIVES,
        tokens=services_of(request).community.sessions.tokens(account_of(request)),
        now=services_of(request).clock(),
    )


def _page(
    request: Request,
    part: str,
    *,
    done: str = "",
    wrong: InputError | None = None,
    **context: object,
) -> HTMLResponse:
    page: HTMLResponse = request.app.state.pages.render(
        request,
        f"people/settings_{part}.html",
        status=422 if wrong else 200,
        part=part,
        account=account_of(request),
        said=_DONE.get(done, ""),
        wrong=wrong,
        **context,
    )
    page.headers["Cache-Control"] = "no-store"
    return page
