"""The doors to the rows of mail, opened together with the store."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.store.database import Database
from broadsheet.store.mail.followed import FollowedLists
from broadsheet.store.mail.leanings import Leanings
from broadsheet.store.mail.outbox import Outbox
from broadsheet.store.mail.sent import SentPapers
from broadsheet.store.mail.subscribers import Subscribers
from broadsheet.store.mail.suppression import Suppression


@dataclass(frozen=True, slots=True)
class MailTables:
    """Rows of mail in one database; each member's methods are one transaction each."""

    outbox: Outbox
    subscribers: Subscribers
    sent: SentPapers
    suppression: Suppression
    leanings: Leanings
    followed: FollowedLists

    @classmethod
    def of(cls, database: Database) -> MailTables:
        """The tables of a database."""
        return cls(
            outbox=Outbox(database),
            subscribers=Subscribers(database),
            sent=SentPapers(database),
            suppression=Suppression(database),
            leanings=Leanings(database),
            followed=FollowedLists(database),
        )
