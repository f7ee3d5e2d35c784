"""Rows of news for accounts; a name makes each piece come once, whatever is repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, literal, select, true, update

from broadsheet.doings import Notification
from broadsheet.store.database import Database
from broadsheet.store.people_schema import notification


def write_notification(
    connection: Connection,
    account_id: int,
    *,
    name: str,
    kind: str,
    text: str,
    path: str,
    paper_id: int | None,
    now: datetime,
) -> bool:
    """Tell an account something within the caller's transaction; whether it was news.

    `name` is unique within the account (`reply:17`): a second piece of the same name is dropped.
    `kind` is reply, mention, claim, decision or follow; `path` is where it leads on this site.
    """
    columns = ["account_id", "name", "kind", "text", "path", "paper_id", "notified_at"]
    values = (account_id, name, kind, text, path, paper_id, now)
    row = (
        literal(value, notification.c[column].type)
        for column, value in zip(columns, values, strict=True)
    )
    # Both databases know the clause; SQLite can read it only after a WHERE.
    chosen = select(*row).where(true()).suffix_with("ON CONFLICT (account_id, name) DO NOTHING")
    added = insert(notification).from_select(columns, chosen)
    return connection.scalar(added.returning(notification.c.notification_id)) is not None


class NotificationTable:
    """News of a library's accounts; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_account(
        self, account_id: int, *, limit: int, before: int | None = None, only_unread: bool = False
    ) -> list[Notification]:
        """News of an account, newest first; `before` is the number of a piece."""
        wanted = _of(account_id).order_by(notification.c.notification_id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(notification.c.notification_id < before)
        if only_unread:
            wanted = wanted.where(notification.c.read_at.is_(None))
        with self._database.read() as connection:
            return [_notification(row) for row in connection.execute(wanted)]

    def find(self, account_id: int, notification_id: int) -> Notification | None:
        """One piece of news of an account."""
        wanted = _of(account_id).where(notification.c.notification_id == notification_id)
        with self._database.read() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else _notification(row)

    def unread(self, account_id: int) -> int:
        """How many pieces the account has not looked at."""
        wanted = (
            select(func.count())
            .select_from(notification)
            .where(notification.c.account_id == account_id, notification.c.read_at.is_(None))
        )
        with self._database.read() as connection:
            return connection.scalar(wanted) or 0

    def mark_read(
        self, account_id: int, now: datetime, *, notification_id: int | None = None
    ) -> int:
        """Mark one piece of an account, or all, as read; how many were unread."""
        wanted = update(notification).where(
            notification.c.account_id == account_id, notification.c.read_at.is_(None)
        )
        if notification_id is not None:
            wanted = wanted.where(notification.c.notification_id == notification_id)
        with self._database.write(beside_others=True) as connection:
            return connection.execute(wanted.values(read_at=now)).rowcount

    def tell(
        self,
        account_id: int,
        *,
        name: str,
        kind: str,
        text: str,
        path: str,
        paper_id: int | None,
        now: datetime,
    ) -> bool:
        """Tell an account something; whether it was news."""
        with self._database.write() as connection:
            return write_notification(
                connection,
                account_id,
                name=name,
                kind=kind,
                text=text,
                path=path,
                paper_id=paper_id,
                now=now,
            )


def _of(account_id: int) -> Select[Any]:
    return select(notification).where(notification.c.account_id == account_id)


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        row.notification_id, row.kind, row.text, row.path, row.notified_at, row.read_at
    )
