"""Rows of sessions and personal tokens, found by the digest of their secret."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, bindparam, delete, func, insert, or_, select, update

from broadsheet.people import Account, ApiToken, Session
from broadsheet.store.database import Database
from broadsheet.store.people.accounts import account_of
from broadsheet.store.people_schema import account, api_token, notification, session
from broadsheet.store.schema import Instant

_UNREAD = (
    select(func.count())
    .select_from(notification)
    .where(notification.c.account_id == account.c.account_id, notification.c.read_at.is_(None))
    .scalar_subquery()
    .label("unread")
)
# Asked for with every request of somebody signed in, so they are made once.
_WANTED, _NOW = bindparam("wanted", type_=LargeBinary), bindparam("now", type_=Instant)
_SESSION = (
    select(session.c.session_id, session.c.client, session.c.seen_at)
    .add_columns(session.c.created_at.label("opened_at"), session.c.expires_at, account, _UNREAD)
    .join_from(session, account, account.c.account_id == session.c.account_id)
    .where(session.c.digest == _WANTED, session.c.expires_at > _NOW)
)
_TOKEN = (
    select(api_token.c.token_id, api_token.c.can_write, api_token.c.used_at)
    .add_columns(api_token.c.expires_at, api_token.c.name.label("token_name"))
    .add_columns(api_token.c.created_at.label("made_at"), account, _UNREAD)
    .join_from(api_token, account, account.c.account_id == api_token.c.account_id)
    .where(
        api_token.c.digest == _WANTED,
        or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > _NOW),
    )
)


class SessionTable:
    """Sessions and tokens of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: bytes, opened: Session) -> None:
        """Keep a session; those that have expired are forgotten on the way."""
        with self._database.write() as connection:
            connection.execute(delete(session).where(session.c.expires_at <= opened.created_at))
            connection.execute(
                insert(session).values(
                    digest=digest,
                    session_id=opened.session_id,
                    account_id=opened.account_id,
                    client=opened.client,
                    created_at=opened.created_at,
                    seen_at=opened.seen_at,
                    expires_at=opened.expires_at,
                )
            )

    def find(self, digest: bytes, now: datetime) -> tuple[Session, Account, int] | None:
        """The living session of a secret, its account, and how much news the account has unread."""
        with self._database.read() as connection:
            row = connection.execute(_SESSION, {"wanted": digest, "now": now}).first()
        if row is None:
            return None
        found = Session(
            row.session_id, row.account_id, row.client, row.opened_at, row.seen_at, row.expires_at
        )
        return found, account_of(row), row.unread

    def touch(self, session_id: str, *, seen_at: datetime, expires_at: datetime) -> None:
        """Note that a session is in use."""
        with self._database.write(beside_others=True) as connection:
            connection.execute(
                update(session)
                .where(session.c.session_id == session_id)
                .values(seen_at=seen_at, expires_at=expires_at)
            )

    def of_account(self, account_id: int, now: datetime) -> list[Session]:
        """The living sessions of an account, last seen first."""
        wanted = select(session).where(
            session.c.account_id == account_id, session.c.expires_at > now
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(session.c.seen_at.desc()))
            return [
                Session(
                    row.session_id,
                    row.account_id,
                    row.client,
                    row.created_at,
                    row.seen_at,
                    row.expires_at,
                )
                for row in rows
            ]

    def end(self, account_id: int, session_id: str | None = None, *, except_id: str = "") -> int:
        """End one session of an account, or all but one; how many there were."""
        wanted = delete(session).where(
            session.c.account_id == account_id, session.c.session_id != except_id
        )
        if session_id is not None:
            wanted = wanted.where(session.c.session_id == session_id)
        with self._database.write() as connection:
            return connection.execute(wanted).rowcount

    def add_token(self, digest: bytes, token: ApiToken) -> None:
        """Keep a personal token."""
        with self._database.write() as connection:
            connection.execute(
                insert(api_token).values(
                    digest=digest,
                    token_id=token.token_id,
                    account_id=token.account_id,
                    name=token.name,
                    can_write=token.can_write,
                    created_at=token.created_at,
                    expires_at=token.expires_at,
                )
            )

    def find_token(self, digest: bytes, now: datetime) -> tuple[ApiToken, Account, int] | None:
        """The living token of a secret, its account, and how much news the account has unread."""
        with self._database.read() as connection:
            row = connection.execute(_TOKEN, {"wanted": digest, "now": now}).first()
        if row is None:
            return None
        token = ApiToken(
            row.token_id,
            row.account_id,
            row.token_name,
            row.can_write,
            row.made_at,
            row.used_at,
            row.expires_at,
        )
        return token, account_of(row), row.unread

    def touch_token(self, token_id: str, used_at: datetime) -> None:
        """Note that a token is in use."""
        with self._database.write(beside_others=True) as connection:
            connection.execute(
                update(api_token).where(api_token.c.token_id == token_id).values(used_at=used_at)
            )

    def tokens_of(self, account_id: int) -> list[ApiToken]:
        """The tokens of an account, newest first."""
        wanted = select(api_token).where(api_token.c.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(api_token.c.created_at.desc()))
            return [
                ApiToken(
                    row.token_id,
                    row.account_id,
                    row.name,
                    row.can_write,
                    row.created_at,
                    row.used_at,
                    row.expires_at,
                )
                for row in rows
            ]

    def end_token(self, account_id: int, token_id: str) -> int:
        """Revoke a token of an account; how many there were."""
        wanted = delete(api_token).where(
            api_token.c.account_id == account_id, api_token.c.token_id == token_id
        )
        with self._database.write() as connection:
            return connection.execute(wanted).rowcount
