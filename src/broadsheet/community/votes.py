"""Votes on papers: who may cast them, how often, and which of them order lists.

A vote counts for the order of lists when its account has a verified address and is a day old, or
has a role above reader; until then it is shown and kept, and counted later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.throttling import Limit, Throttle
from broadsheet.doings import Tally, VoteDay
from broadsheet.people import Account, Role
from broadsheet.store.people.tables import PeopleTables
from broadsheet.store.people.vote_statements import COUNTS_AFTER

PER_ACCOUNT = (200, timedelta(minutes=10))
PER_ADDRESS = (2_000, timedelta(minutes=10))
"""A whole institute may share an address."""


@dataclass(frozen=True, slots=True)
class Votes:
    """The rules of votes."""

    tables: PeopleTables
    throttle: Throttle
    clock: Callable[[], datetime]

    def cast(self, account: Account, key: str, *, address: str = "") -> Tally:
        """Vote for the paper of any of its names; a second vote changes nothing.

        `address` is where the request comes from, if from a network. Raises PermissionDenied,
        NotFound and TooManyRequests.
        """
        may_act(account)
        limits = _limits(account, address)
        return self.tables.votes.cast(
            account.account_id,
            key,
            self.clock(),
            lambda count: self.throttle.check_with(limits, count),
        )

    def withdraw(self, account: Account, key: str, *, address: str = "") -> Tally:
        """Take the account's vote for a paper back, if there is one. Raises as `cast`."""
        may_act(account)
        limits = _limits(account, address)
        return self.tables.votes.withdraw(
            account.account_id,
            key,
            self.clock(),
            lambda count: self.throttle.check_with(limits, count),
        )

    def is_counted(self, account: Account) -> bool:
        """Whether the votes of an account order lists now."""
        if not account.may(Role.READER):
            return False
        is_grown = account.created_at <= self.clock() - COUNTS_AFTER
        return account.role > Role.READER or (account.verified_at is not None and is_grown)

    def voted(self, account: Account, paper_ids: Collection[int]) -> frozenset[int]:
        """Those of the papers that the account votes for."""
        return self.tables.votes.voted(account.account_id, paper_ids)

    def history(self, paper_id: int) -> list[VoteDay]:
        """The votes of our people on a paper by day, newest first."""
        return self.tables.votes.history(paper_id)

    def count_matured(self) -> int:
        """Count the votes of accounts that have come of age since; how many there were."""
        now = self.clock()
        return self.tables.votes.count_matured(now) if self.tables.votes.has_matured(now) else 0


def _limits(account: Account, address: str) -> list[tuple[str, list[Limit]]]:
    limits = [(f"votes:account:{account.account_id}", [PER_ACCOUNT])]
    return [*limits, (f"votes:address:{address}", [PER_ADDRESS])] if address else limits
