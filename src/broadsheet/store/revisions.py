"""What the search index has yet to see: changed and removed papers in the order of revisions."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from broadsheet.domain import Paper
from broadsheet.store.reading import read_selected
from broadsheet.store.schema import counter, paper, removal
from broadsheet.store.writing import REVISION


def newest_revision(connection: Connection) -> int:
    """The revision of the last change; 0 for a library that never had a paper."""
    return connection.scalar(select(counter.c.value).where(counter.c.name == REVISION)) or 0


def changed_papers(connection: Connection, after: int, limit: int) -> list[Paper]:
    """The papers changed after a revision, in the order of their changes."""
    chosen = select(paper).where(paper.c.revision > after).order_by(paper.c.revision).limit(limit)
    return read_selected(connection, chosen, "revision")


def removed_papers(connection: Connection, after: int) -> list[tuple[int, int]]:
    """Number and revision of the papers merged away or removed after a revision."""
    columns = removal.c
    rows = connection.execute(
        select(columns.paper_id, columns.revision)
        .where(columns.revision > after)
        .order_by(columns.revision)
    )
    return [(row[0], row[1]) for row in rows]


def pending_changes(connection: Connection, after: int) -> int:
    """How many papers were changed or removed after a revision."""
    return sum(
        connection.scalar(select(func.count()).select_from(table).where(table.c.revision > after))
        or 0
        for table in (paper, removal)
    )
