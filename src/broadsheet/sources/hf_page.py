"""Pages of Hugging Face Papers saved as HTML: a day, a week, a month, trending, or one paper.

The papers stand in the page as JSON, for the script that draws it; the drawn HTML is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import orjson

from broadsheet.domain import PaperRecord
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.fields import Context
from broadsheet.sources.hf_daily import record_of_item

_MARKS = ('data-target="DailyPapers"', 'data-target="PaperContent"')
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds: items as of `/api/daily_papers`, and which day's list it says it is.

    `is_one_day` is False for weeks, months and other pages whose papers are of several days.
    """

    items: tuple[object, ...]
    is_one_day: bool
    listed_on: date | None


class _Finder(HTMLParser):
    """Collects the JSON of a page: `data-props` attributes and scripts of a JSON type."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._is_in_json = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        props = named.get("data-props")
        target = named.get("data-target")
        if props and ("dailyPapers" in props or target == "PaperContent"):
            self.found.append(props)
        self._is_in_json = tag == "script" and "json" in (named.get("type") or "")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._is_in_json = False

    def handle_data(self, data: str) -> None:
        if self._is_in_json and "dailyPapers" in data:
            self.found.append(data)


def read_page(html: str) -> Page:
    """The papers of a page. Raises SourceError, with what to do, where the page holds none."""
    finder = _Finder()
    finder.feed(html)
    finder.close()
    is_broken = False
    for content in finder.found:
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError:
            is_broken = True
            continue
        page = _page(value)
        if page is not None:
            return page
    if is_broken or (not finder.found and any(mark in html for mark in _MARKS)):
        raise SourceError(
            "The data of the Hugging Face page breaks off or is damaged. Save the page again."
        )
    raise SourceError(
        "The HTML page holds no data of Hugging Face Papers. Save a page of "
        "huggingface.co/papers as “HTML only”, or save the answer of its API."
    )


def _page(value: object) -> Page | None:
    props = _holding(value, "dailyPapers", 0)
    if props is not None:
        is_one_day = _is_one_day(props)
        return Page(tuple(props["dailyPapers"]), is_one_day, _day(props) if is_one_day else None)
    paper = value.get("paper") if isinstance(value, dict) else None
    if isinstance(value, dict) and isinstance(paper, dict):
        comments = value.get("comments")
        known = {"numComments": len(comments)} if isinstance(comments, list) else {}
        return Page(({**known, "paper": paper},), is_one_day=False, listed_on=None)
    return None


def _holding(value: object, name: str, depth: int) -> Mapping[str, Any] | None:
    """The object, at most some levels down, whose field of that name is a list."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    if isinstance(value.get(name), list):
        return value
    inner = (_holding(one, name, depth + 1) for one in value.values())
    return next((one for one in inner if one is not None), None)


def _is_one_day(props: Mapping[str, Any]) -> bool:
    is_selection = props.get("isTrending") or props.get("query")
    return props.get("periodType", "day") == "day" and not is_selection


def _day(props: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(props.get("dateString"))[:10])
    except ValueError:
        return None


def context_of_page(page: Page, context: Context) -> Context:
    """The context of the page's items: the page's own day goes before that in the file's name.

    On a page of several days neither holds: the items tell their own.
    """
    named_on = page.listed_on or context.named_on if page.is_one_day else None
    return replace(context, named_on=named_on)


def record_of_page_item(item: object, context: Context) -> PaperRecord:
    """The record of one item. Raises RecordError when it is not of the known shape."""
    if not isinstance(item, dict) or "paper" not in item:
        raise RecordError("The item of the page holds no paper.")
    return record_of_item(item, context)


def records_of_page(html: str, context: Context) -> Iterator[PaperRecord]:
    """The records of a page in its order.

    Raises SourceError where the page holds no papers, RecordError at an item that cannot be read;
    a caller that wants to go on there reads the items of `read_page` one by one.
    """
    page = read_page(html)
    of_page = context_of_page(page, context)
    for item in page.items:
        yield record_of_page_item(item, of_page)
