"""What sources of JSON share: an answer read or refused, and its items sorted into records and
rejects. What the items mean is each source's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import orjson

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.fields import checked, excerpt, json_excerpt, reason
from broadsheet.sources.live.addresses import shown_address
from broadsheet.sources.live.harvesting import Reply

ReadItem = Callable[[Mapping[str, Any]], PaperRecord]
Sorted = tuple[tuple[PaperRecord, ...], tuple[Reject, ...]]


def json_answer(reply: Reply) -> Any:
    """The JSON value of an answer.

    Raises a passing SourceError for a page, or for JSON that breaks off: both come from a service
    in trouble.
    """
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        host = urlsplit(reply.url).hostname
        if reply.body.lstrip()[:1] == b"<":
            message = f"{host} answered with a page instead of data."
        else:
            message = f"The answer of {host} is not JSON or breaks off: {error.msg}."
        raise SourceError(message, permanent=False) from error


def sorted_items(items: Iterable[object], read: ReadItem, *, url: str, today: date) -> Sorted:
    """The records of the items that can be read, in order, and a reject for each other item.

    The rejects name the address without what may be secret in it.
    """
    file = shown_address(url)
    records: list[PaperRecord] = []
    rejects: list[Reject] = []
    for number, item in enumerate(items, 1):
        try:
            records.append(checked(read(_object(item)), today))
        except (RecordError, ValueError) as error:
            named = error.record_id if isinstance(error, RecordError) else ""
            position = named or _name(item) or f"item {number}"
            rejects.append(Reject(file, position, reason(error), json_excerpt(item)))
    return tuple(records), tuple(rejects)


def _object(item: object) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise RecordError("The item is not a JSON object.")
    return item


def _name(item: object) -> str:
    names = (item.get("doi"), item.get("id")) if isinstance(item, dict) else ()
    return next((excerpt(name)[:100] for name in names if isinstance(name, str) and name), "")
