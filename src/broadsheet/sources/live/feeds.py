"""Any RSS or Atom feed that lists papers: a journal's, a repository's, another Broadsheet's.

What a feed means is guessed as little as possible: ids are taken from the item's own links and
identifiers only, never from addresses within its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element

from broadsheet.domain import Link, LinkKind, PaperRecord, Reject, Version
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import arxiv_id_of_doi, content_key, normalise_doi, parse_arxiv_id
from broadsheet.sources.fields import checked, excerpt, fold, reason
from broadsheet.sources.links import find_links, unique, web_link
from broadsheet.sources.live.addresses import public_address, shown_address
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.feed_document import Entry, FeedLink, entry_of, read_feed
from broadsheet.sources.live.harvesting import (
    Batch,
    Cursor,
    Fetch,
    Options,
    Reply,
    SourceKind,
    conditional,
    validators,
)
from broadsheet.sources.live.names import names_in

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
_LISTED = ("item", "seen", "paper")
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_ARXIV_SUMMARY = re.compile(r"^arXiv:\S+ Announce Type: [\w-]+ Abstract: ")
_PLACES_OF_ARXIV_IDS = ("arxiv", "huggingface.co/papers/", "hf.co/papers/")
_VERSION = re.compile(r"v\d+$")
_RESOLVERS = frozenset(("doi.org", "dx.doi.org", "www.doi.org"))
# A DOI at the end of a page's path; where more parts follow, they might be the DOI's or the page's.
_DOI_IN_PATH = re.compile(
    r"/(10\.\d{4,9}/[^/\s]+?)(?:\.full)?(?:\.pdf|\.short|\.abstract)?(?:/(?:full|abstract|pdf|html))?/?$"
)
_PREPRINT_VERSION = re.compile(r"^(10\.(?:1101|64898)/.+?)v\d+$")


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known around an item: the feed's title, the day, what its day means.

    `url` is the feed's address without what may be secret in it: items' links are resolved against
    it, and are shown.
    """

    url: str
    title: str
    today: date
    listed: str


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """All items of the feed in one batch, or none where it has not changed since the cursor."""
    url, listed = options["url"], options["listed"]
    if not url:
        raise SourceError("The source has no address. Set the option “url” to that of the feed.")
    if listed not in _LISTED:
        raise SourceError(f"The option “listed” is one of {', '.join(_LISTED)}, not “{listed}”.")
    headers = conditional(cursor) if cursor.get("url") == url else {}
    allow = (HTTPStatus.NOT_MODIFIED.value,) if headers else ()
    reply = fetch(url, accept=_ACCEPT, headers=headers, allow=allow)
    if reply.status == HTTPStatus.NOT_MODIFIED:
        yield Batch((), dict(cursor))
    else:
        yield _batch(reply, url, listed, now.date())


def _batch(reply: Reply, url: str, listed: str, today: date) -> Batch:
    feed = read_feed(reply.body)
    place = _Place(public_address(reply.url), feed.title, today, listed)
    records: dict[str, PaperRecord] = {}
    rejects = []
    for number, item in enumerate(feed.items, 1):
        try:
            record = checked(_record(entry_of(item), place), today)
            records.setdefault(record.record_id, record)
        except (RecordError, ValueError) as error:
            name = error.record_id if isinstance(error, RecordError) else ""
            position = name or f"item {number}"
            rejects.append(Reject(shown_address(url), position, reason(error), _excerpt(item)))
    return Batch(
        tuple(records.values()),
        {"url": url, **validators(reply)},
        tuple(rejects),
        batch_on=max(
            (one.announced_on for one in records.values() if one.announced_on), default=None
        ),
    )


def _excerpt(item: Element) -> str:
    return excerpt(" ".join("".join(child.text or "" for child in item).split())[:1_000])


def _record(entry: Entry, place: _Place) -> PaperRecord:
    links = tuple(_absolute(entry.links, place.url))
    addresses = tuple(link.url for link in links)
    names = (entry.entry_id, *entry.identifiers, *addresses)
    arxiv_id, version = _arxiv_id(names)
    doi = _doi((*entry.identifiers, entry.entry_id), addresses)
    arxiv_id = arxiv_id or arxiv_id_of_doi(doi)
    subjects = tuple(dict.fromkeys(entry.subjects))
    categories = tuple(filter(_CATEGORY.fullmatch, subjects)) if arxiv_id else ()
    abstract = _ARXIV_SUMMARY.sub("", entry.summary)
    is_licence = entry.rights.startswith(("http://", "https://"))
    record = PaperRecord(
        source="feed",
        record_id=_record_id(entry, addresses, place, is_arxiv=arxiv_id is not None),
        title=entry.title,
        abstract=abstract,
        authors=names_in(entry.creators),
        arxiv_id=arxiv_id,
        doi=None if arxiv_id_of_doi(doi) else doi,
        categories=categories,
        versions=(Version(version),) if version else (),
        journal_ref=entry.publication or None,
        license=entry.rights if is_licence else None,
        keywords=tuple(one for one in subjects if one not in categories),
        links=unique((*_links(links), *find_links(abstract))),
        extras=_extras(entry, place, is_licence=is_licence),
    )
    return _dated(record, entry.date, place)


def _extras(entry: Entry, place: _Place, *, is_licence: bool) -> dict[str, Any]:
    rights = "" if is_licence else entry.rights[:500]
    # The host only: addresses of feeds may hold their reader's key, and extras are exported.
    found = {"feed": urlsplit(place.url).hostname, "feed_title": place.title, "rights": rights}
    return {name: value for name, value in found.items() if value}


def _record_id(entry: Entry, addresses: Sequence[str], place: _Place, *, is_arxiv: bool) -> str:
    """The item's own id, or its address; a bare number is told apart by the feed's host."""
    name = fold(entry.entry_id)
    if not name:
        return addresses[0] if addresses else content_key(entry.title, entry.summary)
    if ":" not in name:
        name = f"{urlsplit(place.url).hostname}:{name}"
    return _VERSION.sub("", name) if is_arxiv else name


def _arxiv_id(names: Sequence[str]) -> tuple[str | None, int | None]:
    for name in names:
        lowered = name.lower()
        if any(place in lowered for place in _PLACES_OF_ARXIV_IDS):
            parsed = parse_arxiv_id(
                re.sub(r"^oai:arxiv\.org:", "arXiv:", name, flags=re.IGNORECASE)
            )
            if parsed is not None:
                return parsed
    return None, None


def _doi(identifiers: Sequence[str], addresses: Sequence[str]) -> str | None:
    """The DOI that an identifier is, that a resolver's address holds, or that ends an address."""
    for name in identifiers:
        if re.match(r"(?:doi:\s*|info:doi/)?10\.", name, re.IGNORECASE):
            return normalise_doi(name)
    for address in (*identifiers, *addresses):
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        path = unquote(parts.path)
        if (parts.hostname or "") in _RESOLVERS:
            return normalise_doi(path)
        found = _DOI_IN_PATH.search(path) if parts.scheme in {"http", "https"} else None
        if found is not None:
            return normalise_doi(_PREPRINT_VERSION.sub(r"\1", found[1]))
    return None


def _absolute(links: Sequence[FeedLink], url: str) -> Iterator[FeedLink]:
    """The links with whole addresses, without those that are none."""
    for link in links:
        try:
            yield FeedLink(urljoin(url, link.url), link.type)
        except ValueError:
            continue


def _links(links: Sequence[FeedLink]) -> Iterator[Link | None]:
    for link in links:
        if link.type == "application/pdf" or urlsplit(link.url).path.lower().endswith(".pdf"):
            yield web_link(LinkKind.PDF, link.url)
        elif link.type in {"", "text/html", "application/xhtml+xml"}:
            yield web_link(LinkKind.ABSTRACT, link.url)


def _dated(record: PaperRecord, value: str, place: _Place) -> PaperRecord:
    """The record with the item's date, as the option says what that date is.

    A date that cannot be read, or lies in the future as that of a coming issue, is kept in words.
    """
    found = _instant(value)
    is_known = found is not None and found.date() <= place.today + timedelta(days=1)
    extras: Mapping[str, Any] = record.extras
    if value and not is_known:
        extras = {**extras, "date": value[:100]}
    submitted_at = found.astimezone(UTC) if found and is_known and place.listed == "paper" else None
    # The day is the one the feed writes: arXiv's midnight is US-Eastern.
    announced_on = found.date() if found and is_known and place.listed == "item" else None
    listed_on = place.today if place.listed == "seen" else None
    return replace(
        record,
        submitted_at=submitted_at,
        announced_on=announced_on,
        listed_on=listed_on,
        extras=extras,
    )


def _instant(value: str) -> datetime | None:
    """An instant of RFC 822 or ISO 8601 in its own zone; None where it is neither."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(value)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            found.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        return found
    return None


SOURCE = SourceKind(
    name="feed",
    title="A feed",
    about="The items of any RSS or Atom feed: a journal, a repository, another Broadsheet.",
    hosts=(),
    pause_seconds=3.0,
    calendar=Every(hours=1),
    harvest=harvest,
    required=("url",),
    options={
        "url": ("", "Address of the feed."),
        "listed": (
            "item",
            "What an item's date is: item for the day of the list it belongs to, paper for the day "  # noqa: ISC004
            "the paper was submitted, seen for neither, so that the day it is first seen counts.",
        ),
    },
)
