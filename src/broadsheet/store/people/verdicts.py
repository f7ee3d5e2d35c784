"""A decision on a submission or claim leaves two traces, both in the transaction that decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from broadsheet.doings import Decision
from broadsheet.store.people.log import write_entry
from broadsheet.store.people.notifications import write_notification


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who decides, how and why; `text` is what the public log says, `news` what the person reads.

    `decided_by` is None for what the rules decide by themselves. Without `news` nobody is told.
    """

    state: Decision
    decided_by: int | None
    reason: str
    action: str
    text: str
    news: str
    path: str
    now: datetime


def write_verdict(
    connection: Connection,
    verdict: Verdict,
    *,
    account_id: int | None,
    kind: str,
    name: str,
    subject: str,
    paper_id: int | None,
) -> None:
    """Note a verdict in the public log, and tell the account that it concerns."""
    write_entry(
        connection,
        account_id=verdict.decided_by,
        action=verdict.action,
        subject=subject,
        text=verdict.text,
        is_public=True,
        now=verdict.now,
    )
    if verdict.news and account_id is not None and account_id != verdict.decided_by:
        # The instant tells a second decision on the same matter from the first.
        write_notification(
            connection,
            account_id,
            name=f"{name}:{verdict.state.value}:{verdict.now.timestamp():.6f}",
            kind=kind,
            text=verdict.news,
            path=verdict.path,
            paper_id=paper_id,
            now=verdict.now,
        )
