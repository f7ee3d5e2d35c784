"""Private feeds: lists of one's own, read by whoever knows their address.

An address is a salt and its signature by the instance's key: it can be shown again whenever its
owner asks, nobody can guess it, and the database alone, or a copy of it, opens nothing.
"""

from __future__ import annotations

import re
import secrets as random_secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.follows import LONGEST_SUBJECT
from broadsheet.community.secrets import Secrets
from broadsheet.community.throttling import Throttle
from broadsheet.community.typed import line
from broadsheet.doings import FeedKind, FollowKind, PrivateFeed
from broadsheet.errors import Conflict, Gone, InputError, NotFound
from broadsheet.people import Account
from broadsheet.store.people.tables import PeopleTables

MOST_FEEDS = 200
MADE_PER_HOUR = 60
_PURPOSE = "private-feed"
_NUMBER = re.compile(r"[0-9]{1,9}")
_TOKEN = re.compile(r"([A-Za-z0-9_-]{16})([A-Za-z0-9_-]{43})")
_NONE = "There is no such feed. Copy its whole address from the page of the list."
_GONE = "This feed's address was taken back. Its owner finds the new one on the page of the list."


@dataclass(frozen=True, slots=True)
class PrivateFeeds:
    """Makes, renews, opens and takes back the feeds of accounts."""

    tables: PeopleTables
    secrets: Secrets
    throttle: Throttle
    clock: Callable[[], datetime]

    def make(self, actor: Account, kind: FeedKind, subject: str = "") -> tuple[PrivateFeed, bool]:
        """A new address for a list of the actor's, and whether it is the list's first.

        A former address leads nowhere any more. `subject` is a saved query or the number of a
        collection, and empty otherwise. Raises NotFound for a list that the actor does not have,
        Conflict for too many.
        """
        may_act(actor)
        subject = line(subject, "subject", LONGEST_SUBJECT)
        self.throttle.check(f"feed {actor.account_id}", MADE_PER_HOUR, timedelta(hours=1))
        self._check(actor, kind, subject)
        salt = random_secrets.token_urlsafe(12)
        made = PrivateFeed(actor.account_id, kind, subject, salt, self.clock())
        is_first = self.tables.private_feeds.put(made, most=MOST_FEEDS)
        if is_first is None:
            raise Conflict(f"You have {MOST_FEEDS} private feeds. Take one back first.")
        return made, is_first

    def _check(self, actor: Account, kind: FeedKind, subject: str) -> None:
        if kind is FeedKind.SEARCH:
            follows = self.tables.follows
            if not follows.is_following(actor.account_id, FollowKind.SEARCH, subject):
                raise NotFound("You have not saved this search. Follow it first.")
        elif kind is FeedKind.COLLECTION:
            number = int(subject) if _NUMBER.fullmatch(subject) else 0
            if self.tables.collections.by_id(number).account_id != actor.account_id:
                raise NotFound("There is no such collection, or it is somebody else's.")
        elif subject:
            raise InputError("There is one such feed for an account; leave its subject empty.")

    def remove(self, actor: Account, kind: FeedKind, subject: str = "") -> bool:
        """Take a feed back; whether there was one."""
        subject = line(subject, "subject", LONGEST_SUBJECT)
        return self.tables.private_feeds.remove(actor.account_id, kind, subject)

    def of(self, actor: Account) -> list[PrivateFeed]:
        """The feeds of an account, by kind and subject."""
        return self.tables.private_feeds.of_account(actor.account_id)

    def token(self, feed: PrivateFeed) -> str:
        """What stands in the feed's address: 59 characters."""
        return feed.salt + self.secrets.signature(_PURPOSE, feed.salt)

    def open(self, token: str) -> tuple[PrivateFeed, Account]:
        """The feed of a token and whose it is.

        Raises NotFound for a token that was never made here, and while the account may not act;
        Gone, so that programs stop asking, for one that was taken back.
        """
        parts = _TOKEN.fullmatch(token)
        if parts is None or not self.secrets.is_signature(_PURPOSE, parts[1], parts[2]):
            raise NotFound(_NONE)
        found = self.tables.private_feeds.by_salt(parts[1])
        if found is None:
            raise Gone(_GONE)
        if found[1].is_suspended or not found[1].is_approved:
            raise NotFound("This feed is closed while its owner's account is.")
        return found
