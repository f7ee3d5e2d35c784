"""News for one account: replies, mentions, claims, decisions, and what it follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.doings import Notification
from broadsheet.errors import NotFound
from broadsheet.people import Account
from broadsheet.store.people.tables import PeopleTables

PAGE = 50
"""How many pieces a page shows."""


@dataclass(frozen=True, slots=True)
class Notifications:
    """The news of accounts; everybody sees their own only."""

    tables: PeopleTables
    clock: Callable[[], datetime]

    def of(
        self,
        account: Account,
        *,
        before: int | None = None,
        only_unread: bool = False,
        limit: int = PAGE,
    ) -> list[Notification]:
        """News of the account, newest first; `before` is the number of a piece."""
        return self.tables.notifications.of_account(
            account.account_id, limit=limit, before=before, only_unread=only_unread
        )

    def unread(self, account: Account) -> int:
        """How many pieces the account has not looked at."""
        return self.tables.notifications.unread(account.account_id)

    def open(self, account: Account, notification_id: int) -> Notification:
        """One piece of news, marked as read. Raises NotFound, for news of others as well."""
        found = self.tables.notifications.find(account.account_id, notification_id)
        if found is None:
            raise NotFound("There is no such news for you.")
        if found.read_at is None:
            self.tables.notifications.mark_read(
                account.account_id, self.clock(), notification_id=notification_id
            )
        return found

    def mark_all_read(self, account: Account) -> int:
        """Mark all news of the account as read; how many pieces were unread."""
        return self.tables.notifications.mark_read(account.account_id, self.clock())

    def tell(
        self,
        account_id: int,
        *,
        name: str,
        kind: str,
        text: str,
        path: str,
        paper_id: int | None = None,
    ) -> bool:
        """Tell an account something; whether it was news: a name comes once.

        Where the occasion changes rows, `store.people.notifications.write_notification` tells it
        in their transaction.
        """
        return self.tables.notifications.tell(
            account_id,
            name=name,
            kind=kind,
            text=text,
            path=path,
            paper_id=paper_id,
            now=self.clock(),
        )
