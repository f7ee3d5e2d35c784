"""Feeds as Atom (RFC 4287), with the paging links of RFC 5005."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broadsheet import __version__
from broadsheet.delivery.xml_writing import document, element, holding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from broadsheet.delivery.feeds.entries import Entry, Feed

MEDIA_TYPE = "application/atom+xml"


def atom(feed: Feed) -> bytes:
    """The feed as a document."""
    spaces = {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"}
    return document(holding("feed", _parts(feed), spaces))


def _parts(feed: Feed) -> Iterator[str]:
    yield element("id", feed.id)
    yield element("title", feed.title)
    yield element("subtitle", feed.subtitle)
    yield element("updated", _instant(feed.updated_at))
    yield holding("author", [element("name", "Broadsheet")])
    yield element("generator", "Broadsheet", version=__version__)
    yield element("link", rel="self", type=MEDIA_TYPE, href=feed.self_url)
    yield element("link", rel="alternate", type="text/html", href=feed.home_url)
    yield element("link", rel="first", type=MEDIA_TYPE, href=feed.first_url)
    if feed.next_url:
        yield element("link", rel="next", type=MEDIA_TYPE, href=feed.next_url)
    for entry in feed.entries:
        yield holding("entry", _entry(entry))


def _entry(entry: Entry) -> Iterator[str]:
    yield element("id", entry.id)
    yield element("title", entry.title)
    yield element("link", rel="alternate", type="text/html", href=entry.url)
    if entry.source_url:
        yield element("link", rel="via", href=entry.source_url)
    yield element("published", _instant(entry.published_at))
    yield element("updated", _instant(entry.updated_at))
    for author in entry.authors:
        yield holding("author", [element("name", author)])
    for category in entry.categories:
        yield element("category", term=category)
    yield element("content", entry.html, type="html")


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
