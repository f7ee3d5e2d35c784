"""Feeds as RSS 2.0, with Atom's links of self and next page, and Dublin Core's creators."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING

from broadsheet.delivery.xml_writing import document, element, holding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broadsheet.delivery.feeds.entries import Entry, Feed

MEDIA_TYPE = "application/rss+xml"
_MINUTES_TO_LIVE = "60"
_SPACES = {
    "version": "2.0",
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}


def rss(feed: Feed) -> bytes:
    """The feed as a document."""
    return document(holding("rss", [holding("channel", _parts(feed))], _SPACES))


def _parts(feed: Feed) -> Iterator[str]:
    yield element("title", feed.title)
    yield element("link", feed.home_url)
    yield element("description", feed.subtitle)
    yield element("language", "en")
    yield element("lastBuildDate", format_datetime(feed.updated_at))
    yield element("generator", "Broadsheet")
    yield element("docs", "https://www.rssboard.org/rss-specification")
    yield element("ttl", _MINUTES_TO_LIVE)
    yield element("atom:link", rel="self", type=MEDIA_TYPE, href=feed.self_url)
    yield element("atom:link", rel="first", type=MEDIA_TYPE, href=feed.first_url)
    if feed.next_url:
        yield element("atom:link", rel="next", type=MEDIA_TYPE, href=feed.next_url)
    for entry in feed.entries:
        yield holding("item", _item(entry))


def _item(entry: Entry) -> Iterator[str]:
    yield element("title", entry.title)
    yield element("link", entry.url)
    yield element("guid", entry.id, isPermaLink="false")
    yield element("pubDate", format_datetime(entry.published_at))
    for author in entry.authors:
        yield element("dc:creator", author)
    for category in entry.categories:
        yield element("category", category)
    yield element("description", entry.html)
