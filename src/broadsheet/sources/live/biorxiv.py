"""bioRxiv and medRxiv, by the API that both share (api.biorxiv.org/details).

The API lists versions by the day they were posted; versions of one DOI on one page become one
record, and the store unites those of different pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from broadsheet.domain import Link, LinkKind, PaperRecord, Reject, Version
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import normalise_doi
from broadsheet.sources.fields import fold, text, whole_number
from broadsheet.sources.links import find_links, unique, web_link
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.harvesting import (
    Batch,
    Cursor,
    Fetch,
    Harvest,
    LookUp,
    Options,
    SourceKind,
)
from broadsheet.sources.live.json_answers import json_answer, sorted_items

_MOST_DAYS = 366
_NOTHING = "no posts found"
_PLAIN_DOI = re.compile(r"10\.\d{4,9}/\w(?:[.-]?\w)*", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_IN_DOI = re.compile(r"10\.\d+/(20\d\d)\.(\d\d)\.(\d\d)\.\d+")
# Marks that the API leaves in abstracts where the manuscript had headings, lists and figures.
_FIGURE = re.compile(r"O_(FIG|TBL).*?C_\1", re.DOTALL)
_HEADING = re.compile(r"O_ST_ABS(.{0,200}?)C_ST_ABS", re.DOTALL)
_BREAK = re.compile(r"[OC]_(?:LI|LST|ST_ABS|TEXTBOX|FIG|TBL)")
_SMALL_CAPITALS = re.compile(r"[OC]_SCP(?:LOW|CAP)")
_EXTRAS = (
    "author_corresponding",
    "author_corresponding_institution",
    "category",
    "jatsxml",
    "server",
    "type",
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a harvest is: its days, the versions already taken, and those that were merged."""

    start: date
    end: date
    offset: int
    merged: int
    window_on: date

    def cursor(self, *, is_over: bool) -> dict[str, Any]:
        if is_over:
            return {"from": self.end.isoformat(), "window_on": self.window_on.isoformat()}
        return {
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "offset": self.offset,
            "merged": self.merged,
            "window_on": self.window_on.isoformat(),
        }


def harvest(
    server: str, fetch: Fetch, options: Options, cursor: Cursor, now: datetime
) -> Iterator[Batch]:
    """The versions posted since the cursor, one page a batch; see `Harvest` for the contract."""
    place = _start(options, cursor, now.date())
    is_over = False
    while not is_over:
        url = _address(options, place)
        message, items = _page(fetch, url)
        records, rejects, merged = _records(items, server, url, now.date())
        total = _number(message.get("total"))
        note = _note(message, items, place, total)
        place = replace(
            place,
            offset=place.offset + _step(message, items),
            merged=place.merged + merged,
        )
        is_over = not items or (total is not None and place.offset >= total)
        yield Batch(
            records,
            place.cursor(is_over=is_over),
            rejects,
            declared=None if total is None else max(total - place.merged, 0),
            note=note,
        )


def look_up(
    server: str, fetch: Fetch, options: Options, doi: str, now: datetime
) -> PaperRecord | None:
    """One paper by its DOI; see `LookUp` for the contract.

    DOIs go into the path as they are, so none but plain ones are asked for.
    """
    if not _PLAIN_DOI.fullmatch(doi):
        return None
    url = f"{options['url'].rstrip('/')}/{doi}/na/json"
    _, items = _page(fetch, url)
    records, _, _ = _records(items, server, url, now.date())
    return next((one for one in records if one.record_id == doi), None)


def _start(options: Options, cursor: Cursor, today: date) -> _Place:
    window_on = date.fromisoformat(cursor["window_on"]) if "window_on" in cursor else None
    if "offset" in cursor and window_on is not None:
        start, end = (date.fromisoformat(cursor[name]) for name in ("from", "to"))
        return _Place(start, end, cursor["offset"], cursor.get("merged", 0), window_on)
    window = today - timedelta(days=_days(options))
    start = date.fromisoformat(cursor["from"]) if "from" in cursor else window
    if window_on != today:
        start = min(start, window)
    return _Place(min(start, today), today, 0, 0, today)


def _days(options: Options) -> int:
    value = options["days"]
    days = whole_number(value, 9)
    if days is None or not 1 <= days <= _MOST_DAYS:
        raise SourceError(
            f"The option “days” is a number from 1 to {_MOST_DAYS}, not “{value[:20]}”."
        )
    return days


def _address(options: Options, place: _Place) -> str:
    category = "_".join(options["category"].split())
    asked = f"?category={quote(category, safe='')}" if category else ""
    return f"{options['url'].rstrip('/')}/{place.start}/{place.end}/{place.offset}{asked}"


def _page(fetch: Fetch, url: str) -> tuple[Mapping[str, Any], list[object]]:
    """The message and the items of one page; no items where the service says there are none."""
    value = json_answer(fetch(url, accept="application/json"))
    messages = value.get("messages") if isinstance(value, dict) else None
    message = messages[0] if isinstance(messages, list) and messages else None
    if not isinstance(message, dict):
        raise SourceError("The answer of the service holds no message.", permanent=False)
    status = str(message.get("status", "")).strip().lower()
    if status.startswith(_NOTHING):
        return message, []
    items = value.get("collection")
    if status != "ok" or not isinstance(items, list):
        raise SourceError(
            f"The service answered “{status[:200] or 'nothing'}” instead of a list.",
            permanent=False,
        )
    if not items and _number(message.get("total")) != 0:
        raise SourceError("The service declared papers and sent none.", permanent=False)
    return message, items


def _number(value: object) -> int | None:
    """A count from 0 of at most nine digits, which comes as a number or as a text."""
    is_one = isinstance(value, int | str) and not isinstance(value, bool)
    return whole_number(str(value).strip(), 9) if is_one else None


def _step(message: Mapping[str, Any], items: Sequence[object]) -> int:
    """How far the next page is: as many as were counted, but no further than were received."""
    counted = _number(message.get("count"))
    return min(counted, len(items)) if counted else len(items)


def _note(
    message: Mapping[str, Any], items: Sequence[object], place: _Place, total: int | None
) -> str:
    counted = _number(message.get("count"))
    if items and counted is not None and counted != len(items):
        return f"The page counts {counted} versions and holds {len(items)}."
    if not items and place.offset and (total is None or total > place.offset):
        return f"The service had nothing after {place.offset} versions, where it declared more."
    return ""


def _records(
    items: Sequence[object], server: str, url: str, today: date
) -> tuple[tuple[PaperRecord, ...], tuple[Reject, ...], int]:
    """The records of a page, the rejects, and how many versions went into another's record."""
    read = partial(_record, server)
    versions, rejects = sorted_items(items, read, url=url, today=today)
    found: dict[str, list[PaperRecord]] = {}
    for version in versions:
        found.setdefault(version.record_id, []).append(version)
    return tuple(map(_united, found.values())), rejects, len(versions) - len(found)


def _united(records: Sequence[PaperRecord]) -> PaperRecord:
    """One record of one DOI: as its newest version says, with the dates of all."""
    ordered = sorted(records, key=lambda record: record.versions[0].number)
    first, newest = ordered[0], ordered[-1]
    is_by_doi = first.versions[0].number > 1 and first.submitted_at is not None
    return replace(
        newest,
        versions=tuple({one.versions[0].number: one.versions[0] for one in ordered}.values()),
        submitted_at=first.submitted_at,
        announced_on=first.announced_on,
        extras={**newest.extras, **({"date_source": "doi"} if is_by_doi else {})},
    )


def _record(server: str, item: Mapping[str, Any]) -> PaperRecord:
    doi = normalise_doi(text(item, "doi"))
    if doi is None:
        raise RecordError("The version has no DOI.")
    number = _number(item.get("version")) or 1
    posted_at = _posted_at(item)
    abstract = _plain(text(item, "abstract"))
    extras = {name: item[name] for name in _EXTRAS if item.get(name)}
    submitted_at = posted_at if number == 1 else _day_in_doi(doi)
    published = normalise_doi(text(item, "published"))
    if published:
        extras["published_doi"] = published
    return PaperRecord(
        source=server,
        record_id=doi,
        title=_plain(text(item, "title")),
        abstract=abstract,
        authors=_authors(text(item, "authors")),
        doi=doi,
        categories=_categories(server, text(item, "category")),
        submitted_at=submitted_at,
        updated_at=posted_at,
        announced_on=posted_at.date() if number == 1 else None,
        versions=(Version(number, posted_at),),
        license=text(item, "license") or None,
        is_withdrawn=text(item, "type").lower() in ("withdrawn", "withdrawal"),
        links=_links(server, doi, number, abstract),
        extras=extras,
    )


def _posted_at(item: Mapping[str, Any]) -> datetime:
    value = text(item, "date")
    found = _DAY.match(value)
    moment = _midnight(found) if found else None
    if moment is None:
        raise RecordError(f"The day of the version cannot be read: {value[:40] or 'empty'}.")
    return moment


def _day_in_doi(doi: str) -> datetime | None:
    """The day that DOIs since December 2019 hold: near the day of version 1."""
    found = _DAY_IN_DOI.match(doi)
    return _midnight(found) if found else None


def _midnight(found: re.Match[str]) -> datetime | None:
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError:
        return None


def _plain(value: str) -> str:
    if "_" not in value:
        return value
    value = _HEADING.sub(r" \1: ", _FIGURE.sub(" ", value))
    return fold(_SMALL_CAPITALS.sub("", _BREAK.sub(" ", value)))


def _authors(value: str) -> tuple[str, ...]:
    """Names in reading order out of `Last, F.; Second, A. B.; A Consortium`."""
    return tuple(filter(None, (_name(one) for one in value.split(";"))))


def _name(value: str) -> str:
    last, _, rest = value.partition(",")
    first, _, suffix = rest.partition(",")
    return fold(f"{first} {last} {suffix}")


def _categories(server: str, category: str) -> tuple[str, ...]:
    """The category as an archive and a subject, so that one server can be asked for as a whole."""
    subject = "-".join(re.findall(r"[a-z0-9]+", category.lower()))
    return (f"{server}.{subject}",) if subject else (server,)


def _links(server: str, doi: str, number: int, abstract: str) -> tuple[Link, ...]:
    page = f"https://www.{server}.org/content/{doi}v{number}"
    return unique(
        (
            web_link(LinkKind.ABSTRACT, page),
            web_link(LinkKind.PDF, f"{page}.full.pdf"),
            *find_links(abstract),
        )
    )


def _kind(server: str, title: str, subjects: str) -> SourceKind:
    harvest_server: Harvest = partial(harvest, server)
    look_up_there: LookUp = partial(look_up, server)
    return SourceKind(
        name=server,
        title=title,
        about=f"Preprints of {subjects}, with their versions and the journals they came out in.",
        hosts=("api.biorxiv.org",),
        pause_seconds=1.0,
        calendar=Every(hours=6),
        harvest=harvest_server,
        look_up=look_up_there,
        options={
            "url": (
                f"https://api.biorxiv.org/details/{server}",
                "Address of the list of versions.",
            ),
            "category": (
                "",
                f"One of {title}'s categories, such as {_EXAMPLES[server]}; all of them if empty.",
            ),
            "days": ("7", "How many days the first harvest of a day goes back, at most 366."),
        },
    )


_EXAMPLES = {"biorxiv": "cell biology", "medrxiv": "epidemiology"}
BIORXIV = _kind("biorxiv", "bioRxiv", "biology")
MEDRXIV = _kind("medrxiv", "medRxiv", "medicine and the health sciences")
SOURCES: tuple[SourceKind, ...] = (BIORXIV, MEDRXIV)
