"""Tells people of new papers in what they follow; the worker calls it when papers came in.

A paper is news when its number is above all that were there at the last look and its day is of the
last week, so that an imported archive floods nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from urllib.parse import urlencode

from broadsheet.doings import FollowKind
from broadsheet.domain import Listing, ListingKind, Sort
from broadsheet.errors import BroadsheetError
from broadsheet.latex import readable
from broadsheet.services import Services
from broadsheet.store.people.follows import Followed

NEW_FOR = timedelta(days=7)
MOST_FOUND = 100
_TITLE = 120

_Find = Callable[[Services, str, date, int], Sequence[int]]


def tell_followers(services: Services) -> int:
    """Look through every follow that is behind; how many pieces of news were written.

    What cannot be looked up now (no index) is looked up the next time.
    """
    follows = services.store.people.follows
    last, behind = follows.behind()
    since = services.clock().date() - NEW_FOR
    groups: defaultdict[tuple[FollowKind, str], list[Followed]] = defaultdict(list)
    for each in behind:
        groups[each.kind, each.subject].append(each)
    told: list[tuple[Followed, str, str, int | None]] = []
    looked_at: list[Followed] = []
    papers: defaultdict[int, set[int]] = defaultdict(set)
    for (kind, subject), followers in groups.items():
        oldest = min(each.seen_paper_id for each in followers)
        try:
            found = papers_of(services, kind, subject, since, oldest)
        except BroadsheetError:
            continue
        for each in followers:
            fresh = [number for number in found if each.seen_paper_id < number <= last]
            if fresh:
                told.append((each, *_news(services, each, fresh)))
                papers[each.account_id].update(fresh)
            looked_at.append(each)
    return follows.tell(told, looked_at, papers, last=last, now=services.clock())


def fill_news(services: Services, account_id: int) -> None:
    """Put the papers of the last week into the new feed of what an account follows."""
    since = services.clock().date() - NEW_FOR
    found: set[int] = set()
    for each in services.store.people.follows.of_account(account_id):
        with suppress(BroadsheetError):
            found.update(papers_of(services, each.kind, each.subject, since, 0))
    services.store.people.private_feeds.add_followed({account_id: found}, services.clock())


def papers_of(
    services: Services, kind: FollowKind, subject: str, since: date, above: int
) -> Sequence[int]:
    """The papers of something that can be followed: listed since a day, with numbers above one.

    Raises IndexUnavailable, and QueryError for a search that cannot be read.
    """
    return _FINDERS[kind](services, subject, since, above)


def _news(services: Services, each: Followed, fresh: Sequence[int]) -> tuple[str, str, int | None]:
    """Text, path and paper of the news."""
    first = next(iter(services.store.papers(fresh[:1])), None)
    title = readable(first.title)[:_TITLE] if first else ""
    more = f" and {len(fresh) - 1:,} more" if len(fresh) > 1 else ""
    where = f"from {each.label}" if each.kind is FollowKind.PERSON else f"in {each.label}"
    text = f"New {where}: “{title}”{more}."
    return text, path_of(each.kind, each.subject), first.paper_id if first else None


def path_of(kind: FollowKind, subject: str) -> str:
    """The page on which what is followed can be seen."""
    if kind is FollowKind.PERSON:
        return f"/people/{subject}"
    queries = {
        FollowKind.AUTHOR: f'author:"{subject}"',
        FollowKind.CATEGORY: f"cat:{subject}",
        FollowKind.SEARCH: subject,
    }
    return f"/papers?{urlencode({'q': queries[kind], 'sort': Sort.DATE.value})}"


def _by_category(services: Services, subject: str, since: date, above: int) -> Sequence[int]:
    return services.store.people.follows.new_of_category(subject, since=since, above=above)


def _by_person(services: Services, subject: str, since: date, above: int) -> Sequence[int]:  # noqa: ARG001 - all finders look alike
    return services.store.people.follows.new_of_person(subject, above=above)


def _by_author(services: Services, subject: str, since: date, above: int) -> Sequence[int]:
    return _by_search(services, f'author:"{subject.replace(chr(34), "")}"', since, above)


def _by_search(services: Services, subject: str, since: date, above: int) -> Sequence[int]:
    listing = Listing(
        ListingKind.SEARCH, start=since, query=subject, sort=Sort.DATE, limit=MOST_FOUND
    )
    services.index.snapshot()  # without an index a page would hold what nobody looked for
    hits = services.ranking.page(listing).hits
    return [hit.paper.paper_id for hit in hits if hit.paper.paper_id > above]


_FINDERS: dict[FollowKind, _Find] = {
    FollowKind.CATEGORY: _by_category,
    FollowKind.PERSON: _by_person,
    FollowKind.AUTHOR: _by_author,
    FollowKind.SEARCH: _by_search,
}
