"""Rows of the log: who did what to what, and when. Entries are added, and never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from broadsheet.doings import LogEntry
from broadsheet.store.database import Database
from broadsheet.store.people_schema import account, log_entry

_ADDED = insert(log_entry).inline()


def write_entry(
    connection: Connection,
    *,
    account_id: int | None,
    action: str,
    subject: str,
    text: str,
    is_public: bool,
    now: datetime,
) -> None:
    """Add an entry within the caller's transaction, so that an act and its trace stand together.

    `action` is a word or two joined by hyphens (`hide-comment`); `subject` is `paper:KEY`,
    `account:NAME`, `comment:NUMBER` or the like; `text` is a sentence for the reader.
    """
    values = {
        "logged_at": now,
        "account_id": account_id,
        "action": action,
        "subject": subject,
        "text": text,
        "is_public": is_public,
    }
    connection.execute(_ADDED, values)


def keep_entry(connection: Connection, entry: LogEntry) -> None:
    """Add an entry that is made already, within the caller's transaction."""
    write_entry(
        connection,
        account_id=entry.account_id,
        action=entry.action,
        subject=entry.subject,
        text=entry.text,
        is_public=entry.is_public,
        now=entry.logged_at,
    )


class LogTable:
    """The log of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        *,
        account_id: int | None,
        action: str,
        subject: str,
        text: str,
        is_public: bool,
        now: datetime,
    ) -> None:
        """Add an entry."""
        with self._database.write(beside_others=True) as connection:
            write_entry(
                connection,
                account_id=account_id,
                action=action,
                subject=subject,
                text=text,
                is_public=is_public,
                now=now,
            )

    def entries(
        self,
        *,
        limit: int,
        before: int | None = None,
        is_public: bool | None = None,
        action: str = "",
        subject: str = "",
        actor: str = "",
    ) -> list[LogEntry]:
        """Entries, newest first, with the handle of who acted; `before` is an entry's number.

        `is_public` None means all; `subject` is exact, or a kind with its colon (`comment:`).
        """
        wanted = (
            select(log_entry, account.c.name.label("actor"))
            .join(account, account.c.account_id == log_entry.c.account_id, isouter=True)
            .order_by(log_entry.c.entry_id.desc())
            .limit(limit)
        )
        if before is not None:
            wanted = wanted.where(log_entry.c.entry_id < before)
        if is_public is not None:
            wanted = wanted.where(log_entry.c.is_public.is_(is_public))
        if action:
            wanted = wanted.where(log_entry.c.action == action)
        if subject:
            is_kind = subject.endswith(":")
            wanted = wanted.where(
                log_entry.c.subject.startswith(subject, autoescape=True)
                if is_kind
                else log_entry.c.subject == subject
            )
        if actor:
            wanted = wanted.where(account.c.name == actor)
        with self._database.read() as connection:
            return [
                LogEntry(
                    row.logged_at,
                    row.account_id,
                    row.action,
                    row.subject,
                    row.text,
                    row.is_public,
                    row.entry_id,
                    row.actor or "",
                )
                for row in connection.execute(wanted)
            ]
