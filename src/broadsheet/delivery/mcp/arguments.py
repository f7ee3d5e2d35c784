"""What agents may say to each tool, checked with sentences they can act on.

An empty text means that nothing was said: schemas stay small without null beside every type.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from broadsheet.community.collections import LONGEST_NOTE
from broadsheet.delivery.parameters import LONGEST_QUERY
from broadsheet.delivery.periods import parse_day
from broadsheet.identifiers import parse_arxiv_id
from broadsheet.store.ingest import LONGEST_KEY

_PAGE = re.compile(r"https?://[^/\s]+/papers/([^?#\s]+)(?:[?#].*)?")
MOST = 50
MOST_DAYS = 31


def _day(text: str) -> str:
    if text:
        parse_day(text)
    return text


Day = Annotated[str, AfterValidator(_day)]
Limit = Annotated[int, Field(ge=1, le=MOST)]
Category = Annotated[str, Field(max_length=60)]
Cursor = Annotated[str, Field(max_length=500)]
Key = Annotated[str, Field(min_length=1, max_length=500)]


def named_key(text: str) -> str:
    """The key in what an agent calls a paper: an id, `arXiv:` and an id, or an address, also ours.

    What no database takes, NUL and halves of signs, becomes a space or a question mark.
    """
    found = parse_arxiv_id(text)
    if found:
        return found[0]
    page = _PAGE.fullmatch(text.strip())
    text = unquote(page[1]) if page else text
    return text.replace("\x00", " ").encode(errors="replace").decode().strip()[:LONGEST_KEY]


class Arguments(BaseModel):
    """What every tool's arguments have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def schema_for_agents(cls) -> dict[str, Any]:
        """The JSON Schema without what tells an agent nothing; each word is read by every agent."""
        schema = cls.model_json_schema()
        for of in schema["properties"].values():
            for name in ("title", "minLength", "maxLength", "minimum"):
                of.pop(name, None)
            if "enum" not in of:
                of.pop("default", None)
        return {name: schema[name] for name in ("type", "properties", "required") if name in schema}


class SearchArguments(Arguments):
    """A search."""

    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_QUERY,
            description='words, "a phrase", -word, author:"A Name", title:word, has:code',
        ),
    ]
    category: Annotated[Category, Field(description="such as cs.LG, or cs for all of it")] = ""
    after: Annotated[Day, Field(description="first day, YYYY-MM-DD")] = ""
    before: Day = ""
    sort: Literal["relevance", "date", "votes"] = "relevance"
    limit: Limit = 10
    cursor: Cursor = ""

    @property
    def start(self) -> date | None:
        """The first day, if one was named."""
        return parse_day(self.after) if self.after else None

    @property
    def end(self) -> date | None:
        """The last day, if one was named."""
        return parse_day(self.before) if self.before else None


class ListArguments(Arguments):
    """A listing."""

    list: Literal["day", "week", "month", "trending"] = "day"
    period: Annotated[
        str,
        Field(
            max_length=40,
            description="2026-08-21, 2026-W34 or 2026-08; of trending: day, week, month or all",
        ),
    ] = ""
    category: Category = ""
    sort: Literal["votes", "date"] = "votes"
    limit: Limit = 10
    cursor: Cursor = ""


class ReadArguments(Arguments):
    """One paper."""

    id: Annotated[Key, Field(description="arXiv id, DOI or address")]


class SimilarArguments(Arguments):
    """Papers like one."""

    id: Key
    limit: Limit = 10
    cursor: Cursor = ""


class MineArguments(Arguments):
    """Lists of one person."""

    list: Literal["followed", "saved", "collection"] = "followed"
    collection: Annotated[
        str, Field(max_length=200, description="mine, or owner/name; empty: name all of mine")
    ] = ""
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 7
    limit: Limit = 10
    cursor: Cursor = ""


class TurnArguments(Arguments):
    """Something done with a paper, or undone."""

    id: Key
    undo: bool = False


class CollectArguments(Arguments):
    """A paper for a collection."""

    id: Key
    collection: Annotated[str, Field(min_length=1, max_length=200)]
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    create: Annotated[bool, Field(description="make it, private, if missing")] = False
