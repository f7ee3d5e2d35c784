"""Which papers stand in the list of a webhook now, as digests choose them, and its page here.

New is what stands there and was not told before: so a paper that gathers votes enters Trending when
it does, one that is collected counts from then on, and what the index learns late is not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime

from broadsheet.delivery.addresses import collection_path, with_query
from broadsheet.digests.lists import author_query, has_all_words
from broadsheet.doings import Collection
from broadsheet.domain import Hit, Listing, ListingKind, Sort, Window
from broadsheet.errors import NotFound
from broadsheet.follow_news import NEW_FOR
from broadsheet.people import Account
from broadsheet.services import Services
from broadsheet.webhooks import ListKind, Webhook

MOST_MEMBERS = 20_000
_PAGE = 100
_MOST_PAGES = 10


def members(
    services: Services,
    account: Account,
    kind: ListKind,
    subject: str,
    *,
    made_at: datetime | None = None,
) -> list[int]:
    """The papers in a list now, by number: of lists that go on, those of the last seven days.

    `made_at` is when the webhook was made, if it has been. Raises NotFound for a collection that
    the account may not read any more, IndexUnavailable where a search cannot be answered,
    QueryError where it cannot be read.
    """
    if kind is ListKind.COLLECTION:
        found = _collection(services, account.account_id, subject, made_at)
        papers = services.store.people.collections.papers(found.collection_id)
        return sorted(each.paper_id for each in papers)
    since = services.clock().date() - NEW_FOR
    return sorted(_FINDERS[kind](services, account, subject, since))


def make_webhook(
    services: Services, actor: Account, url: str, kind: ListKind, subject: str
) -> tuple[str, Webhook]:
    """A new webhook and its secret, see `community.webhooks`; what stands in its list is known."""

    def present(account: Account, kind: ListKind, subject: str) -> list[int]:
        return members(services, account, kind, subject)

    return services.community.webhooks.make(actor, url, kind, subject, present)


def list_page(services: Services, webhook: Webhook) -> str:
    """The path of the page that shows the list of a webhook."""
    subject = webhook.subject
    if webhook.kind is ListKind.COLLECTION:
        try:
            found = _collection(services, webhook.account_id, subject, webhook.created_at)
            owner = services.store.people.accounts.by_id(found.account_id)
        except NotFound:
            return "/collections"
        return collection_path(owner.name, found.slug)
    if webhook.kind is ListKind.TRENDING:
        return with_query("/papers/trending", window=subject)
    queries = {
        ListKind.CATEGORY: f"cat:{subject}",
        ListKind.SEARCH: subject,
        ListKind.AUTHOR: author_query(subject),
    }
    query = queries.get(webhook.kind, "")
    return with_query("/papers", q=query, sort=Sort.DATE if query else None)


def _of_day(services: Services, _account: Account, _subject: str, since: date) -> list[int]:
    return services.store.people.webhooks.listed_since(since, MOST_MEMBERS)


def _of_category(services: Services, _account: Account, subject: str, since: date) -> list[int]:
    follows = services.store.people.follows
    return follows.new_of_category(subject, since=since, above=0)[:MOST_MEMBERS]


def _of_trending(services: Services, _account: Account, subject: str, _since: date) -> list[int]:
    listing = Listing(ListingKind.TRENDING, window=Window(subject), limit=_PAGE)
    return [hit.paper.paper_id for hit in services.ranking.page(listing).hits]


def _of_search(services: Services, _account: Account, subject: str, since: date) -> list[int]:
    return _found(services, subject, since)


def _of_author(services: Services, _account: Account, subject: str, since: date) -> list[int]:
    return _found(services, author_query(subject), since)


def _found(services: Services, query: str, since: date) -> list[int]:
    """The papers that a query finds; never what is only near, or what stands in for an index."""
    services.index.snapshot()
    listing = Listing(ListingKind.SEARCH, since, query=query, sort=Sort.DATE, limit=_PAGE)
    return [hit.paper.paper_id for hit in _pages(services, listing) if has_all_words(hit)]


def _pages(services: Services, listing: Listing) -> Iterator[Hit]:
    for _ in range(_MOST_PAGES):
        page = services.ranking.page(listing)
        yield from page.hits
        if page.next_cursor is None:
            return
        listing = replace(listing, cursor=page.next_cursor)


def _collection(
    services: Services, account_id: int, subject: str, made_at: datetime | None
) -> Collection:
    """The collection that is meant; one made later has only got its number."""
    found = services.store.people.collections.by_id(int(subject))
    if made_at is not None and found.created_at > made_at:
        raise NotFound("The collection was deleted.")
    if not (found.is_public or found.account_id == account_id):
        raise NotFound("The collection is private now.")
    return found


_FINDERS: dict[ListKind, Callable[[Services, Account, str, date], list[int]]] = {
    ListKind.DAY: _of_day,
    ListKind.TRENDING: _of_trending,
    ListKind.CATEGORY: _of_category,
    ListKind.SEARCH: _of_search,
    ListKind.AUTHOR: _of_author,
}
