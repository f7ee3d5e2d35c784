"""Rows of accounts: made, found, changed. Sessions and tokens are in `sessions`.

Only an address that was shown to be somebody's is theirs alone (`email_key`); so nobody can take
an address by typing it first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from broadsheet.errors import Conflict, NotFound, PermissionDenied
from broadsheet.people import Account, Elsewhere, Role
from broadsheet.store.database import Database
from broadsheet.store.people.log import write_entry
from broadsheet.store.people.votes import settle_votes
from broadsheet.store.people_schema import account, identity


class AccountTable:
    """The accounts of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        *,
        email: str | None,
        password_hash: str | None,
        created_at: datetime,
        is_approved: bool = True,
        verified_at: datetime | None = None,
        full_name: str = "",
        elsewhere: Elsewhere | None = None,
        only_first: bool = False,
    ) -> Account | None:
        """A new account, the first of all as owner; None when name or address is taken.

        `elsewhere` is an account at another service that signs in to it. With `only_first` it
        raises PermissionDenied when there are accounts.
        """
        values = {
            "name": name,
            "email": email,
            "email_key": email_key(email) if email and verified_at else None,
            "verified_at": verified_at,
            "password_hash": password_hash,
            "full_name": full_name,
            "orcid": elsewhere.orcid if elsewhere else None,
            "orcid_verified_at": created_at if elsewhere and elsewhere.orcid else None,
            "affiliation": "",
            "biography": "",
            "are_votes_public": False,
            "created_at": created_at,
            "suspended_reason": "",
        }
        try:
            with self._database.write() as connection:
                is_first = not connection.scalar(select(func.count()).select_from(account))
                if only_first and not is_first:
                    raise PermissionDenied("This instance takes no new accounts.")
                role = Role.OWNER if is_first else Role.READER
                made = insert(account).values(
                    **values, role=role.label, is_approved=is_approved or is_first
                )
                number = connection.scalar(made.returning(account.c.account_id)) or 0
                if elsewhere is not None:
                    add_identity(connection, number, elsewhere, created_at)
                return find_account(connection, number)
        except IntegrityError:
            return None

    def by_id(self, account_id: int) -> Account:
        """The account of a number. Raises NotFound."""
        with self._database.read() as connection:
            return find_account(connection, account_id)

    def by_ids(self, account_ids: set[int]) -> dict[int, Account]:
        """The accounts of these numbers, by number."""
        with self._database.read() as connection:
            rows = connection.execute(select(account).where(account.c.account_id.in_(account_ids)))
            return {row.account_id: account_of(row) for row in rows}

    def by_name(self, name: str) -> Account:
        """The account of a handle. Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(account).where(account.c.name == name.lower())).first()
        if row is None:
            raise NotFound(f"There is nobody called “{name:.40}” here.")
        return account_of(row)

    def by_email(self, email: str) -> tuple[Account, str | None] | None:
        """The account whose verified address this is, with its password's hash, or None."""
        return self.by_login(email, even_unverified=False) if "@" in email else None

    def by_login(self, login: str, *, even_unverified: bool) -> tuple[Account, str | None] | None:
        """The account of a handle or an address with its password's hash, or None.

        An address is its owner's once it is verified; `even_unverified` also finds the oldest
        account that only says so.
        """
        key = email_key(login)
        if "@" not in key:
            wanted = select(account).where(account.c.name == key)
        elif even_unverified:
            said = account.c.email_key.is_(None) & (func.lower(account.c.email) == key)
            wanted = select(account).where(or_(account.c.email_key == key, said))
        else:
            wanted = select(account).where(account.c.email_key == key)
        wanted = wanted.order_by(account.c.email_key.is_(None), account.c.account_id).limit(1)
        with self._database.read() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else (account_of(row), row.password_hash)

    def password_hash(self, account_id: int) -> str | None:
        """The hash of an account's password; None where it has none."""
        wanted = select(account.c.password_hash).where(account.c.account_id == account_id)
        with self._database.read() as connection:
            found: str | None = connection.scalar(wanted)
        return found

    def oldest_owner(self) -> Account | None:
        """The owner who has been here for longest."""
        wanted = select(account).where(account.c.role == Role.OWNER.label)
        with self._database.read() as connection:
            row = connection.execute(wanted.order_by(account.c.account_id).limit(1)).first()
        return None if row is None else account_of(row)

    def listed(
        self, *, words: str = "", state: str = "", limit: int, offset: int = 0
    ) -> tuple[list[Account], int]:
        """A page of the accounts, highest role and then newest first, and how many there are.

        `words` is the beginning of a handle or part of a name; `state` is `waiting`, `suspended`,
        or empty for all.
        """
        wanted = _filtered(words, state)
        count = select(func.count()).select_from(wanted.subquery())
        by_role = func.instr if self._database.is_sqlite else func.strpos
        order = by_role("owner moderator editor reader", account.c.role)
        wanted = wanted.order_by(order, account.c.account_id.desc()).limit(limit).offset(offset)
        with self._database.read() as connection:
            rows = connection.execute(wanted)
            return [account_of(row) for row in rows], connection.scalar(count) or 0

    def change(self, account_id: int, **values: Any) -> Account | None:
        """Change columns of an account; None when a new name or address is taken."""
        try:
            with self._database.write() as connection:
                return _change(connection, account_id, values)
        except IntegrityError:
            return None

    def decide(
        self, account_id: int, *, actor_id: int | None, action: str, text: str, now: datetime,
        **values: Any,
    ) -> Account:  # fmt: skip
        """Change columns of an account for a moderator, and write that into the public log.

        Raises Conflict where nobody would be left who owns the instance and may act.
        """
        with self._database.write() as connection:
            before = find_account(connection, account_id)
            changed = _change(connection, account_id, values)
            settle_votes(connection, account_id, now)
            if before.may(Role.OWNER) and not has_owner(connection):
                raise Conflict(
                    "This is the only owner. Make somebody else an owner first: there must always "
                    "be one."
                )
            write_entry(
                connection,
                account_id=actor_id,
                action=action,
                subject=f"account:{changed.name}",
                text=text,
                is_public=True,
                now=now,
            )
            return changed

    def count(self) -> int:
        """How many accounts there are."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(account)) or 0


def add_identity(
    connection: Connection, account_id: int, elsewhere: Elsewhere, now: datetime
) -> None:
    """Let an account at another service sign in to this one. Raises IntegrityError if it does."""
    connection.execute(
        insert(identity).values(
            issuer=elsewhere.issuer,
            subject=elsewhere.subject,
            account_id=account_id,
            label=elsewhere.label,
            added_at=now,
        )
    )


def has_owner(connection: Connection) -> bool:
    """Whether there is an owner who may act."""
    wanted = select(account.c.account_id).where(
        account.c.role == Role.OWNER.label,
        account.c.suspended_at.is_(None),
        account.c.is_approved.is_(True),
    )
    return connection.execute(wanted.limit(1)).first() is not None


def _change(connection: Connection, account_id: int, values: dict[str, Any]) -> Account:
    connection.execute(update(account).where(account.c.account_id == account_id).values(values))
    changed = find_account(connection, account_id)
    if {"email", "verified_at"} & values.keys():
        is_own = changed.email and changed.verified_at
        key = email_key(changed.email or "") if is_own else None
        owned = update(account).where(account.c.account_id == account_id).values(email_key=key)
        connection.execute(owned)
    return changed


def _filtered(words: str, state: str) -> Select[Any]:
    wanted = select(account)
    if words:
        is_called = account.c.name.startswith(words.lower(), autoescape=True)
        is_named = func.lower(account.c.full_name).contains(words.lower(), autoescape=True)
        wanted = wanted.where(or_(is_called, is_named))
    if state == "waiting":
        wanted = wanted.where(account.c.is_approved.is_(False))
    elif state == "suspended":
        wanted = wanted.where(account.c.suspended_at.is_not(None))
    return wanted


def email_key(email: str) -> str:
    """What tells addresses apart: case does not."""
    return email.strip().casefold()


def find_account(connection: Connection, account_id: int) -> Account:
    """The account of a number. Raises NotFound."""
    row = connection.execute(select(account).where(account.c.account_id == account_id)).first()
    if row is None:
        raise NotFound("There is no such account.")
    return account_of(row)


def account_of(row: Row[Any]) -> Account:
    """The account that a row holds; the password's hash stays in the row."""
    return Account(
        account_id=row.account_id,
        name=row.name,
        role=Role[row.role.upper()],
        created_at=row.created_at,
        email=row.email,
        verified_at=row.verified_at,
        has_password=row.password_hash is not None,
        full_name=row.full_name,
        affiliation=row.affiliation,
        biography=row.biography,
        orcid=row.orcid,
        orcid_verified_at=row.orcid_verified_at,
        are_votes_public=row.are_votes_public,
        is_approved=row.is_approved,
        suspended_at=row.suspended_at,
        suspended_reason=row.suspended_reason,
    )
