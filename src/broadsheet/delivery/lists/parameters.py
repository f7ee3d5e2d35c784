"""The query parameters of listings by address, read by FastAPI into a Choice and a Sieve."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

from broadsheet.delivery.lists.places import Choice
from broadsheet.delivery.lists.sieve import Sieve, phrases
from broadsheet.delivery.parameters import (
    After,
    Before,
    Category,
    Cursor,
    QueryText,
    SearchSort,
    WindowName,
)

_MOST_VALUES = 50
Phrases = Annotated[list[str], Query(max_length=_MOST_VALUES)]


async def _choice(
    *,
    q: QueryText = None,
    cat: Category = None,
    sort: SearchSort = None,
    window: WindowName = None,
    after: After = None,
    before: Before = None,
    cursor: Cursor = None,
) -> Choice:
    return Choice(q or "", cat, sort, window, after, before, cursor)


async def _sieve(
    *,
    min_votes: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    include: Phrases = [],  # noqa: B006 - FastAPI copies defaults
    exclude: Phrases = [],  # noqa: B006
) -> Sieve:
    return Sieve(min_votes, _phrases("include", include), _phrases("exclude", exclude))


def _phrases(name: str, values: list[str]) -> tuple[str, ...]:
    try:
        return phrases(values)
    except ValueError as error:
        trouble = {"type": "value_error", "loc": ("query", name), "msg": str(error)}
        raise RequestValidationError([trouble]) from error


AskedChoice = Annotated[Choice, Depends(_choice)]
AskedSieve = Annotated[Sieve, Depends(_sieve)]
