"""The tools: what each takes and gives, and the functions of ours behind them.

At most eight, and small: every schema is read by every agent in every conversation. What belongs to
one person stands in `personal`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from broadsheet.delivery.errors import problem_of
from broadsheet.delivery.mcp import personal
from broadsheet.delivery.mcp.arguments import (
    Arguments,
    CollectArguments,
    ListArguments,
    MineArguments,
    ReadArguments,
    SearchArguments,
    SimilarArguments,
    TurnArguments,
    named_key,
)
from broadsheet.delivery.mcp.callers import Caller
from broadsheet.delivery.mcp.results import (
    PAGE_SCHEMA,
    PAPER_SCHEMA,
    changed_schema,
    page_result,
    paper_result,
)
from broadsheet.delivery.periods import parse_period
from broadsheet.domain import Listing, ListingKind, Sort, Window
from broadsheet.errors import BroadsheetError, InputError, QueryError

MOST_TOOLS = 8
_WRONG_ARGUMENT = 422


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool; `run` gets checked arguments of the kind `arguments` and gives an object.

    A tool that `is_destructive` can also take away what was there. Every change is the same when
    it is made twice.
    """

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    output_schema: Mapping[str, Any]
    run: Callable[[Caller, Any], dict[str, Any]]
    is_read_only: bool = True
    is_destructive: bool = False


def _search(caller: Caller, asked: SearchArguments) -> dict[str, Any]:
    listing = Listing(
        ListingKind.SEARCH,
        asked.start,
        asked.end,
        query=asked.query,
        category=asked.category or None,
        sort=Sort(asked.sort),
        limit=asked.limit,
        cursor=asked.cursor or None,
    )
    return _page(caller, listing)


def _list(caller: Caller, asked: ListArguments) -> dict[str, Any]:
    kind = ListingKind(asked.list)
    period = asked.period.strip()
    choice: dict[str, Any] = {}
    try:
        if kind is ListingKind.TRENDING:
            choice["window"] = Window(period or Window.WEEK)
        elif period:
            found = parse_period(kind, period)
            choice.update(start=found.start, end=found.end)
    except ValueError as error:
        raise InputError(_sentence(kind, error)) from error
    sort = None if kind is ListingKind.TRENDING else Sort(asked.sort)
    listing = Listing(
        kind,
        category=asked.category or None,
        sort=sort,
        limit=asked.limit,
        cursor=asked.cursor or None,
        **choice,
    )
    return _page(caller, listing)


def _sentence(kind: ListingKind, error: ValueError) -> str:
    if kind is ListingKind.TRENDING:
        return "period: that of trending is day, week, month or all."
    return f"period: {error}"


def _read(caller: Caller, asked: ReadArguments) -> dict[str, Any]:
    store = caller.services.store
    paper = store.paper(named_key(asked.id))
    return paper_result(paper, store.related(paper.paper_id), caller.origin)


def _similar(caller: Caller, asked: SimilarArguments) -> dict[str, Any]:
    paper = caller.services.store.paper(named_key(asked.id))
    listing = Listing(
        ListingKind.SIMILAR, seed=paper.key, limit=asked.limit, cursor=asked.cursor or None
    )
    return _page(caller, listing)


def _page(caller: Caller, listing: Listing) -> dict[str, Any]:
    return page_result(caller.services.ranking.page(listing), caller.origin)


TOOLS: tuple[Tool, ...] = (
    Tool("search_papers", "Search papers",
         "Find papers by words and meaning. Each has id, title, authors, abstract (shortened), "
         "categories, listed_on, votes, url, why.",
         SearchArguments, PAGE_SCHEMA, _search),
    Tool("list_papers", "Papers of a period",
         "Papers of a day, week or month (empty period: the newest), or trending now, best first; "
         "as search_papers.",
         ListArguments, PAGE_SCHEMA, _list),
    Tool("read_paper", "Read a paper",
         "One paper: whole abstract, dates, links, BibTeX. Full texts are at the links.",
         ReadArguments, PAPER_SCHEMA, _read),
    Tool("similar_papers", "Similar papers",
         "Papers closest in meaning to one paper; as search_papers.",
         SimilarArguments, PAGE_SCHEMA, _similar),
    Tool("my_papers", "My papers",
         "followed: new in what I follow these days and have not read; saved; collection; as "
         "search_papers.",
         MineArguments, PAGE_SCHEMA, personal.mine),
    Tool("save_paper", "Save a paper",
         "Save a paper to my private library.",
         TurnArguments, changed_schema("saved"), personal.save,
         is_read_only=False, is_destructive=True),
    Tool("vote_for_paper", "Vote for a paper",
         "Vote for a paper in my name.",
         TurnArguments, changed_schema("voted"), personal.vote,
         is_read_only=False, is_destructive=True),
    Tool("collect_paper", "Add to a collection",
         "Put a paper into a collection of mine, by its name.",
         CollectArguments, changed_schema("is_new"), personal.collect,
         is_read_only=False),
)  # fmt: skip
BY_NAME = {tool.name: tool for tool in TOOLS}


def call(tool: Tool, caller: Caller, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the tool answers. Raises ValidationError and BroadsheetError; see `problem`."""
    return tool.run(caller, tool.arguments.model_validate(dict(arguments)))


def problem(error: Exception) -> dict[str, Any]:
    """An error as every tool tells it: `error` with a status, its name, and what to do."""
    if isinstance(error, ValidationError):
        detail = " ".join(_about(part["loc"], part["msg"]) for part in error.errors())
        told = {"status": _WRONG_ARGUMENT, "title": "An argument cannot be used", "detail": detail}
        return {"error": told}
    found = problem_of(error)
    more = {"position": error.position} if isinstance(error, QueryError) else {}
    return {"error": {"status": found.status, "title": found.title, "detail": found.detail, **more}}


def is_deliberate(error: Exception) -> bool:
    """Whether the error is told to the caller on purpose and needs no line in the log."""
    return isinstance(error, ValidationError | BroadsheetError)


def _about(place: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ").rstrip(".")
    return f"{'.'.join(map(str, place)) or 'arguments'}: {message}."
