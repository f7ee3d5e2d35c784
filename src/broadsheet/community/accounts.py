"""Accounts as others deal with them: made, approved, suspended, given roles.

How people sign in is in `signing_in`, what they change about themselves in `own_account`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.community.typed import line
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied, StorageError
from broadsheet.people import Account, Elsewhere, Role
from broadsheet.settings import Settings
from broadsheet.store.people.tables import PeopleTables

LOCAL_PERSON = "me"
"""The handle of the one person of an instance in single-user mode."""
PAGE = 50
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Accounts:
    """The rules of accounts. An `actor` of None is the operator at the command line."""

    tables: PeopleTables
    settings: Settings
    clock: Callable[[], datetime]

    def local_person(self) -> Account:
        """The owner, made on first use: whom single-user mode signs in."""
        found = self.tables.accounts.oldest_owner()
        if found is None:
            now = self.clock()
            self.tables.accounts.create(
                LOCAL_PERSON, email=None, password_hash=None, created_at=now
            )
            found = self.tables.accounts.oldest_owner()
        if found is None:
            raise StorageError("This library has accounts, but no owner. Give one that role with "
                               "`broadsheet people role NAME owner`.")  # fmt: skip
        return found

    def is_open(self) -> bool:
        """Whether somebody new may make an account: the first person always may."""
        return self.settings.sign_up != "closed" or self.is_first()

    def is_first(self) -> bool:
        """Whether there is no account yet, so that the next one owns the instance."""
        return self.tables.accounts.count() == 0

    def join(
        self,
        name: str,
        *,
        email: str | None = None,
        password_hash: str | None = None,
        is_verified: bool = False,
        elsewhere: Elsewhere | None = None,
    ) -> Account:
        """A new account as the setting `sign_up` allows; the first of all is the owner.

        Raises PermissionDenied when sign-up is closed, Conflict for a verified address that has an
        account, InputError for a handle that is taken.
        """
        now = self.clock()
        made = self.tables.accounts.create(
            name,
            email=email or None,
            password_hash=password_hash,
            created_at=now,
            is_approved=self.settings.sign_up == "open",
            verified_at=now if email and is_verified else None,
            full_name=elsewhere.full_name if elsewhere else "",
            elsewhere=elsewhere,
            only_first=self.settings.sign_up == "closed",
        )
        if made is not None:
            return made
        if email and is_verified and self.tables.accounts.by_email(email):
            raise Conflict("This address has an account already. Sign in with it.")
        if elsewhere and self.tables.identities.account_of(elsewhere.issuer, elsewhere.subject):
            raise Conflict("This sign-in has an account already. Sign in with it.")
        raise InputError(f"The name “{name}” is taken. Choose another.", "name")

    def add(self, name: str, *, email: str | None = None, role: Role = Role.READER) -> Account:
        """An account made by the operator, whatever `sign_up` says; it signs in by a link."""
        made = self.tables.accounts.create(
            name, email=email, password_hash=None, created_at=self.clock()
        )
        if made is None:
            raise InputError(f"The name “{name}” is taken. Choose another.", "name")
        return made if made.role >= role else self.set_role(None, made.name, role)

    def by_name(self, name: str) -> Account:
        """The account of a handle. Raises NotFound."""
        if "\0" in name:
            raise NotFound("There is nobody of this name here.")
        return self.tables.accounts.by_name(name)

    def listed(
        self, actor: Account | None, *, words: str = "", state: str = "", page: int = 1
    ) -> tuple[list[Account], int]:
        """A page of accounts, for moderators, and how many there are in all."""
        _needs(actor, Role.MODERATOR)
        return self.tables.accounts.listed(
            words=line(words, "q", 100), state=state, limit=PAGE, offset=PAGE * (page - 1)
        )

    def approve(self, actor: Account | None, name: str) -> Account:
        """Let somebody who waits take part. Raises Conflict when nobody has to."""
        _needs(actor, Role.MODERATOR)
        account = self.by_name(name)
        if account.is_approved:
            raise Conflict(f"{account.name} has been approved already.")
        return self._decide(actor, account, "approve-account", "Approved.", is_approved=True)

    def suspend(self, actor: Account | None, name: str, reason: str) -> Account:
        """Stop an account from acting; it may still read, export and leave.

        Moderators suspend those of lower roles, owners everybody but themselves.
        """
        account = self.by_name(name)
        _may_judge(actor, account)
        given = line(reason, "reason", _LONGEST_REASON)
        if not given:
            raise InputError("Say why; the person and the public log will show it.", "reason")
        if account.is_suspended:
            raise Conflict(f"{account.name} is suspended already.")
        return self._decide(
            actor, account, "suspend-account", given,
            suspended_at=self.clock(), suspended_reason=given,
        )  # fmt: skip

    def unsuspend(self, actor: Account | None, name: str) -> Account:
        """Undo a suspension."""
        account = self.by_name(name)
        _may_judge(actor, account)
        if not account.is_suspended:
            raise Conflict(f"{account.name} is not suspended.")
        return self._decide(
            actor, account, "unsuspend-account", "Suspension undone.",
            suspended_at=None, suspended_reason="",
        )  # fmt: skip

    def set_role(self, actor: Account | None, name: str, role: Role) -> Account:
        """Give an account a role; owners may. There is always one owner left who may act."""
        _needs(actor, Role.OWNER)
        account = self.by_name(name)
        if account.role is role:
            return account
        text = f"Role changed from {account.role.label} to {role.label}."
        return self._decide(actor, account, "set-role", text, role=role.label)

    def _decide(
        self, actor: Account | None, account: Account, action: str, text: str, **values: object
    ) -> Account:
        return self.tables.accounts.decide(
            account.account_id,
            actor_id=actor.account_id if actor else None,
            action=action,
            text=text,
            now=self.clock(),
            **values,
        )


def _needs(actor: Account | None, least: Role) -> None:
    if actor is not None and not actor.may(least):
        raise PermissionDenied(f"This needs the role of {least.label}.")


def _may_judge(actor: Account | None, account: Account) -> None:
    _needs(actor, Role.MODERATOR)
    if actor is None:
        return
    if actor.account_id == account.account_id:
        raise PermissionDenied("Nobody can decide about their own suspension.")
    if actor.role < Role.OWNER and account.role >= actor.role:
        raise PermissionDenied(f"Only an owner can do this to a {account.role.label}.")
