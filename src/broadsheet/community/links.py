"""One-time links: secrets that do one thing once, within twenty minutes.

Only digests are kept. What a link does when it is used is the matter of whoever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.secrets import digest, new_token
from broadsheet.errors import NotFound
from broadsheet.people import Account, LinkPurpose, OneTimeLink
from broadsheet.store.people.tables import PeopleTables

LASTS = timedelta(minutes=20)
_GONE = "This link has expired, or has been used before. Ask for a new one."
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class OneTimeLinks:
    """Makes and uses links."""

    tables: PeopleTables
    clock: Callable[[], datetime]

    def make(
        self,
        purpose: LinkPurpose,
        *,
        account: Account | None = None,
        email: str = "",
        detail: dict[str, str] | None = None,
        lasts: timedelta = LASTS,
    ) -> str:
        """A new link; its secret is given here and never again."""
        token, now = new_token(), self.clock()
        account_id = account.account_id if account else None
        made = OneTimeLink(purpose, account_id, email, detail or {}, now, now + lasts)
        self.tables.links.add(digest(token), made)
        return token

    def look(self, token: str) -> OneTimeLink:
        """What a link would do; it can be used afterwards. Raises NotFound."""
        found = self.tables.links.find(_digest(token), self.clock())
        if found is None:
            raise NotFound(_GONE)
        return found

    def use(self, token: str, purposes: Collection[LinkPurpose]) -> OneTimeLink:
        """Use a link of one of these purposes up. Raises NotFound for any other."""
        if self.look(token).purpose not in purposes:
            raise NotFound(_GONE)
        used = self.tables.links.use(_digest(token), self.clock())
        if used is None:
            raise NotFound(_GONE)
        return used


def _digest(token: str) -> bytes:
    return digest(token[:_LONGEST])
