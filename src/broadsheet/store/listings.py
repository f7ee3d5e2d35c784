"""Which papers a period holds, in what order, and what surrounds it. Returns numbers, no papers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, Table, and_, func, literal, select, true
from sqlalchemy.sql.elements import ColumnElement

from broadsheet.identifiers import normalise_words
from broadsheet.store.schema import paper, paper_category, record, relation

Order = Literal["votes", "date"]
Signal = tuple[int, int, int, date]


def _source(
    start: date | None, end: date | None, category: str | None
) -> tuple[Table, ColumnElement[bool]]:
    """The table whose rows are the papers of a period and category, and the condition on it.

    `paper_category` repeats the sorting columns of `paper`, so either answers alone.
    """
    table = paper_category if category else paper
    conditions = [
        *([table.c.category == category] if category else []),
        *([table.c.listed_on >= start] if start else []),
        *([table.c.listed_on <= end] if end else []),
    ]
    return table, and_(true(), *conditions)


def select_ids(
    connection: Connection,
    *,
    start: date | None,
    end: date | None,
    category: str | None,
    order: Order,
    limit: int,
    offset: int,
    without: Collection[int] = (),
) -> tuple[list[int], int]:
    """One page of numbers and how many there are in all, those `without` left out of both."""
    table, condition = _source(start, end, category)
    if without:
        condition = and_(condition, table.c.paper_id.not_in(without))
    chosen = select(table.c.paper_id).where(condition)
    total = connection.scalar(select(func.count()).select_from(table).where(condition)) or 0
    page = _ordered(chosen, table, order).limit(limit).offset(offset)
    return list(connection.scalars(page)), total


def _ordered(chosen: Select[Any], table: Table, order: Order) -> Select[Any]:
    columns = table.c
    if order == "date":
        return chosen.order_by(columns.listed_on.desc(), columns.paper_id.desc())
    return chosen.order_by(
        columns.votes.desc(),
        columns.comments.desc(),
        columns.submitted_order.desc(),
        columns.paper_id.desc(),
    )


def signals(
    connection: Connection,
    *,
    start: date | None,
    end: date | None,
    category: str | None,
    limit: int | None,
) -> list[Signal]:
    """Number, votes, comments and day of the papers of a period, the strongest where limited."""
    table, condition = _source(start, end, category)
    columns = table.c
    chosen = select(columns.paper_id, columns.votes, columns.comments, columns.listed_on)
    chosen = chosen.where(condition)
    if limit is not None:
        strongest = columns.strength.desc(), columns.listed_on.desc(), columns.paper_id.desc()
        chosen = chosen.order_by(*strongest).limit(limit)
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(chosen)]


def title_ids(
    connection: Connection, words: str, *, limit: int, offset: int
) -> tuple[list[int], int]:
    """Papers whose titles have, for each of the words, a word that begins with it; newest first."""
    begins = normalise_words(words)
    if not begins:
        return [], 0
    text = literal(" ") + paper.c.words
    condition = and_(*(text.contains(f" {word}") for word in begins))
    total = connection.scalar(select(func.count()).select_from(paper).where(condition)) or 0
    page = _ordered(select(paper.c.paper_id).where(condition), paper, "date")
    return list(connection.scalars(page.limit(limit).offset(offset))), total


def keys_between(connection: Connection, first: int, last: int) -> list[str]:
    """The keys of the papers with numbers from first to last, ascending."""
    chosen = select(paper.c.key).where(paper.c.paper_id.between(first, last))
    return list(connection.scalars(chosen.order_by(paper.c.paper_id)))


def newest_number(connection: Connection) -> int:
    """The largest number of a paper; 0 for an empty library."""
    return connection.scalar(select(func.max(paper.c.paper_id))) or 0


def newest_day(connection: Connection) -> date | None:
    """The newest day that has papers."""
    day: date | None = connection.scalar(select(func.max(paper.c.listed_on)))
    return day


def neighbour_days(
    connection: Connection, start: date, end: date
) -> tuple[date | None, date | None]:
    """The nearest days with papers before the start and after the end."""
    day = paper.c.listed_on
    before = select(func.max(day)).where(day < start).scalar_subquery()
    after = select(func.min(day)).where(day > end).scalar_subquery()
    row = connection.execute(select(before, after)).one()
    return row[0], row[1]


def category_counts(
    connection: Connection, start: date | None, end: date | None, limit: int
) -> list[tuple[str, int]]:
    """The categories with the most papers of a period; archives as a whole are not counted."""
    columns = paper_category.c
    number = func.count()
    statement = (
        select(columns.category, number)
        .where(
            columns.is_archive.is_(False),
            *([columns.listed_on >= start] if start else []),
            *([columns.listed_on <= end] if end else []),
        )
        .group_by(columns.category)
        .order_by(number.desc(), columns.category)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]


def related_ids(connection: Connection, paper_id: int) -> list[int]:
    """The papers that belong to a paper without being it."""
    from_here = relation.c.paper_id == paper_id
    return list(connection.scalars(select(relation.c.other_id).where(from_here)))


def ids_without(
    connection: Connection,
    source: str,
    *,
    since: date,
    seen_before: datetime,
    below: int | None,
    limit: int,
) -> list[int]:
    """Papers since a day of which a source has said nothing since an instant, youngest first.

    Only those with a number `below` one, if given, so that a walk over all can go on.
    """
    said = select(record.c.paper_id).where(
        record.c.source == source,
        record.c.seen_at >= seen_before,
        record.c.paper_id == paper.c.paper_id,
    )
    wanted = select(paper.c.paper_id).where(paper.c.listed_on >= since, ~said.exists())
    if below is not None:
        wanted = wanted.where(paper.c.paper_id < below)
    return list(connection.scalars(wanted.order_by(paper.c.paper_id.desc()).limit(limit)))
