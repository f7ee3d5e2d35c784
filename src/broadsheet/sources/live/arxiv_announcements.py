"""arXiv's daily announcements: the RSS 2.0 and Atom feeds, told apart by content.

The only source of the announcement day and of replacements. A feed holds one day; what was missed
is found again by `arxiv_oai`, without its announcement day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.fields import excerpt
from broadsheet.sources.live.arxiv_announcement_items import (
    ATOM,
    NAME,
    Item,
    categories_in,
    day_of,
    item_of,
    record_of_item,
)
from broadsheet.sources.live.calendars import ArxivCalendar, is_announcement_day
from broadsheet.sources.live.harvesting import (
    Batch,
    Cursor,
    Fetch,
    Options,
    SourceKind,
    conditional,
    validators,
)
from broadsheet.sources.live.xml_answers import elements, read, text_of

_ITEMS = frozenset(("item", f"{ATOM}entry"))
_FEEDS = frozenset(("channel", f"{ATOM}feed"))
MOST_ITEMS = 2_000
"""arXiv cuts its feeds there."""
_NOT_MODIFIED = 304
_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class _Feed:
    """What one feed holds; `dated_on` is the day that the feed as a whole claims."""

    items: tuple[Item, ...]
    rejects: tuple[Reject, ...]
    dated_on: date | None

    @property
    def batch_on(self) -> date | None:
        """The newest day of the items, which a feed that is built anew does not change."""
        return max((item.day for item in self.items if item.day), default=None)

    @property
    def new(self) -> frozenset[str]:
        """The ids announced for the first time; no paper can be so twice."""
        return frozenset(item.arxiv_id for item in self.items if item.announce_type == "new")


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """The announcements of one day: one batch, without records where nothing has changed."""
    names = "+".join(categories_in(options["categories"]))
    url = f"{options['url'].rstrip('/')}/{names}"
    # A date of another feed says nothing about this one.
    headers = conditional(cursor) if cursor.get("url") == url else {}
    reply = fetch(url, accept=_ACCEPT, headers=headers, allow=(_NOT_MODIFIED,))
    if reply.status == _NOT_MODIFIED:
        note = "The feed has not changed since it was last read."
        yield Batch((), cursor, batch_on=_remembered_day(cursor), note=note)
        return
    host = urlsplit(url).hostname or "The feed"
    today = now.astimezone(UTC).date()
    feed, mended = read(reply.body, host, lambda body: read_feed(body, today))
    yield _batch(feed, {"url": url, **validators(reply)}, cursor, mended, today)


def _batch(
    feed: _Feed, following: dict[str, str], cursor: Cursor, mended: str, today: date
) -> Batch:
    before = _remembered_day(cursor)
    is_repeated = _is_repeated(feed, cursor)
    day = before if is_repeated else feed.batch_on
    known = {
        "batch_on": feed.batch_on.isoformat() if feed.batch_on else cursor.get("batch_on"),
        "new": sorted(feed.new) if feed.items else cursor.get("new"),
    }
    if is_repeated:
        known = {name: cursor.get(name) for name in known}
    found = {**following, **known}
    records, rejects = _records(feed, today, is_repeated=is_repeated)
    notes = (mended, *_notes(feed, before if is_repeated else None))
    return Batch(
        records,
        {name: value for name, value in found.items() if value is not None},
        (*feed.rejects, *rejects),
        batch_on=day,
        note=" ".join(filter(None, notes)),
    )


def _is_repeated(feed: _Feed, cursor: Cursor) -> bool:
    """Whether most papers called new were new already in the batch of an earlier day.

    arXiv has served the batch of the day before under a new date.
    """
    before, new = _remembered_day(cursor), feed.new
    if before is None or feed.batch_on is None or feed.batch_on <= before or not new:
        return False
    return 2 * len(new.intersection(cursor.get("new") or ())) > len(new)


def _remembered_day(cursor: Cursor) -> date | None:
    try:
        return date.fromisoformat(cursor["batch_on"])
    except (KeyError, TypeError, ValueError):
        return None


def _notes(feed: _Feed, repeats: date | None) -> Iterator[str]:
    if repeats:
        yield f"The feed is dated {feed.batch_on} but repeats the announcements of {repeats}."
    elif feed.items and feed.dated_on and feed.batch_on and feed.dated_on > feed.batch_on:
        yield f"The feed is dated {feed.dated_on} but holds the papers of {feed.batch_on}."
    if not feed.items and not feed.rejects:
        if feed.dated_on and is_announcement_day(feed.dated_on - timedelta(days=1)):
            yield f"The feed is empty, though arXiv announces papers for {feed.dated_on}."
        else:
            yield "The feed is empty, as on weekends and holidays."
    if len(feed.items) + len(feed.rejects) >= MOST_ITEMS:
        yield f"The feed is cut at {MOST_ITEMS:,} papers; ask for fewer categories in one source."


def read_feed(body: bytes, today: date) -> _Feed:
    """What a feed holds. Raises ParseError, and SourceError for other XML and arXiv's own words."""
    items: list[Item] = []
    rejects: list[Reject] = []
    heads: dict[str, str] = {}
    is_feed = False
    for element in elements(body, _ITEMS | _FEEDS):
        if element.tag in _FEEDS:
            is_feed = True
            heads.update(_heads(element))
            continue
        number = len(items) + len(rejects) + 1
        try:
            items.append(item_of(element, today))
        except RecordError as error:
            rejects.append(_rejected(element, number, error))
    if not is_feed:
        raise SourceError("The answer is XML, but no feed.", permanent=False)
    if heads["title"].startswith("Feed error"):
        raise SourceError(f"arXiv refuses the feed: {heads['about'] or heads['title']}")
    return _Feed(tuple(items), tuple(rejects), _feed_day(heads))


def _heads(feed: Element) -> dict[str, str]:
    return {
        "title": text_of(feed, "title") or text_of(feed, f"{ATOM}title"),
        "about": text_of(feed, "description") or text_of(feed, f"{ATOM}subtitle"),
        "day": text_of(feed, "pubDate")
        or text_of(feed, "lastBuildDate")
        or text_of(feed, f"{ATOM}updated"),
    }


def _feed_day(heads: dict[str, str]) -> date | None:
    try:
        return day_of(heads["day"])
    except RecordError:
        return None


def _rejected(element: Element, number: int, error: RecordError) -> Reject:
    words = excerpt("".join(element.itertext()))
    return Reject(NAME, error.record_id or f"item {number}", str(error), words)


def _records(
    feed: _Feed, today: date, *, is_repeated: bool
) -> tuple[tuple[PaperRecord, ...], tuple[Reject, ...]]:
    """One record a paper: a feed of several categories may list a paper as new and as a cross."""
    records: list[PaperRecord] = []
    rejects: list[Reject] = []
    for item in _once(feed.items):
        try:
            records.append(record_of_item(item, today, is_day_known=not is_repeated))
        except RecordError as error:
            rejects.append(Reject(NAME, item.arxiv_id, str(error), excerpt(item.title)))
    return tuple(records), tuple(rejects)


def _once(items: Iterable[Item]) -> Iterable[Item]:
    found: dict[str, Item] = {}
    for item in items:
        known = found.setdefault(item.arxiv_id, item)
        if (item.version, item.is_new) > (known.version, known.is_new):
            found[item.arxiv_id] = item
    return found.values()


SOURCE = SourceKind(
    name="arxiv-announcements",
    title="arXiv announcements (RSS, Atom)",
    about="What arXiv announced today in some categories: new papers, cross-lists, replacements.",
    hosts=("rss.arxiv.org", "export.arxiv.org", "arxiv.org"),
    pause_seconds=3.0,
    calendar=ArxivCalendar(delay_minutes=255),
    harvest=harvest,
    options={
        "url": (
            "https://rss.arxiv.org/rss",
            "Address of the feeds; https://rss.arxiv.org/atom works as well.",
        ),
        "categories": (
            "cs.AI cs.CL cs.CV cs.LG stat.ML",
            "Categories or archives (cs), separated by blanks.",
        ),
    },
)
