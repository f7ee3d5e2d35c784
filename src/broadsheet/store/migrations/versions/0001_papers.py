"""Papers, their records, categories, aliases and relations; removals and rejects."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_papers()
    _create_records()
    _create_categories()
    _create_connections()
    _create_rejects()


def _create_papers() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "paper",
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("near_key", sa.BigInteger),
        sa.Column("listed_on", sa.Date, nullable=False),
        sa.Column("votes", sa.Integer, nullable=False),
        sa.Column("comments", sa.Integer, nullable=False),
        sa.Column("strength", sa.Integer, nullable=False),
        sa.Column("submitted_order", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("paper_by_key", "paper", ["key"], unique=True)
    op.create_index("paper_by_revision", "paper", ["revision"], unique=True)
    op.create_index("paper_by_near_key", "paper", ["near_key"])
    op.create_index(
        "paper_by_day", "paper", ["listed_on", "votes", "comments", "submitted_order", "paper_id"]
    )
    op.create_index("paper_by_votes", "paper", ["votes", "comments", "submitted_order", "paper_id"])
    op.create_index(
        "paper_by_strength", "paper", ["strength", "listed_on", "paper_id", "votes", "comments"]
    )


def _create_records() -> None:
    op.create_table(
        "record",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, primary_key=True),
        sa.Column("paper_id", sa.Integer, nullable=False),
        sa.Column("own_key", sa.Text, nullable=False),
        sa.Column("doi", sa.Text),
        sa.Column("title_hash", sa.BigInteger),
        sa.Column("newest_on", sa.Date),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("record_by_paper", "record", ["paper_id"])
    op.create_index("record_by_own_key", "record", ["own_key"])
    op.create_index("record_by_doi", "record", ["doi"])
    op.create_index("record_by_title", "record", ["title_hash"])
    op.create_index("record_by_source", "record", ["source", "seen_at", "newest_on", "paper_id"])


def _create_categories() -> None:
    op.create_table(
        "paper_category",
        sa.Column("category", sa.Text, primary_key=True),
        sa.Column("listed_on", sa.Date, primary_key=True),
        sa.Column("paper_id", sa.Integer, primary_key=True),
        sa.Column("votes", sa.Integer, nullable=False),
        sa.Column("comments", sa.Integer, nullable=False),
        sa.Column("strength", sa.Integer, nullable=False),
        sa.Column("submitted_order", sa.BigInteger, nullable=False),
        sa.Column("is_archive", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("paper_category_by_paper", "paper_category", ["paper_id"])
    op.create_index("paper_category_by_day", "paper_category", ["listed_on", "is_archive"])


def _create_connections() -> None:
    op.create_table(
        "alias",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("paper_id", sa.Integer, nullable=False),
    )
    op.create_index("alias_by_paper", "alias", ["paper_id"])
    op.create_table(
        "relation",
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("other_id", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("relation_by_other", "relation", ["other_id"])
    op.create_table(
        "removal",
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("removal_by_revision", "removal", ["revision"])


def _create_rejects() -> None:
    op.create_table(
        "reject",
        sa.Column("reject_id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("excerpt", sa.Text, nullable=False),
        sa.Column("rejected_at", sa.BigInteger, nullable=False),
    )
    op.create_index("reject_by_digest", "reject", ["digest"], unique=True)
