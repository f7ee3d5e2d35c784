"""A reader's own library: papers read, saved and dismissed, and private notes on any paper.

Nobody but the reader sees it. Votes, which others see, are in `votes`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.throttling import Throttle
from broadsheet.doings import Mark, Shelf
from broadsheet.errors import Conflict, InputError
from broadsheet.people import Account
from broadsheet.store.people.tables import PeopleTables

LONGEST_NOTE = 10_000
"""Characters of a private note: some five pages."""
PER_ACCOUNT = (2_000, timedelta(minutes=10))
SET_BY_HAND = frozenset((Shelf.SAVED, Shelf.READ, Shelf.DISMISSED))
"""A paper comes on the shelf of notes by writing one."""


@dataclass(frozen=True, slots=True)
class Library:
    """The rules of marks and notes; each can be undone."""

    tables: PeopleTables
    throttle: Throttle
    clock: Callable[[], datetime]

    def put(self, account: Account, key: str, shelf: Shelf) -> tuple[str, Mark]:
        """Put a paper on a shelf, once however often; its key and what is marked on it now.

        Raises NotFound, PermissionDenied and TooManyRequests.
        """
        self._admit(account)
        return self.tables.marks.set(account.account_id, key, shelf, self.clock())

    def take(self, account: Account, key: str, shelf: Shelf) -> tuple[str, Mark]:
        """Take a paper off a shelf, if it stands there. Raises as `put`."""
        self._admit(account)
        return self.tables.marks.set(account.account_id, key, shelf, None)

    def write_note(self, account: Account, key: str, note: str) -> tuple[str, Mark]:
        """Replace the account's note on a paper; an empty one deletes it.

        Raises InputError for a note that is too long, and as `put`.
        """
        note = note.replace("\0", "").replace("\r\n", "\n").strip()
        if len(note) > LONGEST_NOTE:
            raise InputError(
                f"A note may have {LONGEST_NOTE:,} characters and this has {len(note):,}. "
                "Shorten it.",
                "note",
            )
        self._admit(account)
        return self.tables.marks.write_note(account.account_id, key, note, self.clock())

    def undo_note(self, account: Account, key: str, paper_id: int) -> tuple[str, Mark]:
        """Bring back the note before the last change; undone twice, nothing has changed.

        Raises Conflict where the note has never changed, and as `put`.
        """
        former = self.marks(account, [paper_id]).get(paper_id, Mark(paper_id)).former_note
        if former is None:
            raise Conflict("This note has not been changed, so there is nothing to undo.")
        return self.write_note(account, key, former)

    def _admit(self, account: Account) -> None:
        may_act(account)
        self.throttle.check(f"marks:account:{account.account_id}", *PER_ACCOUNT)

    def marks(self, account: Account, paper_ids: Collection[int]) -> dict[int, Mark]:
        """What the account has marked on these papers, by paper."""
        return self.tables.marks.of(account.account_id, paper_ids)
