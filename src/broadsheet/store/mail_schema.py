"""The tables of mail: who subscribes, what they were sent, what waits; beside those of papers.

Addresses stand in `subscriber`, `outbox` and `suppression` only. A message is kept, compressed,
until it has been sent.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, Table, Text

from broadsheet.store.schema import Instant, metadata

subscriber = Table(
    "subscriber",
    metadata,
    Column("subscriber_id", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("account_id", Integer),
    Column("state", Text, nullable=False),
    Column("preferences", Text, nullable=False),
    Column("link_version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("due_at", Instant),
    Column("looked_at", Instant),
    Column("covered_on", Date),
    Column("claim", Text),
    Column("claimed_until", Instant),
    Column("soft_bounces", Integer, nullable=False),
    Column("bounced_at", Instant),
    Index("subscriber_by_address", "address_key", unique=True),
    Index("subscriber_by_account", "account_id"),
    Index("subscriber_by_due", "state", "due_at"),
)

sent_paper = Table(
    "sent_paper",
    metadata,
    Column("subscriber_id", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("sent_on", Date, nullable=False),
    Index("sent_paper_by_paper", "paper_id"),
    sqlite_with_rowid=False,
)

leaning = Table(
    "leaning",
    metadata,
    Column("subscriber_id", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("wants_more", Integer, nullable=False),
    Column("said_at", Instant, nullable=False),
    Index("leaning_by_paper", "paper_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", Integer, primary_key=True),
    Column("unique_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subscriber_id", Integer),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("message", LargeBinary),
    Column("state", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("claim", Text),
    Column("claimed_until", Instant),
    Index("outbox_by_key", "unique_key", unique=True),
    Index("outbox_by_due", "state", "due_at"),
    Index("outbox_by_address", "address_key"),
    Index("outbox_by_message", "message_id"),
    Index("outbox_by_finish", "finished_at"),
)

suppression = Table(
    "suppression",
    metadata,
    Column("address_key", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("suppressed_at", Instant, nullable=False),
)

digest_click = Table(
    "digest_click",
    metadata,
    Column("clicked_on", Date, primary_key=True),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("clicks", Integer, nullable=False),
)
