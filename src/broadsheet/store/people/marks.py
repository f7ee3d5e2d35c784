"""Rows of what readers note for themselves on papers: read, saved, dismissed, a private note."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from broadsheet.doings import Mark, Shelf
from broadsheet.identifiers import normalise_words
from broadsheet.store.database import Database
from broadsheet.store.people.votes import number_of
from broadsheet.store.people_schema import mark
from broadsheet.store.schema import paper, paper_category

_SINCE = {
    Shelf.SAVED: mark.c.saved_at,
    Shelf.NOTED: mark.c.noted_at,
    Shelf.READ: mark.c.read_at,
    Shelf.DISMISSED: mark.c.dismissed_at,
}
_ON: dict[Shelf, ColumnElement[bool]] = {
    **{shelf: column.is_not(None) for shelf, column in _SINCE.items()},
    Shelf.NOTED: mark.c.note != "",
}


class MarkTable:
    """The marks of a library's readers; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, account_id: int, key: str, shelf: Shelf, at: datetime | None) -> tuple[str, Mark]:
        """Put a paper on a shelf (not NOTED) at an instant, or with None take it off.

        Gives the paper's key and what is marked now; a paper that stood on the shelf before keeps
        its instant. Raises NotFound.
        """
        column = _SINCE[shelf]
        with self._database.write(beside_others=True) as connection:
            paper_id = number_of(connection, key)
            kept = func.coalesce(column, literal(at, column.type)) if at else None
            self._put(connection, account_id, paper_id, {column.name: at}, {column.name: kept})
            return _key(connection, paper_id), _tidied(connection, account_id, paper_id)

    def write_note(self, account_id: int, key: str, note: str, at: datetime) -> tuple[str, Mark]:
        """Replace the private note on a paper; the former one is kept. Raises NotFound."""
        with self._database.write(beside_others=True) as connection:
            paper_id = number_of(connection, key)
            before = _mark(connection, account_id, paper_id)
            if before.note != note:
                values = {"note": note, "noted_at": at, "former_note": before.note}
                self._put(connection, account_id, paper_id, values, values)
            return _key(connection, paper_id), _mark(connection, account_id, paper_id)

    def _put(
        self,
        connection: Connection,
        account_id: int,
        paper_id: int,
        first: dict[str, Any],
        then: dict[str, Any],
    ) -> None:
        """Write the values of a new row, or those that change a known one."""
        make = sqlite.insert if self._database.is_sqlite else postgresql.insert
        made = make(mark).values(account_id=account_id, paper_id=paper_id, **{"note": "", **first})
        connection.execute(
            made.on_conflict_do_update(index_elements=["account_id", "paper_id"], set_=then)
        )

    def of(self, account_id: int, paper_ids: Collection[int]) -> dict[int, Mark]:
        """What an account has marked on these papers, by paper."""
        wanted = select(mark).where(mark.c.account_id == account_id, mark.c.paper_id.in_(paper_ids))
        with self._database.read() as connection:
            return {row.paper_id: _mark_of(row) for row in connection.execute(wanted)}

    def everything(self, account_id: int) -> list[Mark]:
        """All that an account has marked, by paper; for taking it away."""
        wanted = select(mark).where(mark.c.account_id == account_id).order_by(mark.c.paper_id)
        with self._database.read() as connection:
            return [_mark_of(row) for row in connection.execute(wanted)]

    def counts(self, account_id: int) -> dict[Shelf, int]:
        """How many papers stand on each shelf of an account."""
        shelves = list(Shelf)
        numbers = [func.count().filter(_ON[shelf]) for shelf in shelves]
        with self._database.read() as connection:
            row = connection.execute(select(*numbers).where(mark.c.account_id == account_id)).one()
        return dict(zip(shelves, row, strict=True))

    def shelf(
        self,
        account_id: int,
        shelf: Shelf,
        *,
        category: str | None = None,
        is_unread: bool = False,
        title_words: str = "",
    ) -> list[Mark]:
        """The papers on a shelf, put there last first.

        `category` is one of arXiv's or a whole archive; with `is_unread` only papers that are not
        marked read; `title_words` must begin words of the title.
        """
        wanted = select(mark).where(mark.c.account_id == account_id, _ON[shelf])
        if category:
            wanted = _in_category(wanted, category)
        if is_unread:
            wanted = wanted.where(mark.c.read_at.is_(None))
        if title_words:
            wanted = _titled(wanted, normalise_words(title_words))
        wanted = wanted.order_by(_SINCE[shelf].desc(), mark.c.paper_id.desc())
        with self._database.read() as connection:
            return [_mark_of(row) for row in connection.execute(wanted)]

    def categories(self, account_id: int, shelf: Shelf, limit: int) -> list[tuple[str, int]]:
        """The categories with the most papers on a shelf, with their numbers of papers."""
        number = func.count()
        wanted = (
            select(paper_category.c.category, number)
            .join(mark, mark.c.paper_id == paper_category.c.paper_id)
            .where(mark.c.account_id == account_id, _ON[shelf])
            .where(paper_category.c.is_archive.is_(False))
            .group_by(paper_category.c.category)
            .order_by(number.desc(), paper_category.c.category)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(wanted)]


def _in_category(wanted: Select[Any], category: str) -> Select[Any]:
    columns = paper_category.c
    return wanted.join(
        paper_category,
        and_(columns.paper_id == mark.c.paper_id, columns.category == category),
    )


def _titled(wanted: Select[Any], words: Sequence[str]) -> Select[Any]:
    text = literal(" ") + paper.c.words
    wanted = wanted.join(paper, paper.c.paper_id == mark.c.paper_id)
    return wanted.where(*(text.contains(f" {word}", autoescape=True) for word in words))


def _mark(connection: Connection, account_id: int, paper_id: int) -> Mark:
    is_it = (mark.c.account_id == account_id) & (mark.c.paper_id == paper_id)
    row = connection.execute(select(mark).where(is_it)).first()
    return Mark(paper_id) if row is None else _mark_of(row)


def _tidied(connection: Connection, account_id: int, paper_id: int) -> Mark:
    """The mark of a paper; a row that says nothing any more is deleted."""
    found = _mark(connection, account_id, paper_id)
    if found == Mark(paper_id):
        connection.execute(
            delete(mark).where(mark.c.account_id == account_id, mark.c.paper_id == paper_id)
        )
    return found


def _key(connection: Connection, paper_id: int) -> str:
    key: str = connection.scalars(select(paper.c.key).where(paper.c.paper_id == paper_id)).one()
    return key


def _mark_of(row: Row[Any]) -> Mark:
    return Mark(
        row.paper_id,
        row.read_at,
        row.saved_at,
        row.dismissed_at,
        row.note,
        row.noted_at,
        row.former_note,
    )
