"""Reads papers: joins each paper's row with its records and merges them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import orjson
from sqlalchemy import BindParameter, Connection, FromClause, Row, Select, bindparam, select

from broadsheet.domain import Paper, PaperRecord
from broadsheet.record_json import record_from_json
from broadsheet.store.loading import in_chunks
from broadsheet.store.merging import PaperHead, in_precedence, merge
from broadsheet.store.schema import paper, record

_PAGE = 500


def read_papers(connection: Connection, paper_ids: Iterable[int]) -> list[Paper]:
    """The papers of these numbers in any order; one query for up to 15,000."""
    return [merged for merged, _ in read_with_records(connection, paper_ids)]


def read_with_records(
    connection: Connection, paper_ids: Iterable[int]
) -> list[tuple[Paper, Sequence[PaperRecord]]]:
    """The papers of these numbers with their records, both in any order."""
    found: list[tuple[Paper, Sequence[PaperRecord]]] = []
    for chunk in in_chunks(paper_ids):
        rows = connection.execute(_of_these(), {"these": chunk})
        found.extend(_merged(sorted(rows, key=attrgetter("paper_id"))))
    return found


@lru_cache(maxsize=1)
def _of_these() -> Select[Any]:
    """The question for papers by number, made once: making it takes longer than asking it.

    Both tables are narrowed: PostgreSQL, before its first ANALYZE, would scan all records.
    """
    these: BindParameter[Any] = bindparam("these", expanding=True)
    return _with_records(paper).where(paper.c.paper_id.in_(these), record.c.paper_id.in_(these))


def read_selected(connection: Connection, selection: Select[Any], order: str) -> list[Paper]:
    """The papers that a selection of rows of `paper` yields, ascending by one of its columns."""
    chosen = selection.subquery()
    statement = _with_records(chosen).order_by(chosen.c[order], chosen.c.paper_id)
    return [merged for merged, _ in _merged(connection.execute(statement))]


def read_records(connection: Connection, paper_id: int) -> list[PaperRecord]:
    """The records of a paper, most trusted source first."""
    bodies = connection.scalars(select(record.c.body).where(record.c.paper_id == paper_id))
    return in_precedence(record_from_json(orjson.loads(body)) for body in bodies)


def read_everything(connection: Connection) -> Iterator[tuple[Paper, list[PaperRecord]]]:
    """Every paper with its records, ascending by number, a few hundred in memory at a time."""
    last = -1
    while True:
        chosen = select(paper).where(paper.c.paper_id > last).order_by(paper.c.paper_id)
        page = chosen.limit(_PAGE).subquery()
        rows = connection.execute(_with_records(page).order_by(page.c.paper_id)).all()
        if not rows:
            return
        for merged, records in _merged(rows):
            yield merged, in_precedence(records)
        last = rows[-1].paper_id


def _with_records(papers: FromClause) -> Select[Any]:
    head = (papers.c[name] for name in PaperHead.__slots__)
    return select(*head, record.c.body).join_from(
        papers, record, record.c.paper_id == papers.c.paper_id
    )


def _merged(rows: Iterable[Row[Any]]) -> Iterator[tuple[Paper, Sequence[PaperRecord]]]:
    """Papers of rows in which all rows of a paper follow each other."""
    # The first column is the paper's number, the last one the record's body.
    for _, group in groupby(rows, key=itemgetter(0)):
        members = list(group)
        records = [record_from_json(orjson.loads(row[-1])) for row in members]
        columns: Any = members[0]
        yield merge(records, PaperHead(*columns[:-1])), records
