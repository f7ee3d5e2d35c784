"""Writes rows: papers, records, categories, and the two counters that number everything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from broadsheet.domain import Paper, PaperRecord
from broadsheet.store.identity import Entry, near_key
from broadsheet.store.loading import Name, in_chunks
from broadsheet.store.merging import PaperHead, day_of
from broadsheet.store.schema import alias, counter, paper, paper_category, record, removal

REVISION = "revision"
COMMENT_WEIGHT = 2

_PAPERS = "papers"
_INSTANT = "instant"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SUBCATEGORY = re.compile(r"([a-z-]+)\.[A-Za-z-]+")


class Counters:
    """The last revision, paper number and instant of writing; none ever goes back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        rows = connection.execute(select(counter.c.name, counter.c.value))
        self._stored: dict[str, int] = {row.name: row.value for row in rows}
        self._values = {REVISION: 0, _PAPERS: 0, **self._stored}

    def next_revision(self) -> int:
        """A revision that no paper had before."""
        return self._next(REVISION)

    def next_paper_id(self) -> int:
        """A number that no paper had before."""
        return self._next(_PAPERS)

    def next_instant(self, now: datetime) -> datetime:
        """Now, or a microsecond after the transaction before where clocks went back or stood."""
        self._values[_INSTANT] = max(
            (now - _EPOCH) // _MICROSECOND, self._values.get(_INSTANT, 0) + 1
        )
        return _EPOCH + self._values[_INSTANT] * _MICROSECOND

    def _next(self, name: str) -> int:
        self._values[name] += 1
        return self._values[name]

    def save(self) -> None:
        """Write back what has moved."""
        for name, value in self._values.items():
            if name not in self._stored:
                self._connection.execute(insert(counter).values(name=name, value=value))
            elif value != self._stored[name]:
                self._connection.execute(
                    update(counter).where(counter.c.name == name).values(value=value)
                )


def paper_heads(connection: Connection, paper_ids: Iterable[int]) -> dict[int, PaperHead]:
    """The heads of stored papers by number."""
    columns = [paper.c[name] for name in PaperHead.__slots__]
    found = {}
    for chunk in in_chunks(paper_ids):
        rows = connection.execute(select(*columns).where(paper.c.paper_id.in_(chunk)))
        found.update({row.paper_id: PaperHead(*row) for row in rows})
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """A paper before, None for a new one, and after; `words` are its title's words after."""

    before: Paper | None
    after: Paper
    words: Sequence[str]


def write_papers(connection: Connection, changes: Sequence[Change]) -> None:
    """Write the rows of changed papers and of their categories."""
    new = [_paper_row(change) for change in changes if change.before is None]
    known = [_paper_row(change) for change in changes if change.before is not None]
    if known:
        _update_papers(connection, known)
    if new:
        connection.execute(insert(paper), new)
    _write_categories(connection, changes)


def _update_papers(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Update paper rows; a key may pass from one paper to another, so all keys go first."""
    is_it = paper.c.paper_id == bindparam("of_paper")
    connection.execute(
        update(paper).where(is_it).values(key=bindparam("no_key")),
        [{"of_paper": row["paper_id"], "no_key": f"#{row['paper_id']}"} for row in rows],
    )
    columns = [name for name in rows[0] if name != "paper_id"]
    connection.execute(
        update(paper).where(is_it).values({name: bindparam(f"to_{name}") for name in columns}),
        [
            {"of_paper": row["paper_id"], **{f"to_{name}": row[name] for name in columns}}
            for row in rows
        ],
    )


def _paper_row(change: Change) -> dict[str, Any]:
    merged = change.after
    return {
        "paper_id": merged.paper_id,
        "key": merged.key,
        "words": " ".join(change.words),
        "near_key": near_key(change.words),
        "added_at": merged.added_at,
        "revision": merged.revision,
        "people_votes": merged.people_votes,
        "counted_votes": merged.counted_votes,
        "people_comments": merged.people_comments,
        **listing_columns(merged),
    }


def listing_columns(merged: Paper) -> dict[str, Any]:
    """What lists filter and sort by; the same in `paper` and `paper_category`.

    The votes that order lists leave out those of our people that do not count yet.
    """
    votes = merged.votes - merged.people_votes + merged.counted_votes
    return {
        "listed_on": merged.listed_on,
        "votes": votes,
        "comments": merged.comments,
        "strength": votes + COMMENT_WEIGHT * merged.comments,
        "submitted_order": int(merged.submitted_at.timestamp()) if merged.submitted_at else 0,
    }


def _write_categories(connection: Connection, changes: Iterable[Change]) -> None:
    changed = [c for c in changes if c.before is None or _labels(c.before) != _labels(c.after)]
    _delete_of_papers(
        connection, paper_category, [c.after.paper_id for c in changed if c.before is not None]
    )
    if rows := [row for change in changed for row in _category_rows(change.after)]:
        connection.execute(insert(paper_category), rows)


def _labels(merged: Paper) -> tuple[object, ...]:
    return merged.categories, *listing_columns(merged).values()


def category_labels(categories: Iterable[str]) -> dict[str, bool]:
    """Categories and the archives above them (`cs` for `cs.LG`), and whether each is an archive."""
    names = dict.fromkeys(categories, False)
    for name in tuple(names):
        if found := _SUBCATEGORY.fullmatch(name):
            names.setdefault(found.group(1), True)
    return names


def _category_rows(merged: Paper) -> list[dict[str, Any]]:
    """One row for each category of a paper and each archive above them."""
    names = category_labels(merged.categories)
    shared = {"paper_id": merged.paper_id, **listing_columns(merged)}
    return [
        {"category": name, "is_archive": is_archive, **shared} for name, is_archive in names.items()
    ]


def write_removals(
    connection: Connection, removed: Mapping[int, int | None], counters: Counters
) -> None:
    """Delete papers with all that hangs on them; what must live on moves to the successor."""
    if not removed:
        return
    for gone, successor in removed.items():
        if successor is not None:
            connection.execute(
                update(alias).where(alias.c.paper_id == gone).values(paper_id=successor)
            )
    for table in (alias, paper_category, paper):
        _delete_of_papers(connection, table, removed)
    connection.execute(
        insert(removal),
        [{"paper_id": gone, "revision": counters.next_revision()} for gone in removed],
    )


def _delete_of_papers(connection: Connection, table: Table, paper_ids: Iterable[int]) -> None:
    for chunk in in_chunks(paper_ids):
        connection.execute(delete(table).where(table.c.paper_id.in_(chunk)))


def write_aliases(connection: Connection, old_keys: Mapping[str, int]) -> None:
    """Let keys that papers no longer have lead to the papers they belong to now."""
    for chunk in in_chunks(old_keys):
        connection.execute(delete(alias).where(alias.c.name.in_(chunk)))
        connection.execute(
            insert(alias), [{"name": key, "paper_id": old_keys[key]} for key in chunk]
        )


def write_records(
    connection: Connection,
    members: Mapping[int, Sequence[Entry]],
    stored: Mapping[Name, Entry],
    now: datetime,
) -> None:
    """Bring the records of papers, given by paper number, from what is stored to these."""
    fresh, moved = [], []
    for paper_id, entries in members.items():
        for entry in entries:
            known = stored.get(entry.name)
            if known is None or _differs(known, entry):
                fresh.append(_record_row(entry, paper_id, now))
            elif known.paper_id != paper_id:
                moved.append({**_which(entry.name), "owner": paper_id})
    delete_records(connection, (name for row in fresh if (name := _name(row)) in stored))
    if fresh:
        connection.execute(insert(record), fresh)
    if moved:
        connection.execute(update(record).where(_IS_IT).values(paper_id=bindparam("owner")), moved)


def _differs(known: Entry, entry: Entry) -> bool:
    return known.digest != entry.digest or known.identity != entry.identity


def delete_records(connection: Connection, names: Iterable[Name]) -> None:
    """Delete records by name."""
    if gone := [_which(name) for name in names]:
        connection.execute(delete(record).where(_IS_IT), gone)


_IS_IT = and_(
    record.c.source == bindparam("of_source"), record.c.record_id == bindparam("of_record")
)


def _which(name: Name) -> dict[str, Any]:
    return {"of_source": name[0], "of_record": name[1]}


def _name(row: Mapping[str, Any]) -> Name:
    return row["source"], row["record_id"]


def _record_row(entry: Entry, paper_id: int, now: datetime) -> dict[str, Any]:
    return {
        "source": entry.record.source,
        "record_id": entry.record.record_id,
        "paper_id": paper_id,
        "own_key": entry.identity.own_key,
        "doi": entry.identity.doi,
        "title_hash": entry.identity.title_hash,
        "newest_on": newest_on(entry.record),
        "seen_at": now,
        "digest": entry.digest,
        "body": entry.body,
    }


def newest_on(known: PaperRecord) -> date | None:
    """The newest day that a record names; None where it names none."""
    submitted_on = day_of(known.submitted_at) if known.submitted_at else None
    days = (known.listed_on, known.announced_on, submitted_on)
    return max((day for day in days if day), default=None)
