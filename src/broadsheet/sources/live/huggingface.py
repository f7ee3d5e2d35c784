"""The daily lists of Hugging Face Papers, asked day by day: new papers, votes and comments.

The records are those of the archive import (`hf_daily`), so that both tell of the same papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from broadsheet.domain import PaperRecord
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.fields import Context, whole_number
from broadsheet.sources.hf_daily import record_of_item
from broadsheet.sources.live.calendars import Every
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
from broadsheet.sources.live.json_answers import json_answer, sorted_items

_PAGE = 100
_MOST_PAGES = 20
_MOST_DAYS = 366
# Lists hold what was submitted on their day; room is left for lists that were moved.
_FARTHEST_DAYS = 3


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """One batch for each day of the window, oldest first; see `Harvest` for the contract.

    The cursor is `{"next": day}` within a harvest and `{"from": day}` after one; `seen` holds
    what the server needs to say that a day's list has not changed.
    """
    today = now.date()
    days = _days(options)
    day = _start(cursor, today, today - timedelta(days=days - 1))
    seen = _seen(cursor, today - timedelta(days=days - 1))
    while day <= today:
        batch, known = _day(fetch, options["url"], day, today, seen.pop(day.isoformat(), {}))
        if known:
            seen[day.isoformat()] = known
        day += timedelta(days=1)
        place = {"next": day.isoformat()} if day <= today else {"from": today.isoformat()}
        yield replace(batch, cursor={**place, "seen": dict(seen)})


def _days(options: Options) -> int:
    value = options["days"]
    days = whole_number(value, 9)
    if days is None or not 1 <= days <= _MOST_DAYS:
        raise SourceError(
            f"The option “days” is a number from 1 to {_MOST_DAYS}, not “{value[:20]}”."
        )
    return days


def _seen(cursor: Cursor, since: date) -> dict[str, dict[str, str]]:
    """What is known of the days from `since` on; earlier ones are not asked for again."""
    known = cursor.get("seen") or {}
    return {name: one for name, one in known.items() if date.fromisoformat(name) >= since}


def _start(cursor: Cursor, today: date, window: date) -> date:
    if "next" in cursor:
        return min(date.fromisoformat(cursor["next"]), today)
    return min(date.fromisoformat(cursor["from"]), window) if "from" in cursor else window


def _day(
    fetch: Fetch, url: str, day: date, today: date, known: dict[str, str]
) -> tuple[Batch, dict[str, str]]:
    """The batch of one day, and what lets the server say next time that it has not changed."""
    first = _ask(fetch, url, day, 0, known)
    if first.status == HTTPStatus.NOT_MODIFIED:
        return Batch((), {}, batch_on=day), known
    items = _items(first)
    is_long = len(items) >= _PAGE
    if is_long:
        items += _further_items(fetch, url, day, items)

    def read(item: Mapping[str, Any]) -> PaperRecord:
        if "paper" not in item:
            raise RecordError("The item has no field “paper”.")
        return record_of_item(item, Context(today, listed_on=day))

    records, rejects = sorted_items(items, read, url=first.url, today=today)
    _refuse_another_day(records, day)
    # The server compares the first page only, so a day of several is read whole every time; and
    # an empty list is no list, which "unchanged" would not tell.
    known = validators(first) if items and not is_long else {}
    once = tuple({record.record_id: record for record in records}.values())
    return Batch(once, {}, rejects, batch_on=day if items else None), known


def _further_items(fetch: Fetch, url: str, day: date, first: list[object]) -> list[object]:
    """The items of the pages after the first; a server that repeats a page ends it."""
    found: list[object] = []
    before = first
    for page in range(1, _MOST_PAGES):
        items = _items(_ask(fetch, url, day, page, {}))
        if items == before:
            break
        found += items
        if len(items) < _PAGE:
            break
        before = items
    return found


def _ask(fetch: Fetch, url: str, day: date, page: int, known: Cursor) -> Reply:
    asked: dict[str, object] = {"date": day.isoformat(), "limit": _PAGE}
    if page:
        asked["p"] = page
    headers = conditional(known)
    allow = (HTTPStatus.NOT_MODIFIED.value,) if headers else ()
    address = f"{url}?{urlencode(asked)}"
    return fetch(address, accept="application/json", headers=headers, allow=allow)


def _items(reply: Reply) -> list[object]:
    value = json_answer(reply)
    if not isinstance(value, list):
        reason = value.get("error") if isinstance(value, dict) else None
        raise SourceError(
            f"Hugging Face did not answer with a list: {reason or 'no reason given'!s:.200}.",
            permanent=False,
        )
    return value


def _refuse_another_day(records: Sequence[PaperRecord], day: date) -> None:
    """Raise SourceError where every paper tells of a listing long before or after the day."""
    told = [record.extras["listed_at"] for record in records if "listed_at" in record.extras]
    days = [datetime.fromisoformat(one).date() for one in told]
    if days and all(abs((one - day).days) > _FARTHEST_DAYS for one in days):
        raise SourceError(
            f"Hugging Face was asked for the list of {day} and sent that of {max(days)}.",
            permanent=False,
        )


SOURCE = SourceKind(
    name="huggingface",
    title="Hugging Face Papers",
    about="The papers that people of Hugging Face put on each day's list, with votes and comments.",
    hosts=("huggingface.co",),
    pause_seconds=1.0,
    calendar=Every(hours=1),
    harvest=harvest,
    options={
        "url": ("https://huggingface.co/api/daily_papers", "Address of the daily lists."),
        "days": ("7", "How many days back votes and comments are asked for again, at most 366."),
    },
)
