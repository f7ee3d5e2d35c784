"""Leaving: everything that an account holds, as data; and its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broadsheet.community.signing_in import SigningIn
from broadsheet.errors import InputError
from broadsheet.people import Account
from broadsheet.store.people.tables import PeopleTables


@dataclass(frozen=True, slots=True)
class Leaving:
    """The rules of taking one's data out and away; both hold for suspended accounts too."""

    tables: PeopleTables
    signing_in: SigningIn
    clock: Callable[[], datetime]

    def everything(self, account: Account) -> dict[str, list[dict[str, Any]]]:
        """All that is kept of an account, by table; no secrets, which are kept as digests only."""
        return self.tables.leaving.everything(account.account_id)

    def leave(
        self, account: Account, *, confirmation: str, with_comments: bool, client: str
    ) -> None:
        """Delete the account that asks; `confirmation` is its password, or its handle if it has
        none.

        Comments stay without a name, or lose their words as well (`with_comments`). Raises
        InputError for a wrong confirmation, Conflict for the only owner among others.
        """
        if account.has_password:
            self.signing_in.check_password(account, confirmation, client, "confirmation")
        elif confirmation.strip().lower() != account.name:
            raise InputError(f"Type {account.name} to delete the account.", "confirmation")
        self.remove(account, with_comments=with_comments)

    def remove(self, account: Account, *, with_comments: bool) -> None:
        """Delete an account, as the operator does. Raises Conflict as `leave`."""
        self.tables.leaving.remove(
            account.account_id, with_comments=with_comments, now=self.clock()
        )
