"""Private feeds, and webhooks: what they watch, what they were told, each delivery."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _feeds()
    _webhooks()
    _deliveries()


def _feeds() -> None:
    op.create_table(
        "private_feed",
        sa.Column("salt", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "private_feed_by_list", "private_feed", ["account_id", "kind", "subject"], unique=True
    )
    op.create_table(
        "followed_paper",
        sa.Column("account_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
    )
    op.create_index("followed_paper_by_paper", "followed_paper", ["paper_id"])
    op.create_index("followed_paper_by_time", "followed_paper", ["account_id", "found_at"])


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("webhook_id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("look_at", sa.BigInteger, nullable=False),
        sa.Column("seen_revision", sa.Integer, nullable=False),
        sa.Column("failing_since", sa.BigInteger),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("last_error", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("webhook_by_account", "webhook", ["account_id"])
    op.create_index("webhook_by_look", "webhook", ["state", "look_at"])
    op.create_table(
        "webhook_paper",
        sa.Column("webhook_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
    )
    op.create_index("webhook_paper_by_paper", "webhook_paper", ["paper_id"])
    op.create_index("webhook_paper_by_account", "webhook_paper", ["account_id"])


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("delivery_id", sa.Integer, primary_key=True),
        sa.Column("webhook_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("papers", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("claim", sa.Text),
        sa.Column("claimed_until", sa.BigInteger),
    )
    named = "webhook_delivery"
    op.create_index(f"{named}_by_message", named, ["message_id"], unique=True)
    op.create_index(f"{named}_by_webhook", named, ["webhook_id", "delivery_id"])
    op.create_index(f"{named}_by_account", named, ["account_id"])
    op.create_index(f"{named}_by_due", named, ["state", "due_at"])
