"""The tables of webhooks and private feeds; beside those of people in `people_schema`.

Neither holds a secret: what opens a feed or signs a delivery is made of the salt here and the
instance's secret key, which is not in the database.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from broadsheet.store.schema import Instant, metadata

private_feed = Table(
    "private_feed",
    metadata,
    Column("salt", Text, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("private_feed_by_list", "account_id", "kind", "subject", unique=True),
)

followed_paper = Table(
    "followed_paper",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("found_at", Instant, nullable=False),
    Index("followed_paper_by_paper", "paper_id"),
    Index("followed_paper_by_time", "account_id", "found_at"),
)

webhook = Table(
    "webhook",
    metadata,
    Column("webhook_id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("look_at", Instant, nullable=False),
    Column("seen_revision", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("delivered_at", Instant),
    Column("last_error", Text, nullable=False),
    Index("webhook_by_account", "account_id"),
    Index("webhook_by_look", "state", "look_at"),
    # A number names a webhook in its messages and addresses: it must not come again.
    sqlite_autoincrement=True,
)

webhook_paper = Table(
    "webhook_paper",
    metadata,
    Column("webhook_id", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("account_id", Integer, nullable=False),
    Column("told_at", Instant, nullable=False),
    Index("webhook_paper_by_paper", "paper_id"),
    Index("webhook_paper_by_account", "account_id"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("delivery_id", Integer, primary_key=True),
    Column("webhook_id", Integer, nullable=False),
    Column("account_id", Integer, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("papers", Integer, nullable=False),
    Column("body", LargeBinary),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("finished_at", Instant),
    Column("claim", Text),
    Column("claimed_until", Instant),
    Index("webhook_delivery_by_message", "message_id", unique=True),
    Index("webhook_delivery_by_webhook", "webhook_id", "delivery_id"),
    Index("webhook_delivery_by_account", "account_id"),
    Index("webhook_delivery_by_due", "state", "due_at"),
)
