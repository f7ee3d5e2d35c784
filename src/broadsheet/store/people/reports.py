"""Rows of reports: readers' words to the moderators about comments, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from broadsheet.doings import LogEntry, Report
from broadsheet.store.database import Database
from broadsheet.store.people.comments import close_reports
from broadsheet.store.people.log import keep_entry
from broadsheet.store.people_schema import account, report


class ReportTable:
    """The reports of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, comment_id: int, *, account_id: int, reason: str, now: datetime) -> bool:
        """Keep a report; False where the account has reported the comment already."""
        added = insert(report).values(
            comment_id=comment_id,
            account_id=account_id,
            reason=reason,
            reported_at=now,
            resolution="",
        )
        try:
            with self._database.write(beside_others=True) as connection:
                connection.execute(added)
        except IntegrityError:
            return False
        return True

    def has(self, comment_id: int, account_id: int) -> bool:
        """Whether the account has reported the comment."""
        is_it = (report.c.comment_id == comment_id) & (report.c.account_id == account_id)
        with self._database.read() as connection:
            return connection.scalar(select(report.c.report_id).where(is_it)) is not None

    def open(self, limit: int) -> list[Report]:
        """Open reports, oldest first."""
        wanted = (
            select(report, account.c.name)
            .join(account, account.c.account_id == report.c.account_id, isouter=True)
            .where(report.c.resolved_at.is_(None))
            .order_by(report.c.reported_at, report.c.report_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [
                Report(
                    row.report_id,
                    row.comment_id,
                    row.name or "",
                    row.reason,
                    row.reported_at,
                    row.resolved_at,
                    row.resolution,
                )
                for row in connection.execute(wanted)
            ]

    def count_open(self) -> int:
        """How many reports are open."""
        wanted = select(func.count()).select_from(report).where(report.c.resolved_at.is_(None))
        with self._database.read() as connection:
            return connection.scalar(wanted) or 0

    def close(self, comment_id: int, resolution: str, entry: LogEntry) -> int:
        """Close the open reports of a comment, the act noted; how many there were."""
        with self._database.write(beside_others=True) as connection:
            closed = close_reports(connection, comment_id, entry, resolution)
            if closed:
                keep_entry(connection, entry)
            return closed

    def reopen(self, comment_id: int, resolution: str, entry: LogEntry) -> int:
        """Open the reports of a comment that were closed with a resolution again; how many."""
        is_closed = (report.c.comment_id == comment_id) & (report.c.resolution == resolution)
        opened = update(report).where(is_closed, report.c.resolved_at.is_not(None))
        with self._database.write(beside_others=True) as connection:
            number = connection.execute(
                opened.values(resolved_at=None, resolved_by=None, resolution="")
            ).rowcount
            if number:
                keep_entry(connection, entry)
            return number
