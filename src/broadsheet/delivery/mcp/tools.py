"""The tools: what each takes and gives, and the functions of ours behind them.

At most eight, and small: every schema is read by every agent in every conversation. Tools that
change something (votes, saved papers, collections) come here too, with `is_read_only` False.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from broadsheet.delivery.errors import problem_of
from broadsheet.delivery.mcp.arguments import (
    Arguments,
    ListArguments,
    ReadArguments,
    SearchArguments,
    SimilarArguments,
)
from broadsheet.delivery.mcp.results import (
    PAGE_SCHEMA,
    PAPER_SCHEMA,
    page_result,
    paper_result,
)
from broadsheet.delivery.periods import parse_period
from broadsheet.domain import Listing, ListingKind, Sort, Window
from broadsheet.errors import BroadsheetError, InputError, QueryError
from broadsheet.identifiers import parse_arxiv_id
from broadsheet.services import Services
from broadsheet.store.ingest import LONGEST_KEY

MOST_TOOLS = 8
_WRONG_ARGUMENT = 422


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and where: `origin` starts addresses."""

    services: Services
    origin: str


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool; `run` gets checked arguments of the kind `arguments` and gives an object."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    output_schema: Mapping[str, Any]
    run: Callable[[Caller, Any], dict[str, Any]]
    is_read_only: bool = True


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
    paper = store.paper(_key(asked.id))
    return paper_result(paper, store.related(paper.paper_id), caller.origin)


def _similar(caller: Caller, asked: SimilarArguments) -> dict[str, Any]:
    paper = caller.services.store.paper(_key(asked.id))
    listing = Listing(
        ListingKind.SIMILAR, seed=paper.key, limit=asked.limit, cursor=asked.cursor or None
    )
    return _page(caller, listing)


def _key(text: str) -> str:
    """The key in what an agent calls a paper: an id, `arXiv:` and an id, or an address."""
    found = parse_arxiv_id(text)
    return found[0] if found else text.replace("\x00", " ").strip()[:LONGEST_KEY]


def _page(caller: Caller, listing: Listing) -> dict[str, Any]:
    return page_result(caller.services.ranking.page(listing), caller.origin)


TOOLS: tuple[Tool, ...] = (
    Tool("search_papers", "Search papers",
         "Find papers by words and meaning. Each has id, title, authors, abstract (shortened), "
         "categories, listed_on, votes, url, why.",
         SearchArguments, PAGE_SCHEMA, _search),
    Tool("list_papers", "Papers of a period",
         "Papers of a day, week or month, or trending now, best first; as search_papers.",
         ListArguments, PAGE_SCHEMA, _list),
    Tool("read_paper", "Read a paper",
         "One paper: whole abstract, dates, links, BibTeX. Full texts are at the links.",
         ReadArguments, PAPER_SCHEMA, _read),
    Tool("similar_papers", "Similar papers",
         "Papers closest in meaning to one paper; as search_papers.",
         SimilarArguments, PAGE_SCHEMA, _similar),
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
