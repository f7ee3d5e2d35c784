"""What RFC 4287, RFC 5005, the RSS 2.0 specification and JSON Feed 1.1 ask of a document.

Each function asserts; they check what the validator of the W3C checks without the network.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
_RFC_822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"\d{4} \d{2}:\d{2}:\d{2} (?:\+0000|GMT)"
)
_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z")
_FEED_ELEMENTS = {"id", "title", "subtitle", "updated", "author", "generator", "link", "entry"}
_ENTRY_ELEMENTS = {
    "id", "title", "link", "published", "updated", "author", "category", "content",
}  # fmt: skip


def is_absolute(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme) and (bool(parts.netloc) or parts.scheme == "urn")


def check_atom(body: bytes, address: str) -> list[Any]:
    """The entries of an Atom document that keeps the rules."""
    assert body.startswith(b"<?xml ")
    feed = etree.fromstring(body)
    assert feed.tag == f"{ATOM}feed"
    assert {child.tag for child in feed} <= {ATOM + name for name in _FEED_ELEMENTS}
    for name in ("id", "title", "updated"):
        assert len(feed.findall(ATOM + name)) == 1
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == address
    assert all(is_absolute(href or "") for href in links.values())
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        _check_entry(entry)
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(ids) == len(set(ids))
    _check_updated(feed, entries)
    return entries


def _check_entry(entry: Any) -> None:
    assert {child.tag for child in entry} <= {ATOM + name for name in _ENTRY_ELEMENTS}
    assert is_absolute(entry.findtext(f"{ATOM}id") or "")
    assert (entry.findtext(f"{ATOM}title") or "").strip()
    for name in ("published", "updated"):
        assert _RFC_3339.fullmatch(entry.findtext(ATOM + name) or "")
    alternate = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
    assert len(alternate) == 1
    assert all(is_absolute(link.get("href") or "") for link in entry.findall(f"{ATOM}link"))
    assert all(author.findtext(f"{ATOM}name") for author in entry.findall(f"{ATOM}author"))
    assert all(category.get("term") for category in entry.findall(f"{ATOM}category"))
    content = entry.findall(f"{ATOM}content")
    assert len(content) == 1
    assert content[0].get("type") == "html"
    assert len(content[0]) == 0


def _check_updated(feed: Any, entries: list[Any]) -> None:
    own = feed.findtext(f"{ATOM}updated") or ""
    assert _RFC_3339.fullmatch(own)
    if entries:
        assert own == max(entry.findtext(f"{ATOM}updated") or "" for entry in entries)


def check_rss(body: bytes, address: str) -> list[Any]:
    """The items of an RSS document that keeps the rules."""
    root = etree.fromstring(body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    channel = root[0]
    for name in ("title", "link", "description"):
        assert len(channel.findall(name)) == 1
        assert channel.findtext(name)
    assert _RFC_822.fullmatch(channel.findtext("lastBuildDate") or "")
    own = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert [link.get("href") for link in own] == [address]
    items = channel.findall("item")
    for item in items:
        assert item.findtext("title") or item.findtext("description")
        assert is_absolute(item.findtext("link") or "")
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
        assert _RFC_822.fullmatch(item.findtext("pubDate") or "")
        parsedate_to_datetime(item.findtext("pubDate") or "")
        assert item.find("author") is None  # that element wants an e-mail address
    ids = [item.findtext("guid") for item in items]
    assert len(ids) == len(set(ids))
    return items


def check_json_feed(document: dict[str, Any], address: str) -> list[dict[str, Any]]:
    """The items of a JSON Feed that keeps the rules."""
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["title"]
    assert document["feed_url"] == address
    known = {
        "version", "title", "description", "home_page_url", "feed_url", "next_url", "language",
        "authors", "items",
    }  # fmt: skip
    assert set(document) <= known
    for item in document["items"]:
        assert isinstance(item["id"], str)
        assert item["content_html"] is not None
        assert all(is_absolute(item[name]) for name in ("id", "url"))
        assert all(author["name"] for author in item["authors"])
        assert all(isinstance(tag, str) for tag in item["tags"])
        for name in ("date_published", "date_modified"):
            assert datetime.fromisoformat(item[name]).tzinfo is not None
        assert all(name.startswith("_") or name in _ITEM for name in item)
    items: list[dict[str, Any]] = document["items"]
    return items


_ITEM = {
    "id", "url", "external_url", "title", "content_html", "date_published", "date_modified",
    "authors", "tags",
}  # fmt: skip
