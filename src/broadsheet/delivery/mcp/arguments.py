"""What agents may say to each tool, checked with sentences they can act on.

An empty text means that nothing was said: schemas stay small without null beside every type.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from broadsheet.delivery.parameters import LONGEST_QUERY
from broadsheet.delivery.periods import parse_day

MOST = 50


def _day(text: str) -> str:
    if text:
        parse_day(text)
    return text


Day = Annotated[str, AfterValidator(_day)]
Limit = Annotated[int, Field(ge=1, le=MOST)]
Category = Annotated[str, Field(max_length=60, description="such as cs.LG, or cs for all of it")]
Cursor = Annotated[str, Field(max_length=500, description="next_cursor of the page before")]
Key = Annotated[str, Field(min_length=1, max_length=500, description="arXiv id, DOI or address")]


class Arguments(BaseModel):
    """What every tool's arguments have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def schema_for_agents(cls) -> dict[str, Any]:
        """The JSON Schema without what tells an agent nothing."""
        schema = cls.model_json_schema()
        for of in schema["properties"].values():
            for name in ("title", "minLength", "maxLength", "minimum"):
                of.pop(name, None)
            if of.get("default") == "":
                del of["default"]
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
    category: Category = ""
    after: Annotated[Day, Field(description="first listing day, YYYY-MM-DD")] = ""
    before: Annotated[Day, Field(description="last listing day")] = ""
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

    list: Annotated[
        Literal["day", "week", "month", "trending"],
        Field(description="trending: by votes and comments, fading with time"),
    ] = "day"
    period: Annotated[
        str,
        Field(
            max_length=40,
            description="2026-08-21, 2026-W34 or 2026-08; empty: the newest. "
            "For trending: day, week, month or all",
        ),
    ] = ""
    category: Category = ""
    sort: Literal["votes", "date"] = "votes"
    limit: Limit = 10
    cursor: Cursor = ""


class ReadArguments(Arguments):
    """One paper."""

    id: Key


class SimilarArguments(Arguments):
    """Papers like one."""

    id: Key
    limit: Limit = 10
    cursor: Cursor = ""
