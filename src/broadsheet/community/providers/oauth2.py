"""OAuth2 without OpenID Connect, as GitHub has it: the code for a token, the token for a person.

RFC 6749, section 4.1. Such services sign nothing; what they say is trusted as far as their
certificate is, and an address never counts as verified.
"""

from __future__ import annotations

from typing import Any

from broadsheet.community.providers.calling import get_json, post_form
from broadsheet.community.typed import line
from broadsheet.errors import ProviderError
from broadsheet.people import Elsewhere
from broadsheet.settings import SignInProvider

_LONGEST_SUBJECT = 255


def fetch_identity(
    provider: SignInProvider, *, code: str, verifier: str, redirect_uri: str
) -> Elsewhere:
    """Who signed in. Raises ProviderError for an answer without a token or without a person."""
    form = {
        "grant_type": "authorization_code",
        "client_id": provider.client_id,
        "client_secret": provider.secret,
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    what = provider.shown_label
    token = post_form(provider.token_url, what, form).get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ProviderError(f"{what} refused the sign-in. Start again.")
    person = get_json(provider.user_url, what, {"Authorization": f"Bearer {token}"})
    subject = person.get(provider.subject_field)
    if isinstance(subject, bool) or not isinstance(subject, int | str) or subject == "":
        raise ProviderError(f"{what} does not say who you are.")
    return Elsewhere(
        issuer=provider.token_url,
        subject=str(subject)[:_LONGEST_SUBJECT],
        label=_text(person, "login", "username", "preferred_username") or str(subject)[:100],
        full_name=_text(person, "name"),
    )


def _text(person: dict[str, Any], *names: str) -> str:
    found = next((person[name] for name in names if isinstance(person.get(name), str)), "")
    return line(str(found)[:100], "name", 100)
