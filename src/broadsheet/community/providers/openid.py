"""OpenID Connect: an issuer's metadata, the code for an ID token, and every check of the token.

OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; Discovery 1.0, section 4.3; PKCE is RFC 7636.
"""

from __future__ import annotations

import base64
import hmac
from typing import Any
from urllib.parse import quote

import jwt

from broadsheet.community.orcid import ISSUER as ORCID_ISSUER
from broadsheet.community.orcid import parse_orcid
from broadsheet.community.providers.calling import get_json, post_form
from broadsheet.community.typed import line
from broadsheet.errors import InputError, ProviderError
from broadsheet.people import Elsewhere
from broadsheet.settings import SignInProvider

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
               "EdDSA")  # fmt: skip
"""Signatures with public keys only: a key that everybody knows must not sign."""
_LEEWAY_SECONDS = 60
_LONGEST_SUBJECT = 255
_CLAIMS = ["iss", "sub", "aud", "exp", "iat"]


def metadata_of(provider: SignInProvider) -> dict[str, Any]:
    """What the issuer says of itself. Raises ProviderError for one that names another issuer."""
    what = provider.shown_label
    found = get_json(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration", what)
    if found.get("issuer") != provider.issuer:
        raise ProviderError(f"{what} gives itself another name than the settings have.")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(found.get(name), str):
            raise ProviderError(f"{what} does not say where to sign in ({name} is missing).")
    return found


def fetch_identity(
    provider: SignInProvider,
    metadata: dict[str, Any],
    *,
    code: str,
    verifier: str,
    nonce: str,
    redirect_uri: str,
) -> Elsewhere:
    """Who signed in: the code is changed for an ID token, and the token is checked."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    secret, headers = provider.secret, {}
    methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if secret and "client_secret_basic" in methods:
        headers["Authorization"] = _basic(provider.client_id, secret)
    else:
        form["client_id"] = provider.client_id
        if secret:
            form["client_secret"] = secret
    answer = post_form(metadata["token_endpoint"], provider.shown_label, form, headers)
    claims = checked_claims(provider, metadata, str(answer.get("id_token", "")), nonce)
    return _identity(provider, claims)


def checked_claims(
    provider: SignInProvider, metadata: dict[str, Any], token: str, nonce: str
) -> dict[str, Any]:
    """What an ID token says, once signature, issuer, audience, times and nonce are right."""
    what = provider.shown_label
    keys = get_json(metadata["jwks_uri"], what)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key_of(keys, token),
            algorithms=list(_ALGORITHMS),
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": _CLAIMS},
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise ProviderError(
            f"What {what} says of you cannot be trusted ({_reason(error)}). Nobody was signed in."
        ) from error
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise ProviderError(f"The answer of {what} belongs to another sign-in. Start again.")
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise ProviderError(f"The answer of {what} was made for another application.")
    return claims


def _key_of(keys: dict[str, Any], token: str) -> jwt.PyJWK:
    named = jwt.get_unverified_header(token).get("kid")
    usable = [
        key
        for key in keys.get("keys", [])
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") != "oct"
    ]
    chosen = [key for key in usable if named is None or key.get("kid") == named]
    if not chosen:
        message = "its key is unknown"
        raise ValueError(message)
    return jwt.PyJWK.from_dict(chosen[0])


def _reason(error: Exception) -> str:
    reasons = {
        jwt.InvalidIssuerError: "wrong issuer",
        jwt.InvalidAudienceError: "made for somebody else",
        jwt.ExpiredSignatureError: "expired",
        jwt.ImmatureSignatureError: "dated in the future",
        jwt.InvalidSignatureError: "wrong signature",
        jwt.InvalidAlgorithmError: "unsafe signature",
        jwt.MissingRequiredClaimError: "incomplete",
    }
    return next((said for kind, said in reasons.items() if isinstance(error, kind)), "unreadable")


def _identity(provider: SignInProvider, claims: dict[str, Any]) -> Elsewhere:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise ProviderError(f"{provider.shown_label} does not say who you are.")
    email = claims.get("email") if claims.get("email_verified") is True else None
    full_name = claims.get("name") or " ".join(
        str(claims[part]) for part in ("given_name", "family_name") if claims.get(part)
    )
    label = claims.get("preferred_username") or email or subject
    return Elsewhere(
        issuer=provider.issuer,
        subject=subject,
        label=line(str(label)[:100], "label", 100),
        full_name=line(str(full_name)[:100], "full_name", 100),
        email=email if isinstance(email, str) else "",
        orcid=_orcid(provider, subject),
    )


def _orcid(provider: SignInProvider, subject: str) -> str:
    """The iD that ORCID signs for; another issuer's word for it is not enough."""
    if provider.issuer != ORCID_ISSUER:
        return ""
    try:
        return parse_orcid(subject)
    except InputError as error:
        raise ProviderError("ORCID sent something that is no ORCID iD.") from error


def _basic(client_id: str, secret: str) -> str:
    """Client password as RFC 6749 2.3.1 has it: both parts form-encoded first."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
