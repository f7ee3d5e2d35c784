"""The short way for records that meet nobody: no id, DOI or title of theirs is in the library.

Each is a paper of its own, so nothing is compared, merged or read back. Of a first import these are
nearly all; every other record takes the way of `reconcile`, which would write the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Table

from broadsheet.store.harvest_marks import label_text
from broadsheet.store.identity import Entry, near_key
from broadsheet.store.loading import present
from broadsheet.store.merging import listing_day, submission
from broadsheet.store.schema import Instant, harvest, paper, paper_category, record
from broadsheet.store.writing import COMMENT_WEIGHT, Counters, category_labels, newest_on

_PAPER = ("paper_id", "key", "words", "near_key", "added_at", "revision", "people_votes",
          "counted_votes", "people_comments", "listed_on", "votes", "comments", "strength",
          "submitted_order")  # fmt: skip
_RECORD = ("source", "record_id", "paper_id", "own_key", "doi", "title_hash", "newest_on",
           "seen_at", "digest", "body")  # fmt: skip
_CATEGORY = ("category", "is_archive", "paper_id", "listed_on", "votes", "comments", "strength",
             "submitted_order")  # fmt: skip
_HARVEST = ("key", "paper_id", "changed_at", "labels")

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Stranger:
    """An entry that meets nobody, with the near key of its title."""

    entry: Entry
    near_key: int | None


_LINKS: tuple[tuple[Column[Any], Callable[[Stranger], Any]], ...] = (
    (record.c.own_key, lambda each: each.entry.identity.own_key),
    (record.c.doi, lambda each: each.entry.identity.doi),
    (record.c.title_hash, lambda each: each.entry.identity.title_hash),
    (paper.c.near_key, lambda each: each.near_key),
)


def strangers(
    connection: Connection, entries: Sequence[Entry], others: Iterable[Entry] = ()
) -> list[Stranger]:
    """Those of the entries that share no link with each other, the others, or the library.

    No record may be stored under the name of one of the entries; `others` are in the same batch.
    """
    found = [Stranger(entry, near_key(entry.identity.words)) for entry in entries]
    beside = [Stranger(entry, near_key(entry.identity.words)) for entry in others]
    names = Counter(entry.name for entry in entries)
    alone = [each for each in found if names[each.entry.name] == 1 and not each.entry.part]
    for column, value_of in _LINKS:
        values = [value for each in (*found, *beside) if (value := value_of(each)) is not None]
        taken = present(connection, column, values)
        taken.update(value for value, times in Counter(values).items() if times > 1)
        if taken:
            alone = [each for each in alone if value_of(each) not in taken]
    return alone


def write_strangers(connection: Connection, found: Sequence[Stranger], now: datetime) -> None:
    """Give each stranger a paper, with the rows that `reconcile` would write for it."""
    if not found:
        return
    counters = Counters(connection)
    rows = _Rows(connection, counters, now)
    for each in found:
        rows.add(each)
    rows.write()
    counters.save()


@lru_cache(maxsize=10_000)
def _labels(categories: tuple[str, ...]) -> tuple[tuple[tuple[str, bool], ...], str]:
    """Labels with whether each is an archive, and all as one text; few combinations exist."""
    labels = category_labels(categories)
    return tuple(labels.items()), label_text(labels)


class _Rows:
    """Rows of many new papers, as tuples that go to the driver as they are."""

    def __init__(self, connection: Connection, counters: Counters, now: datetime) -> None:
        self._connection = connection
        self._counters = counters
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._now = self._instant(now)
        self._changed_at = self._instant(counters.next_instant(now))
        self._papers: list[Row] = []
        self._records: list[Row] = []
        self._categories: list[Row] = []
        self._harvest: list[Row] = []

    def _instant(self, value: datetime) -> int | None:
        return Instant().process_bind_param(value, self._connection.dialect)

    def _day(self, day: date | None) -> date | str | None:
        return day.isoformat() if day is not None and self._is_sqlite else day

    def add(self, stranger: Stranger) -> None:
        entry = stranger.entry
        known, identity = entry.record, entry.identity
        number = self._counters.next_paper_id()
        listing = self._listing(entry)
        labels, text = _labels(known.categories)
        self._papers.append(
            (number, identity.own_key, " ".join(identity.words), stranger.near_key, self._now,
             self._counters.next_revision(), 0, 0, 0, *listing)
        )  # fmt: skip
        self._records.append(
            (known.source, known.record_id, number, identity.own_key, identity.doi,
             identity.title_hash, self._day(newest_on(known)), self._now, entry.digest, entry.body)
        )  # fmt: skip
        for category, is_archive in labels:
            self._categories.append((category, is_archive, number, *listing))
        self._harvest.append((identity.own_key, number, self._changed_at, text))

    def _listing(self, entry: Entry) -> Row:
        """What lists filter and sort by; see `writing.listing_columns`."""
        known = entry.record
        votes, comments = known.votes or 0, known.comments or 0
        submitted_at = submission(known)
        order = int(submitted_at.timestamp()) if submitted_at else 0
        strength = votes + COMMENT_WEIGHT * comments
        return self._day(listing_day(known, submitted_at)), votes, comments, strength, order

    def write(self) -> None:
        self._insert(paper, _PAPER, self._papers)
        self._insert(record, _RECORD, self._records)
        self._insert(paper_category, _CATEGORY, sorted(self._categories))
        # The key may be that of a paper that is no more: its deletion is not true any longer.
        anew = "ON CONFLICT (key) DO UPDATE SET " + ", ".join(
            f"{name} = excluded.{name}" for name in _HARVEST[1:]
        )
        self._insert(harvest, _HARVEST, self._harvest, anew)

    def _insert(self, table: Table, columns: Sequence[str], rows: list[Row], end: str = "") -> None:
        if rows:
            names = ", ".join(f'"{name}"' for name in columns)
            places = ", ".join(["?" if self._is_sqlite else "%s"] * len(columns))
            self._connection.exec_driver_sql(
                f"INSERT INTO {table.name} ({names}) VALUES ({places}) {end}",  # noqa: S608 - names of our own tables
                rows,
            )
