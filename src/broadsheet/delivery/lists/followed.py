"""The papers of the last days in what a person follows, each with what it was found by.

News of the same papers is written by `follow_news`; nothing is ranked here, newest come first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broadsheet.doings import FollowKind
from broadsheet.domain import Hit, Reason
from broadsheet.errors import BroadsheetError, StorageError
from broadsheet.follow_news import papers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from broadsheet.doings import Follow
    from broadsheet.people import Account
    from broadsheet.services import Services

MOST_CONSIDERED = 2_000
"""So many papers are put in order, those that came last."""
_NOTHING_FOLLOWED = (
    "Nothing is followed yet. Categories, authors, people and searches can be followed on their "
    "pages and at /following."
)
_WORDS = {
    FollowKind.CATEGORY: "In {}, which you follow.",
    FollowKind.AUTHOR: "By {}, whom you follow.",
    FollowKind.PERSON: "Brought by {}, whom you follow.",
    FollowKind.SEARCH: "Found by “{}”, which you follow.",
}


@dataclass(frozen=True, slots=True)
class FollowedPage:
    """Papers in what somebody follows, newest day first; `next_offset` is None on the last page."""

    hits: tuple[Hit, ...]
    total: int
    next_offset: int | None
    notes: tuple[str, ...]


def followed_page(
    services: Services, account: Account, *, days: int, limit: int, offset: int
) -> FollowedPage:
    """One page of what is new in what the account follows, since so many days ago.

    What the account has read or dismissed is left out. A follow that cannot be looked up now is
    named in the notes. Raises StorageError.
    """
    since = services.clock().date() - timedelta(days=days)
    follows = services.community.follows.of(account)
    found, notes = _found(services, follows, since)
    hits = _in_order(services, account, found, since)
    if not follows:
        notes.append(_NOTHING_FOLLOWED)
    if len(found) > MOST_CONSIDERED:
        notes.append(f"Of {len(found):,} papers, the {MOST_CONSIDERED:,} that came last.")
    following = offset + limit
    return FollowedPage(
        tuple(hits[offset:following]),
        len(hits),
        following if following < len(hits) else None,
        tuple(notes),
    )


def _found(
    services: Services, follows: Sequence[Follow], since: date
) -> tuple[dict[int, list[Reason]], list[str]]:
    """Why each paper is here, by its number; and what could not be looked up."""
    found: defaultdict[int, list[Reason]] = defaultdict(list)
    notes = []
    for each in follows:
        reason = Reason("follow", 1.0, _WORDS[each.kind].format(each.label))
        try:
            for number in papers_of(services, each.kind, each.subject, since, 0):
                found[number].append(reason)
        except StorageError:
            raise
        except BroadsheetError as trouble:
            notes.append(f"{each.label} was left out: {trouble}")
    return found, notes


def _in_order(
    services: Services, account: Account, found: Mapping[int, list[Reason]], since: date
) -> list[Hit]:
    numbers = sorted(found, reverse=True)[:MOST_CONSIDERED]
    marks = services.community.library.marks(account, numbers)
    settled = {number for number, mark in marks.items() if mark.read_at or mark.dismissed_at}
    papers = services.store.papers([number for number in numbers if number not in settled])
    newest = sorted(
        (paper for paper in papers if paper.listed_on >= since),
        key=lambda paper: (paper.listed_on, paper.votes, paper.paper_id),
        reverse=True,
    )
    return [Hit(paper, reasons=tuple(found[paper.paper_id])) for paper in newest]
