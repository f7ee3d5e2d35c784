"""Who is asking: sessions of browsers and tokens of programs, opened, recognised and ended."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.secrets import digest, new_token
from broadsheet.errors import NotFound
from broadsheet.people import Account, ApiToken, Session
from broadsheet.store.people.tables import PeopleTables

LASTS = timedelta(days=30)
"""A session ends so long after it was last used."""
NOTED_EVERY = timedelta(minutes=10)
"""Use is noted no oftener, so that reading pages writes nothing."""
TOKEN_MARK = "bsk_"  # noqa: S105 - what tokens begin with, so that scanners of leaks know them
_CLIENT = 120


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's account and how it came: by a session, or by a token. `unread` is its news."""

    account: Account
    session: Session | None
    token: ApiToken | None
    unread: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens, recognises and ends sessions and tokens."""

    tables: PeopleTables
    clock: Callable[[], datetime]

    def open(self, account: Account, client: str) -> str:
        """A new session; the secret for the browser's cookie. `client` says what browser it is."""
        token, now = new_token(), self.clock()
        opened = Session(
            secrets.token_hex(8), account.account_id, client[:_CLIENT], now, now, now + LASTS
        )
        self.tables.sessions.add(digest(token), opened)
        return token

    def visit(self, token: str) -> Visit | None:
        """Who a session's secret is; None where it is unknown or has expired."""
        now = self.clock()
        found = self.tables.sessions.find(digest(token), now)
        if found is None:
            return None
        session, account, unread = found
        if now - session.seen_at >= NOTED_EVERY:
            self.tables.sessions.touch(session.session_id, seen_at=now, expires_at=now + LASTS)
        return Visit(account, session, None, unread)

    def of(self, account: Account) -> list[Session]:
        """The sessions of an account, last used first."""
        return self.tables.sessions.of_account(account.account_id, self.clock())

    def end(self, account: Account, session_id: str) -> None:
        """End one session of the account. Raises NotFound."""
        if not self.tables.sessions.end(account.account_id, session_id):
            raise NotFound("This session has ended already.")

    def leave(self, session: Session) -> None:
        """End the session that asks, if it has not ended."""
        self.tables.sessions.end(session.account_id, session.session_id)

    def end_all(self, account: Account, *, but: Session | None = None) -> int:
        """End every session of the account, but one if given; how many there were."""
        kept = but.session_id if but else ""
        return self.tables.sessions.end(account.account_id, except_id=kept)

    def make_token(
        self, account: Account, name: str, *, can_write: bool, lasts: timedelta | None = None
    ) -> tuple[str, ApiToken]:
        """A new personal token; its secret is given here and never again."""
        now, secret = self.clock(), TOKEN_MARK + new_token()
        token = ApiToken(
            token_id=secrets.token_hex(8),
            account_id=account.account_id,
            name=name,
            can_write=can_write,
            created_at=now,
            expires_at=now + lasts if lasts else None,
        )
        self.tables.sessions.add_token(digest(secret), token)
        return secret, token

    def visit_by_token(self, secret: str) -> Visit | None:
        """Who a personal token is; None where it is unknown, revoked or has expired."""
        now = self.clock()
        found = self.tables.sessions.find_token(digest(secret), now)
        if found is None:
            return None
        token, account, unread = found
        if token.used_at is None or now - token.used_at >= NOTED_EVERY:
            self.tables.sessions.touch_token(token.token_id, now)
        return Visit(account, None, token, unread)

    def tokens(self, account: Account) -> list[ApiToken]:
        """The personal tokens of an account, newest first."""
        return self.tables.sessions.tokens_of(account.account_id)

    def revoke_token(self, account: Account, token_id: str) -> None:
        """Revoke a token of the account. Raises NotFound."""
        if not self.tables.sessions.end_token(account.account_id, token_id):
            raise NotFound("This token has been revoked already.")
