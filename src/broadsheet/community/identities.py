"""Accounts at other services: signing in with them, linking and unlinking them.

An identity signs in to the account that it was linked to, never to one that only has the same
address: whoever runs the other service could otherwise take accounts over.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from broadsheet.community.links import OneTimeLinks
from broadsheet.community.orcid import ISSUER as ORCID_ISSUER
from broadsheet.community.secrets import new_token
from broadsheet.errors import Conflict, NotFound, PermissionDenied, ProviderError
from broadsheet.people import Account, Elsewhere, Identity, LinkPurpose, OneTimeLink
from broadsheet.settings import Settings, SignInProvider
from broadsheet.store.people.tables import PeopleTables

_SCOPE = "openid email profile"
_AWAY_LASTS = timedelta(minutes=15)
_REMEMBERED = timedelta(hours=1)
_LOST = (
    "This sign-in was begun in another browser, or too long ago. Start again from the sign-in page."
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a sign-in elsewhere: an account, or the link with which a newcomer joins."""

    account: Account | None
    join_token: str
    next_path: str
    is_linked: bool = False


@dataclass(frozen=True, slots=True)
class Identities:
    """The rules of accounts at other services."""

    tables: PeopleTables
    settings: Settings
    links: OneTimeLinks
    clock: Callable[[], datetime]
    _metadata: dict[str, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)

    def of(self, account: Account) -> list[tuple[Identity, str]]:
        """The identities of an account, each with the name of its service."""
        labels = {_issuer_of(each): each.shown_label for each in self.settings.sign_in_with}
        return [
            (identity, labels.get(identity.issuer) or urlsplit(identity.issuer).hostname or "")
            for identity in self.tables.identities.of_account(account.account_id)
        ]

    def provider(self, name: str) -> SignInProvider:
        """The provider of a name. Raises NotFound."""
        for provider in self.settings.sign_in_with:
            if provider.name == name:
                return provider
        raise NotFound("This instance has no such way to sign in.")

    def depart(
        self, name: str, redirect_uri: str, next_path: str, account: Account | None
    ) -> tuple[str, str]:
        """Where to send the browser, and the secret that it must bring back in a cookie.

        With an account, the identity will be linked to it.
        """
        provider = self.provider(name)
        verifier, nonce = new_token(), new_token()
        state = self.links.make(
            LinkPurpose.AWAY,
            account=account,
            detail={"provider": name, "verifier": verifier, "nonce": nonce, "next": next_path},
            lasts=_AWAY_LASTS,
        )
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = provider.authorize_url
        scope = provider.scope
        if provider.issuer:
            address = self._known(provider)["authorization_endpoint"]
            asked["nonce"] = nonce
            scope = scope or ("openid" if _is_orcid(provider) else _SCOPE)
        if scope:
            asked["scope"] = scope
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", state

    def arrive(
        self,
        name: str,
        given: Mapping[str, str],
        cookie: str,
        redirect_uri: str,
        account: Account | None,
    ) -> Arrival:
        """Who came back, from the parameters of the address and the cookie of the browser.

        Raises PermissionDenied for a sign-in that this browser did not begin, ProviderError for a
        service that refuses, lies or fails, Conflict for an identity of somebody else.
        """
        provider = self.provider(name)
        away = self._away(name, given, cookie)
        if away.account_id is not None and (
            account is None or account.account_id != away.account_id
        ):
            raise PermissionDenied(_LOST)
        if given.get("error"):
            raise PermissionDenied(f"{provider.shown_label} did not let you in. Nothing was done.")
        if given.get("iss", provider.issuer) != provider.issuer and provider.issuer:
            raise ProviderError("The answer comes from another service than was asked.")
        code = given.get("code", "")
        if not code:
            raise ProviderError(f"{provider.shown_label} sent no answer. Start again.")
        elsewhere = self._fetch(provider, away, code, redirect_uri)
        return self._admit(elsewhere, away)

    def unlink(self, account: Account, issuer: str, subject: str) -> None:
        """Take an identity from the account. Raises NotFound, and Conflict for the only way in."""
        if not self.tables.identities.unlink(account.account_id, issuer, subject):
            raise NotFound("This sign-in is not linked to your account.")

    def _away(self, name: str, given: Mapping[str, str], cookie: str) -> OneTimeLink:
        state = given.get("state", "")
        if not cookie or not hmac.compare_digest(state.encode(), cookie.encode()):
            raise PermissionDenied(_LOST)
        try:
            away = self.links.use(state, [LinkPurpose.AWAY])
        except NotFound as error:
            raise PermissionDenied(_LOST) from error
        if away.detail["provider"] != name:
            raise PermissionDenied(_LOST)
        return away

    def _fetch(
        self, provider: SignInProvider, away: OneTimeLink, code: str, redirect_uri: str
    ) -> Elsewhere:
        from broadsheet.community.providers import oauth2, openid

        verifier = away.detail["verifier"]
        if not provider.issuer:
            return oauth2.fetch_identity(
                provider, code=code, verifier=verifier, redirect_uri=redirect_uri
            )
        return openid.fetch_identity(
            provider,
            self._known(provider),
            code=code,
            verifier=verifier,
            nonce=away.detail["nonce"],
            redirect_uri=redirect_uri,
        )

    def _admit(self, elsewhere: Elsewhere, away: OneTimeLink) -> Arrival:
        next_path = away.detail["next"]
        known = self.tables.identities.account_of(elsewhere.issuer, elsewhere.subject)
        if away.account_id is not None:
            if known is None:
                self.tables.identities.link(away.account_id, elsewhere, self.clock())
                known = self.tables.identities.account_of(elsewhere.issuer, elsewhere.subject)
            if known is None or known.account_id != away.account_id:
                raise Conflict("This sign-in is linked to another account here.")
            return Arrival(known, "", next_path, is_linked=True)
        if known is not None:
            return Arrival(known, "", next_path)
        join = self.links.make(LinkPurpose.JOIN, detail=asdict(elsewhere))
        return Arrival(None, join, next_path)

    def _known(self, provider: SignInProvider) -> dict[str, Any]:
        """The issuer's metadata, asked for once an hour."""
        from broadsheet.community.providers import openid

        now = self.clock()
        found = self._metadata.get(provider.name)
        if found is None or now - found[0] >= _REMEMBERED:
            found = self._metadata[provider.name] = (now, openid.metadata_of(provider))
        return found[1]


def _challenge(verifier: str) -> str:
    """RFC 7636 4.2, method S256."""
    sum_ = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(sum_).rstrip(b"=").decode()


def _issuer_of(provider: SignInProvider) -> str:
    return provider.issuer or provider.token_url


def _is_orcid(provider: SignInProvider) -> bool:
    return provider.issuer == ORCID_ISSUER
