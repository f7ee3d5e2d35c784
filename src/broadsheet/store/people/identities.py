"""Rows of accounts at other services that sign in here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from broadsheet.errors import Conflict
from broadsheet.people import Account, Elsewhere, Identity
from broadsheet.store.database import Database
from broadsheet.store.people.accounts import account_of, add_identity
from broadsheet.store.people_schema import account, identity


class IdentityTable:
    """The identities of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def account_of(self, issuer: str, subject: str) -> Account | None:
        """The account that an identity signs in to."""
        wanted = (
            select(account)
            .join(identity, identity.c.account_id == account.c.account_id)
            .where(identity.c.issuer == issuer, identity.c.subject == subject)
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else account_of(row)

    def of_account(self, account_id: int) -> list[Identity]:
        """The identities of an account, oldest first."""
        wanted = select(identity).where(identity.c.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(identity.c.added_at, identity.c.issuer))
            return [_read(row) for row in rows]

    def link(self, account_id: int, elsewhere: Elsewhere, now: datetime) -> bool:
        """Let an identity sign in to an account; False where it signs in to some already.

        An ORCID iD that it proves becomes the account's.
        """
        try:
            with self._database.write() as connection:
                add_identity(connection, account_id, elsewhere, now)
                if elsewhere.orcid:
                    connection.execute(
                        update(account)
                        .where(account.c.account_id == account_id)
                        .values(orcid=elsewhere.orcid, orcid_verified_at=now)
                    )
        except IntegrityError:
            return False
        return True

    def unlink(self, account_id: int, issuer: str, subject: str) -> int:
        """Take an identity from an account; how many there were.

        Raises Conflict where the person could then no longer sign in. An ORCID iD stays on the
        profile, but is no longer shown to be the person's.
        """
        with self._database.write() as connection:
            if not _has_another_way_in(connection, account_id):
                raise Conflict(
                    "This is your only way to sign in. Set a password or show an e-mail address to "
                    "be yours first."
                )
            gone = connection.execute(
                delete(identity).where(
                    identity.c.account_id == account_id,
                    identity.c.issuer == issuer,
                    identity.c.subject == subject,
                )
            ).rowcount
            connection.execute(
                update(account)
                .where(account.c.account_id == account_id, account.c.orcid == subject)
                .values(orcid_verified_at=None)
            )
            return gone


def _has_another_way_in(connection: Connection, account_id: int) -> bool:
    row = connection.execute(
        select(account.c.password_hash, account.c.verified_at)
        .where(account.c.account_id == account_id)
        .with_for_update()
    ).one()
    count = select(func.count()).select_from(identity).where(identity.c.account_id == account_id)
    ways = connection.scalar(count) or 0
    return row.password_hash is not None or row.verified_at is not None or ways > 1


def _read(row: Row[Any]) -> Identity:
    return Identity(row.issuer, row.subject, row.account_id, row.label, row.added_at)
