"""Splits papers that were wrongly taken for one, and undoes it; the decision outlives imports.

A record that was split off belongs to a part, and a part is a paper of its own: nothing joins it by
id, DOI or title any more (`identity.identity_of`). What people did stays with the paper that keeps
the number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, tuple_

from broadsheet.errors import Conflict, InputError
from broadsheet.store.identity import Entry, identity_of
from broadsheet.store.loading import Name, Neighbourhood
from broadsheet.store.reconcile import reconcile
from broadsheet.store.schema import paper, parting


def parts_of(connection: Connection) -> dict[Name, str]:
    """The part of every record that was split off; few ever are."""
    rows = connection.execute(select(parting.c.source, parting.c.record_id, parting.c.part))
    return {(row.source, row.record_id): row.part for row in rows}


def split(connection: Connection, paper_id: int, names: Collection[Name], now: datetime) -> str:
    """Make some records of a paper a paper of their own; its key.

    Raises InputError where a record is not the paper's, or none or all of them are named.
    """
    near, own = _records_of(connection, paper_id)
    if not names or set(names) - own.keys() or len(set(names)) == len(own):
        raise InputError("Name some records of the paper, but not all of them.", "record")
    part = "\n".join(f"{source} {record_id}" for source, record_id in sorted(names))
    _forget(connection, names)
    rows = [{"source": s, "record_id": r, "part": part, "parted_at": now} for s, r in set(names)]
    connection.execute(insert(parting), rows)
    return _sorted_again(connection, near, dict.fromkeys(names, part), now)


def rejoin(connection: Connection, paper_id: int, now: datetime) -> str:
    """Undo the split that made a paper; the key of the paper that its records belong to then.

    Raises Conflict where no split made it.
    """
    near, own = _records_of(connection, paper_id)
    parted = {name for name, entry in own.items() if entry.part}
    if not parted:
        raise Conflict("No split made this paper, so there is nothing to undo.")
    near.grow([_of_part(own[name], "") for name in parted], [])
    _forget(connection, parted)
    return _sorted_again(connection, near, dict.fromkeys(parted, ""), now)


def _records_of(connection: Connection, paper_id: int) -> tuple[Neighbourhood, dict[Name, Entry]]:
    near = Neighbourhood(connection)
    near.grow([], [paper_id])
    return near, {name: e for name, e in near.entries.items() if e.paper_id == paper_id}


def _of_part(entry: Entry, part: str) -> Entry:
    return replace(entry, part=part, identity=identity_of(entry.record, part))


def _forget(connection: Connection, names: Collection[Name]) -> None:
    name = tuple_(parting.c.source, parting.c.record_id)
    connection.execute(delete(parting).where(name.in_(list(names))))


def _sorted_again(
    connection: Connection, near: Neighbourhood, parts: Mapping[Name, str], now: datetime
) -> str:
    """Sort the records into papers by their new parts; the key of the paper of the first one."""
    changed = {name: _of_part(near.entries[name], part) for name, part in parts.items()}
    outcome = reconcile(
        connection,
        stored=near.entries,
        wanted={**near.entries, **changed},
        changed=set(changed),
        crowded=near.crowded,
        now=now,
    )
    number = outcome.paper_ids.get(min(parts))
    wanted = select(paper.c.key).where(paper.c.paper_id == number)
    return connection.scalar(wanted) or ""
