"""What of their own wishes readers may read now: collections can turn private, searches be dropped.

Asked once for all readers of a batch, whatever their number.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from broadsheet.mail import Preferences, Subscriber, Subscription, SubscriptionKind
from broadsheet.store.mail.followed import FollowedCollection, FollowedLists
from broadsheet.subscriptions.references import CollectionReference, read_reference, seconds_of


@dataclass(frozen=True, slots=True)
class Reach:
    """A reader's preferences with what can be read, under the names of today, and what cannot."""

    preferences: Preferences
    lost: tuple[Subscription, ...] = ()


class Reaches:
    """The reach of some readers, each an account's number or None, and preferences."""

    def __init__(
        self, table: FollowedLists, readers: Iterable[tuple[int | None, Preferences]]
    ) -> None:
        wanted = [(account_id, each) for account_id, wish in readers for each in wish.subscriptions]
        numbers = {
            number
            for _, each in wanted
            if each.kind is SubscriptionKind.COLLECTION
            and (number := _number_of(each.value)) is not None
        }
        keepers = {
            account_id
            for account_id, each in wanted
            if each.kind is SubscriptionKind.SAVED and account_id is not None
        }
        self._collections = table.collections(numbers) if numbers else {}
        self._searches: Mapping[int, set[str]] = table.saved_searches(keepers) if keepers else {}

    def of(self, account_id: int | None, preferences: Preferences) -> Reach:
        """What one of these readers may read now."""
        found = {each: self._now(account_id, each) for each in preferences.subscriptions}
        kept = tuple(now for now in found.values() if now is not None)
        lost = tuple(each for each, now in found.items() if now is None)
        if kept == preferences.subscriptions:
            return Reach(preferences)
        return Reach(dataclasses.replace(preferences, subscriptions=kept), lost)

    def _now(self, account_id: int | None, given: Subscription) -> Subscription | None:
        if given.kind is SubscriptionKind.SAVED:
            is_kept = account_id is not None and given.value in self._searches.get(account_id, ())
            return given if is_kept else None
        if given.kind is not SubscriptionKind.COLLECTION:
            return given
        reference = read_reference(given.value)
        found = self._collections.get(reference.collection_id)
        if found is None or not _may_read(account_id, reference, found):
            return None
        return Subscription(given.kind, reference_to(found, reference.link).write())


def reach_of(table: FollowedLists, reader: Subscriber) -> Reach:
    """What one reader may read now."""
    return Reaches(table, [(reader.account_id, reader.preferences)]).of(
        reader.account_id, reader.preferences
    )


def reference_to(found: FollowedCollection, link: str) -> CollectionReference:
    """The reference of a collection as it is now; `link` is the reader's secret link, if any."""
    name = "".join(letter for letter in found.name if letter.isprintable())
    return CollectionReference(
        found.collection_id,
        seconds_of(found.created_at),
        found.owner,
        found.slug,
        link,
        " ".join(name.split()) or found.slug,
    )


def _number_of(value: str) -> int | None:
    """The collection's number; None for a damaged row, whose reader alone is to suffer for it."""
    try:
        return read_reference(value).collection_id
    except ValueError:
        return None


def _may_read(
    account_id: int | None, reference: CollectionReference, found: FollowedCollection
) -> bool:
    if seconds_of(found.created_at) != reference.born_at:
        return False  # another one, under the number of one that was deleted
    is_own = account_id is not None and found.account_id == account_id
    is_shared = bool(reference.link) and hmac.compare_digest(
        reference.link.encode(), (found.share_token or "").encode()
    )
    return found.is_public or is_own or is_shared
