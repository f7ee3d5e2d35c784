"""The tables. Columns are what SQL joins, filters or sorts by; all else of a record is its body.

A paper has no body of its own: it is merged from its records whenever it is read, so nothing is
kept twice. The migrations beside this file build the same tables, and a test compares them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

SCHEMA_REVISION = "0006"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, kept as microseconds since 1970 so that both databases sort alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002, D102
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002, D102
        return None if value is None else _EPOCH + value * _MICROSECOND


metadata = MetaData()

counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

paper = Table(
    "paper",
    metadata,
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("near_key", BigInteger),
    Column("listed_on", Date, nullable=False),
    Column("votes", Integer, nullable=False),
    Column("comments", Integer, nullable=False),
    Column("strength", Integer, nullable=False),
    Column("people_votes", Integer, nullable=False, server_default="0"),
    Column("counted_votes", Integer, nullable=False, server_default="0"),
    Column("people_comments", Integer, nullable=False, server_default="0"),
    Column("submitted_order", BigInteger, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index("paper_by_key", "key", unique=True),
    Index("paper_by_revision", "revision", unique=True),
    Index("paper_by_near_key", "near_key"),
    Index("paper_by_day", "listed_on", "votes", "comments", "submitted_order", "paper_id"),
    Index("paper_by_votes", "votes", "comments", "submitted_order", "paper_id"),
    Index("paper_by_strength", "strength", "listed_on", "paper_id", "votes", "comments"),
)

record = Table(
    "record",
    metadata,
    Column("source", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("paper_id", Integer, nullable=False),
    Column("own_key", Text, nullable=False),
    Column("doi", Text),
    Column("title_hash", BigInteger),
    Column("newest_on", Date),
    Column("seen_at", Instant, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
    Index("record_by_paper", "paper_id"),
    Index("record_by_own_key", "own_key"),
    Index("record_by_doi", "doi"),
    Index("record_by_title", "title_hash"),
    Index("record_by_source", "source", "seen_at", "newest_on", "paper_id"),
)

paper_category = Table(
    "paper_category",
    metadata,
    Column("category", Text, primary_key=True),
    Column("listed_on", Date, primary_key=True),
    Column("paper_id", Integer, primary_key=True),
    Column("votes", Integer, nullable=False),
    Column("comments", Integer, nullable=False),
    Column("strength", Integer, nullable=False),
    Column("submitted_order", BigInteger, nullable=False),
    Column("is_archive", Boolean, nullable=False),
    Index("paper_category_by_paper", "paper_id"),
    Index("paper_category_by_day", "listed_on", "is_archive"),
    sqlite_with_rowid=False,
)

parting = Table(
    "parting",
    metadata,
    Column("source", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("part", Text, nullable=False),
    Column("parted_at", Instant, nullable=False),
    Index("parting_by_part", "part"),
)

alias = Table(
    "alias",
    metadata,
    Column("name", Text, primary_key=True),
    Column("paper_id", Integer, nullable=False),
    Index("alias_by_paper", "paper_id"),
)

relation = Table(
    "relation",
    metadata,
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("other_id", Integer, primary_key=True, autoincrement=False),
    Index("relation_by_other", "other_id"),
)

removal = Table(
    "removal",
    metadata,
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Index("removal_by_revision", "revision"),
)

harvest = Table(
    "harvest",
    metadata,
    Column("key", Text, primary_key=True),
    Column("paper_id", Integer),
    Column("changed_at", Instant, nullable=False),
    Column("labels", Text, nullable=False),
    Index("harvest_by_change", "changed_at", "key"),
)

reject = Table(
    "reject",
    metadata,
    Column("reject_id", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("rejected_at", Instant, nullable=False),
    Index("reject_by_digest", "digest", unique=True),
)

source = Table(
    "source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("is_paused", Boolean, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("is_underway", Boolean, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("outcome", Text),
    Column("reason", Text, nullable=False),
    Column("checked_at", Instant),
    Column("news_at", Instant),
    Column("batch_on", Date),
    Column("failures", Integer, nullable=False),
    Column("claim", Text),
    Column("claimed_until", Instant),
)
