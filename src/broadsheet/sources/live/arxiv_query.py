"""arXiv's query API: the newest papers that match a query, slice by slice.

Results change once a day; each harvest reads the list from its start to the limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.arxiv_atom import record_of_entry
from broadsheet.sources.fields import Context, checked, excerpt, reason, whole_number
from broadsheet.sources.live.calendars import ArxivCalendar
from broadsheet.sources.live.harvesting import Batch, Cursor, Fetch, Options, SourceKind
from broadsheet.sources.live.xml_answers import elements, read

NAME = "arxiv_query"
LARGEST_SLICE = 2_000
LARGEST_LIMIT = 30_000
"""arXiv answers HTTP 400 beyond."""
_ENTRY = frozenset(("{http://www.w3.org/2005/Atom}entry",))
_TOTAL = re.compile(rb"<(?:\w+:)?totalResults[^>]*>\s*(\d+)\s*</")
_ACCEPT = "application/atom+xml, application/xml;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class _Slice:
    """One answer: its records, and how many papers match the query in all."""

    records: tuple[PaperRecord, ...]
    rejects: tuple[Reject, ...]
    total: int

    @property
    def size(self) -> int:
        """How many entries came, the unusable ones included."""
        return len(self.records) + len(self.rejects)


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """The papers that match the query, last changed first, until the limit or the list's end."""
    today = now.astimezone(UTC).date()
    limit = _limit(options)
    asked = {"query": _query(options), "limit": limit, "asked_on": today.isoformat()}
    is_going_on = "start" in cursor and all(cursor.get(name) == asked[name] for name in asked)
    start = int(cursor["start"]) if is_going_on else 0
    declared = int(cursor["declared"]) if is_going_on else None
    seen: set[str] = set()
    while True:
        found, mended = _slice(fetch, options, start, limit, today)
        if declared is None:
            declared = min(found.total, limit)
        _check(found, start, declared, options)
        records = tuple(one for one in found.records if one.record_id not in seen)
        twice = len(found.records) - len(records)
        seen.update(one.record_id for one in records)
        # By what came, not by what was asked: arXiv's slices are sometimes short.
        start += found.size
        is_end = start >= min(declared, found.total)
        yield Batch(
            records,
            asked if is_end else {**asked, "start": start, "declared": declared},
            found.rejects,
            declared=declared,
            note=" ".join(filter(None, (mended, _moved(twice)))),
        )
        if is_end:
            return


def look_up(fetch: Fetch, options: Options, arxiv_id: str, now: datetime) -> PaperRecord | None:
    """One paper by its arXiv id; see `LookUp` for the contract."""
    asked = urlencode({"id_list": arxiv_id, "max_results": 1})
    reply = fetch(f"{options['url']}?{asked}", accept=_ACCEPT)
    host = urlsplit(options["url"]).hostname or "The service"
    found, _ = read(reply.body, host, lambda body: read_slice(body, now.date()))
    # For an id that it does not know, arXiv sends nothing, or an entry without a title.
    return next((one for one in found.records if one.record_id == arxiv_id), None)


def _moved(twice: int) -> str:
    if not twice:
        return ""
    papers = "1 paper" if twice == 1 else f"{twice} papers"
    return f"{papers} came twice: the list moved while it was read."


def _check(found: _Slice, start: int, declared: int, options: Options) -> None:
    if found.size or start >= min(declared, found.total):
        return
    host = urlsplit(options["url"]).hostname
    raise SourceError(
        f"{host} says that {found.total:,} papers match, and sends none from number {start + 1:,} "
        "on.",
        permanent=False,
    )


def _query(options: Options) -> str:
    query = " ".join(options.get("query", "").split())
    if not query:
        raise SourceError("The option “query” is empty; write one such as cat:cs.LG.")
    return query


def _limit(options: Options) -> int:
    value = options.get("limit", "").strip()
    limit = whole_number(value, 9)
    if limit is None or not 1 <= limit <= LARGEST_LIMIT:
        raise SourceError(
            f"The option “limit” is {value[:20] or 'empty'}; it can be 1 to {LARGEST_LIMIT}."
        )
    return limit


def _slice(
    fetch: Fetch, options: Options, start: int, limit: int, today: date
) -> tuple[_Slice, str]:
    asked: dict[str, Any] = {
        "search_query": _query(options),
        "start": start,
        "max_results": min(LARGEST_SLICE, limit - start),
        "sortBy": "lastUpdatedDate",
        "sortOrder": "descending",
    }
    reply = fetch(f"{options['url']}?{urlencode(asked)}", accept=_ACCEPT)
    host = urlsplit(options["url"]).hostname or "The service"
    return read(reply.body, host, lambda body: read_slice(body, today))


def read_slice(body: bytes, today: date) -> _Slice:
    """What one answer holds.

    Raises ParseError where it breaks off, and SourceError when it is no answer of the API or one
    that reports an error.
    """
    records: list[PaperRecord] = []
    rejects: list[Reject] = []
    context = Context(today, source=NAME)
    for number, entry in enumerate(elements(body, _ENTRY), 1):
        try:
            records.append(checked(record_of_entry(entry, context), today))
        except (RecordError, ValueError) as error:
            rejects.append(_rejected(entry, number, error))
    found = _TOTAL.search(body)
    total = whole_number(found[1].decode(), 9) if found else None
    if total is None:
        raise SourceError("The answer does not say how many papers match.", permanent=False)
    return _Slice(tuple(records), tuple(rejects), total)


def _rejected(entry: Element, number: int, error: RecordError | ValueError) -> Reject:
    words = excerpt("".join(entry.itertext()))
    name = error.record_id if isinstance(error, RecordError) else ""
    return Reject(NAME, name or f"entry {number}", reason(error), words)


SOURCE = SourceKind(
    name="arxiv-query",
    title="arXiv query",
    about="Papers of arXiv that match a query, such as one category or a few words.",
    hosts=("export.arxiv.org", "arxiv.org"),
    pause_seconds=3.0,
    calendar=ArxivCalendar(delay_minutes=30),
    harvest=harvest,
    look_up=look_up,
    options={
        "url": ("https://export.arxiv.org/api/query", "Address of the interface."),
        "query": ("cat:cs.LG", "The query, such as cat:cs.CL AND abs:parsing."),
        "limit": ("1000", "How many papers, last changed first; at most 30000."),
    },
)
