"""Mail: subscribers, what they were sent, the outbox, addresses that must not be written to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _subscribers()
    _outbox()
    op.create_table(
        "suppression",
        sa.Column("address_key", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("suppressed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "digest_click",
        sa.Column("clicked_on", sa.Date, primary_key=True),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("clicks", sa.Integer, nullable=False),
    )


def _subscribers() -> None:
    op.create_table(
        "subscriber",
        sa.Column("subscriber_id", sa.Integer, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("preferences", sa.Text, nullable=False),
        sa.Column("link_version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("looked_at", sa.BigInteger),
        sa.Column("covered_on", sa.Date),
        sa.Column("claim", sa.Text),
        sa.Column("claimed_until", sa.BigInteger),
        sa.Column("soft_bounces", sa.Integer, nullable=False),
        sa.Column("bounced_at", sa.BigInteger),
    )
    op.create_index("subscriber_by_address", "subscriber", ["address_key"], unique=True)
    op.create_index("subscriber_by_account", "subscriber", ["account_id"])
    op.create_index("subscriber_by_due", "subscriber", ["state", "due_at"])
    op.create_table(
        "sent_paper",
        sa.Column("subscriber_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sent_on", sa.Date, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("sent_paper_by_paper", "sent_paper", ["paper_id"])
    op.create_table(
        "leaning",
        sa.Column("subscriber_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("wants_more", sa.Integer, nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
    )
    op.create_index("leaning_by_paper", "leaning", ["paper_id"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.Integer, primary_key=True),
        sa.Column("unique_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subscriber_id", sa.Integer),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("message", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("claim", sa.Text),
        sa.Column("claimed_until", sa.BigInteger),
    )
    op.create_index("outbox_by_key", "outbox", ["unique_key"], unique=True)
    op.create_index("outbox_by_due", "outbox", ["state", "due_at"])
    op.create_index("outbox_by_address", "outbox", ["address_key"])
    op.create_index("outbox_by_message", "outbox", ["message_id"])
    op.create_index("outbox_by_finish", "outbox", ["finished_at"])
