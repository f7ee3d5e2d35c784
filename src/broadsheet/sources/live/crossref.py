"""Crossref: works by the day their DOI was created, of whatever type or prefix is asked for.

Facts from Crossref's REST API documentation: `/works` with `filter`, deep paging with `cursor`,
which expires five minutes after its last use, and a page shorter than asked for being the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from broadsheet.domain import PaperRecord
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.crossref_work import record_of_work
from broadsheet.sources.fields import Context, checked, count, excerpt
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.harvesting import Batch, Cursor, Fetch, Options, Reply, SourceKind
from broadsheet.sources.live.json_answers import sorted_items
from broadsheet.sources.live.shapes import list_in, object_answer, object_in

ROWS = 200
WINDOW = timedelta(days=7)
"""How far back each day's first harvest looks: publishers register and correct late."""
_FIRST_PAGE = "*"
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """Works whose DOI was created since the cursor, 200 a batch."""
    today = now.date()
    read = partial(record_of_work, context=Context(today))
    start, token = _start(cursor, today)
    message = _page(fetch, options, start, token, may_expire=token != _FIRST_PAGE)
    if message is None:
        message = _page(fetch, options, start, _FIRST_PAGE)
        token = _FIRST_PAGE
    while message is not None:
        items = list_in(message, "items", "Crossref")
        declared = count(message, "total-results")
        if token == _FIRST_PAGE and not items and declared != 0:
            raise SourceError(
                "Crossref declared works and sent none; it will be asked again.", permanent=False
            )
        following = _next_token(message, items)
        records, rejects = sorted_items(items, read, url=options["url"], today=today)
        yield Batch(records, _cursor(start, following, today), rejects, declared=declared)
        if following is None:
            return
        token = following
        message = _page(fetch, options, start, token)


def look_up(fetch: Fetch, options: Options, doi: str, now: datetime) -> PaperRecord | None:
    """One work by its DOI; see `LookUp` for the contract."""
    address = f"{options['url'].rstrip('/')}/works/{quote(doi, safe='')}"
    reply = fetch(address, accept="application/json", allow=_REFUSED)
    if reply.status in _REFUSED:
        return None
    work = object_in(object_answer(reply), "message")
    try:
        return checked(record_of_work(work, Context(now.date())), now.date())
    except (RecordError, ValueError) as error:
        raise SourceError(f"Crossref's answer cannot be used: {error}", permanent=True) from error


def _start(cursor: Cursor, today: date) -> tuple[str, str]:
    """The day to start from and the page to go on with."""
    known, token = cursor.get("from"), cursor.get("token")
    if isinstance(known, str) and isinstance(token, str):
        return known, token
    window = (today - WINDOW).isoformat()
    if not isinstance(known, str):
        return window, _FIRST_PAGE
    is_first_today = cursor.get("window_on") != today.isoformat()
    return (min(known, window) if is_first_today else known), _FIRST_PAGE


def _cursor(start: str, token: str | None, today: date) -> dict[str, str]:
    if token:
        return {"from": start, "token": token, "window_on": today.isoformat()}
    return {"from": today.isoformat(), "window_on": today.isoformat()}


def _next_token(message: Mapping[str, Any], items: list[Any]) -> str | None:
    """The cursor of the next page; None on the last page, which is shorter than asked for."""
    if len(items) < ROWS:
        return None
    token = message.get("next-cursor")
    if not isinstance(token, str) or not token:
        raise SourceError("Crossref sent a full page without a next one.", permanent=False)
    return token


def _page(
    fetch: Fetch, options: Options, start: str, token: str, *, may_expire: bool = False
) -> dict[str, Any] | None:
    """The message of one page; None where the cursor has expired, if it may.

    Raises SourceError with Crossref's own reason where it refuses the question.
    """
    asked = {
        "filter": ",".join(filter(None, (f"from-created-date:{start}", options.get("filter")))),
        "rows": str(ROWS),
        "cursor": token,
    }
    if options.get("mailto"):
        asked["mailto"] = options["mailto"]
    address = f"{options['url'].rstrip('/')}/works?{urlencode(asked)}"
    reply = fetch(address, accept="application/json", allow=_REFUSED)
    if reply.status in _REFUSED:
        if may_expire:
            return None
        raise SourceError(
            f"Crossref refused the question: {_reason(reply)}", permanent=token == _FIRST_PAGE
        )
    answer = object_answer(reply)
    message = answer.get("message")
    if answer.get("status") != "ok" or not isinstance(message, dict):
        raise SourceError(f"Crossref answered with an error: {_reason(reply)}", permanent=False)
    return message


def _reason(reply: Reply) -> str:
    """Crossref's own words about what it did not like."""
    try:
        listed = orjson.loads(reply.body)["message"]
        said = listed if isinstance(listed, str) else listed[0]["message"]
        return excerpt(str(said)).rstrip(".") + "."
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return f"HTTP {reply.status}, {excerpt(reply.body)[:80] or 'no reason given'}."


SOURCE = SourceKind(
    name="crossref",
    title="Crossref",
    about="Works registered with Crossref: preprints of many servers, or the works of a publisher.",
    hosts=("api.crossref.org",),
    pause_seconds=1.0,
    calendar=Every(hours=6),
    harvest=harvest,
    look_up=look_up,
    options={
        "url": ("https://api.crossref.org", "Address of the REST API."),
        "filter": (
            "type:posted-content",
            "Crossref filters joined by commas, as type:posted-content,prefix:10.26434.",
        ),
        "mailto": ("", "An e-mail address; Crossref answers those faster who say who they are."),
    },
)
