"""JSON objects of any known shape, told apart by their fields, and arrays that break off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from broadsheet.domain import PaperRecord
from broadsheet.errors import RecordError
from broadsheet.sources import arxiv_snapshot, hf_daily, jsonl
from broadsheet.sources.fields import Context, fold

_FIRST_FIELD = re.compile(r'\{\s*("[^"]{1,40}")\s*:')
_BETWEEN = re.compile(r"[\s,\[]*")
# Text that fails this often, or nests without end, is no list of papers.
_MOST_DAMAGES = 1_000
_DECODER = json.JSONDecoder()


def records_of(value: object, context: Context) -> Iterator[PaperRecord]:
    """The records of one object. Raises RecordError when its shape is unknown or a field wrong."""
    if not isinstance(value, dict):
        raise RecordError("The value is not a JSON object.")
    if "records" in value:
        yield from jsonl.records_of_export(value)
    elif "paper" in value:
        yield hf_daily.record_of_item(value, context)
    elif "summary" in value and "abstract" not in value:
        yield hf_daily.record_of_item({**value, "paper": value}, context)
    elif arxiv_snapshot.MARKS & value.keys():
        yield arxiv_snapshot.record_of_object(value, context)
    elif "title" in value:
        yield jsonl.record_of_paper(value, context)
    else:
        raise RecordError(_unknown(value))


def _unknown(value: Mapping[str, Any]) -> str:
    if (answer := error_answer(value)) is not None:
        return answer
    names = ", ".join(
        fold(str(name).encode(errors="replace").decode())[:30] for name in [*value][:6]
    )
    return f"The object is of no known kind; its fields are: {names or 'none'}."


def error_answer(value: object) -> str | None:
    """A sentence when the value is a service's error answer; else None."""
    if not isinstance(value, dict) or "title" in value or "paper" in value:
        return None
    reason = value.get("error") or value.get("message")
    return f"The service answered with an error: {reason!s:.200}." if reason else None


def broken_items(content: str) -> Iterator[tuple[object, str, int] | tuple[None, str, int]]:
    """The items of an array that is not valid JSON as a whole, as far as they can be read.

    Each comes with its source's start and its offset; None stands for what could not be read, up
    to the next item that can.
    """
    damages = 0
    position = _BETWEEN.match(content, 0).end()  # type: ignore[union-attr]
    while position < len(content) and content[position] != "]":
        try:
            value, end = _DECODER.raw_decode(content, position)
        except (ValueError, RecursionError) as error:
            yield None, content[position : position + 1_000], position
            damages += 1
            if isinstance(error, RecursionError) or damages == _MOST_DAMAGES:
                return
            position = _next_item(content, position)
            continue
        yield value, content[position : position + 1_000], position
        position = _BETWEEN.match(content, end).end()  # type: ignore[union-attr]


def _next_item(content: str, position: int) -> int:
    """Where the next object starts whose first field is that of the one at the position."""
    first = _FIRST_FIELD.match(content, position)
    if first is None:
        return len(content)
    same = re.compile(rf"\{{\s*{re.escape(first[1])}\s*:")
    following = same.search(content, position + 1)
    return following.start() if following else len(content)
