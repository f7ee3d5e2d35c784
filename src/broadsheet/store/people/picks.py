"""Rows of editors' picks, and the front page that they make of a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from broadsheet.doings import Pick
from broadsheet.domain import Paper
from broadsheet.errors import NotFound
from broadsheet.store.database import Database
from broadsheet.store.listings import select_ids
from broadsheet.store.people.log import write_entry
from broadsheet.store.people_schema import account, pick
from broadsheet.store.reading import read_papers
from broadsheet.store.schema import paper


@dataclass(frozen=True, slots=True)
class FrontPage:
    """One page of a day: papers in order, how many there are, and the day's picks in order."""

    papers: tuple[Paper, ...]
    total: int
    picks: tuple[Pick, ...]


class PickTable:
    """The picks of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def front_page(self, day: date, *, limit: int, offset: int) -> FrontPage:
        """The papers of a day: its picks first, in their order, then the others by votes.

        A pick that was listed on another day stands here as well.
        """
        with self._database.read() as connection:
            picks = _of_day(connection, day)
            own = [one.paper_id for one in picks]
            chosen = own[offset : offset + limit]
            rest, others = select_ids(
                connection,
                start=day,
                end=day,
                category=None,
                order="votes",
                limit=limit - len(chosen),
                offset=max(0, offset - len(own)),
                without=own,
            )
            found = {one.paper_id: one for one in read_papers(connection, [*chosen, *rest])}
        papers = tuple(found[number] for number in (*chosen, *rest))
        return FrontPage(papers, len(own) + others, tuple(picks))

    def put(self, chosen: Pick, *, key: str, text: str) -> Pick:
        """Pick a paper for a day, or change its note; it stands last among the day's picks."""
        with self._database.write() as connection:
            old = _find(connection, chosen.paper_id)
            connection.execute(delete(pick).where(pick.c.paper_id == chosen.paper_id))
            stays = old is not None and old.picked_on == chosen.picked_on
            place = old.position if old and stays else _last(connection, chosen.picked_on) + 1
            connection.execute(
                insert(pick).values(
                    paper_id=chosen.paper_id,
                    picked_on=chosen.picked_on,
                    position=place,
                    account_id=chosen.account_id,
                    note=chosen.note,
                    picked_at=chosen.picked_at,
                )
            )
            _note(connection, chosen, "change-pick" if stays else "pick", key, text)
            _close_ranks(connection, chosen.picked_on)
            if old is not None and not stays:
                _close_ranks(connection, old.picked_on)
            return _found(connection, chosen.paper_id)

    def move(self, moved: Pick, place: int, *, key: str, text: str) -> Pick:
        """Put a pick at a place among its day's picks, counted from 1. Raises NotFound."""
        with self._database.write() as connection:
            found = _found(connection, moved.paper_id)
            others = [one for one in _of_day(connection, found.picked_on) if one != found]
            place = min(max(place, 1), len(others) + 1)
            others.insert(place - 1, found)
            _number(connection, others)
            _note(connection, moved, "move-pick", key, text)
            return _found(connection, moved.paper_id)

    def remove(self, removed: Pick, *, key: str, text: str) -> None:
        """Take a pick back. Raises NotFound where there is none."""
        with self._database.write() as connection:
            found = _found(connection, removed.paper_id)
            connection.execute(delete(pick).where(pick.c.paper_id == removed.paper_id))
            _close_ranks(connection, found.picked_on)
            _note(connection, removed, "unpick", key, text)

    def find(self, paper_id: int) -> Pick | None:
        """The pick of a paper."""
        with self._database.read() as connection:
            return _find(connection, paper_id)

    def of_day(self, day: date) -> list[Pick]:
        """The picks of a day in their order."""
        with self._database.read() as connection:
            return _of_day(connection, day)

    def days(self, *, before: date | None, limit: int) -> list[tuple[date, list[Pick]]]:
        """The newest days that have picks, before one if given, each with its picks in order."""
        named = select(pick.c.picked_on).distinct().order_by(pick.c.picked_on.desc()).limit(limit)
        if before is not None:
            named = named.where(pick.c.picked_on < before)
        with self._database.read() as connection:
            days = list(connection.scalars(named))
            chosen = _wanted().where(pick.c.picked_on.in_(days))
            picks = [_pick(row) for row in connection.execute(chosen)]
        return [(day, [one for one in picks if one.picked_on == day]) for day in days]


def _wanted() -> Select[Any]:
    """Picks of papers that are here, in the order of their day."""
    return (
        select(pick, account.c.name)
        .join(paper, paper.c.paper_id == pick.c.paper_id)
        .join(account, account.c.account_id == pick.c.account_id, isouter=True)
        .order_by(pick.c.position, pick.c.picked_at, pick.c.paper_id)
    )


def _of_day(connection: Connection, day: date) -> list[Pick]:
    rows = connection.execute(_wanted().where(pick.c.picked_on == day))
    return [_pick(row) for row in rows]


def _find(connection: Connection, paper_id: int) -> Pick | None:
    row = connection.execute(_wanted().where(pick.c.paper_id == paper_id)).first()
    return _pick(row) if row else None


def _found(connection: Connection, paper_id: int) -> Pick:
    found = _find(connection, paper_id)
    if found is None:
        raise NotFound("This paper is not among the editors' picks.")
    return found


def _last(connection: Connection, day: date) -> int:
    newest = select(func.max(pick.c.position)).where(pick.c.picked_on == day)
    return connection.scalar(newest) or 0


def _close_ranks(connection: Connection, day: date) -> None:
    _number(connection, _of_day(connection, day))


def _number(connection: Connection, picks: Sequence[Pick]) -> None:
    for place, one in enumerate(picks, 1):
        if one.position != place:
            connection.execute(
                update(pick).where(pick.c.paper_id == one.paper_id).values(position=place)
            )


def _note(connection: Connection, by: Pick, action: str, key: str, text: str) -> None:
    write_entry(
        connection,
        account_id=by.account_id,
        action=action,
        subject=f"paper:{key}",
        text=text,
        is_public=True,
        now=by.picked_at,
    )


def _pick(row: Row[Any]) -> Pick:
    return Pick(
        paper_id=row.paper_id,
        picked_on=row.picked_on,
        account_id=row.account_id,
        note=row.note,
        picked_at=row.picked_at,
        position=row.position,
        name=row.name or "",
    )
