"""Queries with a condition more or less: what facets add, and what a reader takes away again."""

from __future__ import annotations

from broadsheet.domain import Choice
from broadsheet.ranking.query import Clause, Field, Query, first_day, to_text

_SHOWN = {
    Field.CATEGORY: "{}",
    Field.SOURCE: "{}",
    Field.AFTER: "from {}",
    Field.BEFORE: "before {}",
    Field.HAS: "has {}",
    Field.AUTHOR: "by {}",
    Field.TITLE: "“{}” in the title",
}
_FILTERS = (Field.CATEGORY, Field.SOURCE, Field.AFTER, Field.BEFORE, Field.HAS, Field.AUTHOR)


def with_condition(query: Query, *clauses: Clause) -> str:
    """The query with these conditions too."""
    new = tuple(clause for clause in clauses if clause not in query.clauses)
    return to_text(Query(query.clauses + new))


def in_year(query: Query, year: int) -> str:
    """The query over the papers listed in one year, instead of any days it names."""
    kept = tuple(
        clause for clause in query.clauses if clause.field not in (Field.AFTER, Field.BEFORE)
    )
    days = (Clause(Field.AFTER, f"{year:04}"), Clause(Field.BEFORE, f"{year + 1:04}"))
    return to_text(Query(kept + days))


def filters_of(query: Query) -> tuple[Choice, ...]:
    """The conditions that a query has, in words, each with the query without it.

    A year, as `in_year` writes it, is one condition.
    """
    year = _year(query)
    choices = []
    for clause in query.clauses:
        if clause.field not in _FILTERS:
            continue
        if year is not None and clause in year:
            if clause is year[0]:
                choices.append(Choice(year[0].value, _without(query, *year)))
            continue
        sign = "not " if clause.is_negated else ""
        text = sign + _SHOWN[clause.field].format(clause.value)
        choices.append(Choice(text, _without(query, clause)))
    return tuple(choices)


def _without(query: Query, *clauses: Clause) -> str:
    return to_text(Query(tuple(each for each in query.clauses if each not in clauses)))


def _year(query: Query) -> tuple[Clause, Clause] | None:
    """The two clauses that say one year, if they do."""
    after, before = query.of(Field.AFTER), query.of(Field.BEFORE)
    if len(after) != 1 or len(before) != 1 or not (after[0].value.isdigit()):
        return None
    start, end = first_day(after[0].value), first_day(before[0].value)
    is_year = (end.year, end.month, end.day) == (start.year + 1, 1, 1)
    return (after[0], before[0]) if is_year else None
