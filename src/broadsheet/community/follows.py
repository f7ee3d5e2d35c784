"""Following people, authors, categories and searches; a followed search is a saved one.

The news of follows needs listings, so it is gathered by `follow_news`, above this layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.throttling import Throttle
from broadsheet.community.typed import line
from broadsheet.doings import Follow, FollowKind
from broadsheet.errors import Conflict, InputError
from broadsheet.people import Account
from broadsheet.store.people.tables import PeopleTables

LONGEST_SUBJECT = 500
MOST_FOLLOWED = 500
FOLLOWED_PER_HOUR = 300


@dataclass(frozen=True, slots=True)
class Follows:
    """What an account follows; only the account itself sees it."""

    tables: PeopleTables
    throttle: Throttle
    clock: Callable[[], datetime]

    def follow(self, actor: Account, kind: FollowKind, subject: str, label: str = "") -> Follow:
        """Follow something; twice is once.

        `subject` is a handle, an author's name, a category or a query. Raises InputError for one
        that is empty or too long, NotFound for a person who is not here, Conflict for too many.
        """
        may_act(actor)
        self.throttle.check(f"follow {actor.account_id}", FOLLOWED_PER_HOUR, timedelta(hours=1))
        subject = self._subject(actor, kind, subject)
        label = line(label, "label", LONGEST_SUBJECT) or subject
        wanted = Follow(kind, subject, label, self.clock())
        if self.tables.follows.add(actor.account_id, wanted, most=MOST_FOLLOWED) is None:
            raise Conflict(f"You follow {MOST_FOLLOWED} things already; leave one first.")
        return wanted

    def _subject(self, actor: Account, kind: FollowKind, subject: str) -> str:
        subject = line(subject, "subject", LONGEST_SUBJECT)
        if not subject:
            raise InputError("Say what to follow.", "subject")
        if kind is not FollowKind.PERSON:
            return subject
        person = self.tables.accounts.by_name(subject)
        if person.account_id == actor.account_id:
            raise InputError("You need not follow yourself.", "subject")
        return person.name

    def leave(self, actor: Account, kind: FollowKind, subject: str) -> bool:
        """Follow something no longer; whether it was followed."""
        return self.tables.follows.remove(actor.account_id, kind, subject.strip())

    def of(self, actor: Account) -> list[Follow]:
        """What the account follows, by kind and label."""
        return self.tables.follows.of_account(actor.account_id)

    def is_following(self, actor: Account, kind: FollowKind, subject: str) -> bool:
        """Whether the account follows something."""
        return self.tables.follows.is_following(actor.account_id, kind, subject)
