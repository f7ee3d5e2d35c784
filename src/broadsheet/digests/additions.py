"""The papers added to followed collections since somebody's last digest, read once a round."""

from __future__ import annotations

from datetime import datetime, timedelta

from broadsheet.digests.lists import DigestList
from broadsheet.domain import Hit, Listing, ListingKind, Page, Reason
from broadsheet.mail import Subscription
from broadsheet.store.store import Store
from broadsheet.subscriptions.references import read_reference
from broadsheet.subscriptions.schedule import LONGEST_CATCH_UP

_LONGEST = LONGEST_CATCH_UP + timedelta(days=1)
MOST_ADDITIONS = 200
"""Of one collection, the last; whoever imports a library of thousands fills no mail with it."""


class Additions:
    """What was added to collections until `now`; the caller has checked who may read them."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now
        self._found: dict[int, list[tuple[datetime, Hit]]] = {}

    def of(self, subscription: Subscription, since: datetime) -> DigestList:
        """The papers added later than an instant, in the collection's order, notes as reasons."""
        number = read_reference(subscription.value).collection_id
        found = self._found.get(number)
        if found is None:
            found = self._found[number] = self._read(number)
        hits = tuple(hit for added_at, hit in found if added_at > since)
        listing = Listing(ListingKind.COLLECTION, seed=str(number))
        return DigestList(lambda: Page(listing, hits, len(hits)), is_all_new=True)

    def _read(self, number: int) -> list[tuple[datetime, Hit]]:
        rows = self._store.mail.followed.additions(
            number, since=self._now - _LONGEST, until=self._now, limit=MOST_ADDITIONS
        )
        papers = {
            each.paper_id: each for each in self._store.papers([row.paper_id for row in rows])
        }
        return [
            (row.added_at, Hit(papers[row.paper_id], reasons=_noted(row.note)))
            for row in rows
            if row.paper_id in papers
        ]


def _noted(note: str) -> tuple[Reason, ...]:
    return (Reason("note", 0.0, note),) if note else ()
