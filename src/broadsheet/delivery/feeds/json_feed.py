"""Feeds as JSON Feed 1.1 (jsonfeed.org); what it has no word for stands under `_broadsheet`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from datetime import datetime

    from broadsheet.delivery.feeds.entries import Entry, Feed

MEDIA_TYPE = "application/feed+json"
_VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(feed: Feed) -> bytes:
    """The feed as a document."""
    document = {
        "version": _VERSION,
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home_url,
        "feed_url": feed.self_url,
        **({"next_url": feed.next_url} if feed.next_url else {}),
        "language": "en",
        "authors": [{"name": "Broadsheet", "url": feed.site}],
        "items": [_item(entry) for entry in feed.entries],
    }
    return orjson.dumps(document)


def _item(entry: Entry) -> dict[str, Any]:
    more = {
        "votes": entry.votes,
        "comments": entry.comments,
        "reasons": [reason.text for reason in entry.reasons],
    }
    return {
        "id": entry.id,
        "url": entry.url,
        **({"external_url": entry.source_url} if entry.source_url else {}),
        "title": entry.title,
        "content_html": entry.html,
        "date_published": _instant(entry.published_at),
        "date_modified": _instant(entry.updated_at),
        "authors": [{"name": name} for name in entry.authors],
        "tags": list(entry.categories),
        "_broadsheet": more,
    }


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
