"""Private feeds as pages, API and terminal show and make them: names, addresses, formats."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.delivery.feeds.people_lists import title_of
from broadsheet.delivery.lists.ways import FEED_FORMATS, FormatLink
from broadsheet.doings import FeedKind, PrivateFeed
from broadsheet.follow_news import fill_news
from broadsheet.people import Account
from broadsheet.services import Services


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """A private feed with what it is called, the page of its list, and its paths by format."""

    feed: PrivateFeed
    title: str
    page: str
    links: tuple[FormatLink, ...]

    @property
    def path(self) -> str:
        """The path of the feed as Atom."""
        return self.links[0].path


def own_feeds(services: Services, account: Account) -> list[OwnFeed]:
    """All private feeds of an account."""
    return [_shown(services, each) for each in services.community.private_feeds.of(account)]


def own_feed(
    services: Services, account: Account, kind: FeedKind, subject: str = ""
) -> OwnFeed | None:
    """The private feed of one list, if it has one."""
    found = services.community.private_feeds.of(account)
    wanted = (each for each in found if (each.kind, each.subject) == (kind, subject))
    return next((_shown(services, each) for each in wanted), None)


def make_feed(services: Services, account: Account, kind: FeedKind, subject: str = "") -> OwnFeed:
    """A new address for a list; a first feed of followed things begins with the last week."""
    made, is_first = services.community.private_feeds.make(account, kind, subject)
    if kind is FeedKind.NEWS and is_first:
        fill_news(services, account.account_id)
    return _shown(services, made)


def _shown(services: Services, feed: PrivateFeed) -> OwnFeed:
    title, page = title_of(services, feed)
    token = services.community.private_feeds.token(feed)
    links = tuple(
        FormatLink(label, title, media_type, f"/feeds/private/{token}.{ending}")
        for ending, (label, media_type) in FEED_FORMATS.items()
    )
    return OwnFeed(feed, title, page, links)
