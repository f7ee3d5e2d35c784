"""Which records make a paper, corrected by moderators: splitting a wrong merge, undoing it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from broadsheet.community.log import Log
from broadsheet.domain import Paper
from broadsheet.errors import PermissionDenied
from broadsheet.people import Account, Role
from broadsheet.store.store import Store


@dataclass(frozen=True, slots=True)
class Records:
    """Splits and rejoins papers; `actor` is None for the operator at the command line."""

    store: Store
    log: Log
    clock: Callable[[], datetime]

    def split(self, actor: Account | None, paper: Paper, names: Collection[tuple[str, str]]) -> str:
        """Make some records (source, id) of a paper a paper of their own; its key.

        Votes, comments and collections stay with the paper that keeps its address. Raises
        PermissionDenied, and InputError where they are not some, but not all, of the paper's.
        """
        _check(actor)
        key = self.store.split(paper.paper_id, names, now=self.clock())
        listed = ", ".join(f"{source} {record_id}" for source, record_id in sorted(names))
        self.log.note(
            actor,
            "split-paper",
            f"paper:{paper.key}",
            f"Made a paper of its own, {key}, from: {listed}.",
            is_public=True,
        )
        return key

    def rejoin(self, actor: Account | None, paper: Paper) -> str:
        """Undo the split that made a paper; the key of the paper its records belong to then.

        Raises PermissionDenied, and Conflict where no split made it.
        """
        _check(actor)
        key = self.store.rejoin(paper.paper_id, now=self.clock())
        self.log.note(
            actor,
            "rejoin-paper",
            f"paper:{key}",
            f"Joined {paper.key} to it again.",
            is_public=True,
        )
        return key


def _check(actor: Account | None) -> None:
    if actor is not None and not actor.may(Role.MODERATOR):
        raise PermissionDenied("Only moderators can split and join papers.")
