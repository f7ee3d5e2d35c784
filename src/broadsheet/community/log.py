"""The log: everything an editor or moderator does is public; other traces are for moderators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.doings import LogEntry
from broadsheet.people import Account, Role
from broadsheet.store.people.tables import PeopleTables

PAGE = 50
"""How many entries a page shows."""


@dataclass(frozen=True, slots=True)
class Log:
    """Notes acts and shows them to those who may see them."""

    tables: PeopleTables
    clock: Callable[[], datetime]

    def note(
        self, actor: Account | None, action: str, subject: str, text: str, *, is_public: bool
    ) -> None:
        """Note an act; `actor` is None for what the instance did by itself.

        Where the act changes rows, `store.people.log.write_entry` notes it in their transaction.
        """
        self.tables.log.add(
            account_id=actor.account_id if actor else None,
            action=action,
            subject=subject,
            text=text,
            is_public=is_public,
            now=self.clock(),
        )

    def entries(
        self,
        viewer: Account | None,
        *,
        before: int | None = None,
        action: str = "",
        subject: str = "",
        actor: str = "",
        limit: int = PAGE,
    ) -> list[LogEntry]:
        """Entries that the viewer may see, newest first: moderators see the private ones too."""
        is_moderator = viewer is not None and viewer.may(Role.MODERATOR)
        return self.tables.log.entries(
            limit=limit,
            before=before,
            is_public=None if is_moderator else True,
            action=action,
            subject=subject,
            actor=actor,
        )
