"""Compares the counters of papers with the rows that they count, and repairs them on demand.

Counters change in the same transaction as their rows, so nothing should ever be found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from broadsheet.doings import Miscount
from broadsheet.domain import Paper
from broadsheet.store.database import Database
from broadsheet.store.loading import in_chunks
from broadsheet.store.people_schema import comment, vote
from broadsheet.store.reading import read_papers
from broadsheet.store.schema import paper, paper_category
from broadsheet.store.writing import listing_columns

Counts = dict[str, int]
_OF_PEOPLE = ("people_votes", "counted_votes", "people_comments")
_OF_LISTS = ("votes", "comments", "strength")
_AT_ONCE = 1_000


class CounterTable:
    """The counters of a library's papers; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self) -> list[Miscount]:
        """The counters of papers and categories that are not what the rows say."""
        with self._database.read() as connection:
            return [found for found, _, _ in _wrong(connection)]

    def repair(self) -> list[Miscount]:
        """Set those counters right; what was wrong."""
        with self._database.write() as connection:
            wrong = list(_wrong(connection))
            for paper_id, true in {number: true for _, number, true in wrong}.items():
                lists = {name: true[name] for name in _OF_LISTS}
                connection.execute(update(paper).where(paper.c.paper_id == paper_id).values(true))
                connection.execute(
                    update(paper_category)
                    .where(paper_category.c.paper_id == paper_id)
                    .values(lists)
                )
        return [found for found, _, _ in wrong]


def _wrong(connection: Connection) -> Iterator[tuple[Miscount, int, Counts]]:
    """Each wrong counter, with its paper's number and all that the paper's counters should be."""
    rows = _rows_of_people(connection)
    counted = or_(*(paper.c[name] != 0 for name in _OF_PEOPLE))
    numbers = {*rows, *connection.scalars(select(paper.c.paper_id).where(counted))}
    for chunk in in_chunks(sorted(numbers), _AT_ONCE):
        kept, categories = _kept(connection, chunk), _kept_in_categories(connection, chunk)
        for each in read_papers(connection, chunk):
            true = _true(each, rows.get(each.paper_id, {}))
            stored = [kept[each.paper_id], *categories.get(each.paper_id, [])]
            for counts in stored:
                for name, value in counts.items():
                    if value != true[name]:
                        yield Miscount(each.key, name, value, true[name]), each.paper_id, true


def _true(merged: Paper, rows: Mapping[str, int]) -> Counts:
    people = {name: rows.get(name, 0) for name in _OF_PEOPLE}
    right = replace(
        merged,
        votes=merged.votes - merged.people_votes + people["people_votes"],
        comments=merged.comments - merged.people_comments + people["people_comments"],
        people_votes=people["people_votes"],
        counted_votes=people["counted_votes"],
        people_comments=people["people_comments"],
    )
    lists = listing_columns(right)
    return {**people, **{name: lists[name] for name in _OF_LISTS}}


def _rows_of_people(connection: Connection) -> dict[int, Counts]:
    """Votes, counted votes and visible comments by paper, counted from the rows."""
    counted = func.count().filter(vote.c.is_counted.is_(True))
    votes = select(vote.c.paper_id, func.count(), counted).group_by(vote.c.paper_id)
    comments = (
        select(comment.c.paper_id, func.count())
        .where(comment.c.deleted_at.is_(None), comment.c.hidden_at.is_(None))
        .group_by(comment.c.paper_id)
    )
    found: dict[int, Counts] = {}
    for paper_id, number, of_them in connection.execute(votes):
        found[paper_id] = {"people_votes": number, "counted_votes": of_them}
    for paper_id, number in connection.execute(comments):
        found.setdefault(paper_id, {})["people_comments"] = number
    return found


def _kept(connection: Connection, paper_ids: list[int]) -> dict[int, Counts]:
    names = (*_OF_PEOPLE, *_OF_LISTS)
    columns: list[Any] = [paper.c[name] for name in names]
    rows = connection.execute(
        select(paper.c.paper_id, *columns).where(paper.c.paper_id.in_(paper_ids))
    )
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _kept_in_categories(connection: Connection, paper_ids: list[int]) -> dict[int, list[Counts]]:
    columns: list[Any] = [paper_category.c[name] for name in _OF_LISTS]
    wanted = select(paper_category.c.paper_id, *columns).where(
        paper_category.c.paper_id.in_(paper_ids)
    )
    found: dict[int, list[Counts]] = {}
    for row in connection.execute(wanted.distinct()):
        found.setdefault(row[0], []).append(dict(zip(_OF_LISTS, row[1:], strict=True)))
    return found
