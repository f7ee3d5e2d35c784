"""People and what they do: accounts, votes, comments, submissions, collections; their counts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("people_votes", "counted_votes", "people_comments"):
        op.add_column("paper", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "parting",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, primary_key=True),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("parted_at", sa.BigInteger, nullable=False),
    )
    op.create_index("parting_by_part", "parting", ["part"])
    _accounts()
    _discussion()
    _curation()
    _reading()


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("email_key", sa.Text),
        sa.Column("verified_at", sa.BigInteger),
        sa.Column("password_hash", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("affiliation", sa.Text, nullable=False),
        sa.Column("biography", sa.Text, nullable=False),
        sa.Column("orcid", sa.Text),
        sa.Column("orcid_verified_at", sa.BigInteger),
        sa.Column("are_votes_public", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("is_approved", sa.Boolean, nullable=False),
        sa.Column("suspended_at", sa.BigInteger),
        sa.Column("suspended_reason", sa.Text, nullable=False),
    )
    op.create_index("account_by_email", "account", ["email_key"], unique=True)
    op.create_index("account_by_name", "account", ["name"], unique=True)
    op.create_index("account_by_orcid", "account", ["orcid"])
    op.create_table(
        "identity",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_index("identity_by_account", "identity", ["account_id"])
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("session_by_account", "session", ["account_id"])
    op.create_index("session_by_id", "session", ["session_id"], unique=True)
    op.create_table(
        "api_token",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("token_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("can_write", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
    )
    op.create_index("api_token_by_account", "api_token", ["account_id"])
    op.create_index("api_token_by_id", "api_token", ["token_id"], unique=True)
    op.create_table(
        "one_time_link",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_index("one_time_link_by_account", "one_time_link", ["account_id"])
    op.create_index("one_time_link_by_expiry", "one_time_link", ["expires_at"])
    op.create_table(
        "throttle",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("window_at", sa.BigInteger, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_index("throttle_by_window", "throttle", ["window_at"])


def _discussion() -> None:
    op.create_table(
        "vote",
        sa.Column("account_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("voted_at", sa.BigInteger, nullable=False),
        sa.Column("is_counted", sa.Boolean, nullable=False),
    )
    op.create_index("vote_by_paper", "vote", ["paper_id", "voted_at"])
    op.create_index("vote_uncounted", "vote", ["is_counted", "voted_at"])
    op.create_table(
        "comment",
        sa.Column("comment_id", sa.Integer, primary_key=True),
        sa.Column("paper_id", sa.Integer, nullable=False),
        sa.Column("parent_id", sa.Integer),
        sa.Column("account_id", sa.Integer),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("votes", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("edited_at", sa.BigInteger),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("hidden_at", sa.BigInteger),
        sa.Column("hidden_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("changed_at", sa.BigInteger, nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index("comment_by_account", "comment", ["account_id", "created_at"])
    op.create_index("comment_by_change", "comment", ["changed_at", "comment_id"])
    op.create_index(
        "comment_to_forget",
        "comment",
        ["deleted_at"],
        sqlite_where=sa.text("body <> ''"),
        postgresql_where=sa.text("body <> ''"),
    )
    op.create_index("comment_by_paper", "comment", ["paper_id", "created_at"])
    op.create_index("comment_by_parent", "comment", ["parent_id"])
    op.create_table(
        "comment_edit",
        sa.Column("edit_id", sa.Integer, primary_key=True),
        sa.Column("comment_id", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("replaced_at", sa.BigInteger, nullable=False),
    )
    op.create_index("comment_edit_by_comment", "comment_edit", ["comment_id"])
    op.create_table(
        "comment_vote",
        sa.Column("account_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("comment_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("voted_at", sa.BigInteger, nullable=False),
    )
    op.create_index("comment_vote_by_comment", "comment_vote", ["comment_id"])
    op.create_table(
        "report",
        sa.Column("report_id", sa.Integer, primary_key=True),
        sa.Column("comment_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reported_at", sa.BigInteger, nullable=False),
        sa.Column("resolved_at", sa.BigInteger),
        sa.Column("resolved_by", sa.Integer),
        sa.Column("resolution", sa.Text, nullable=False),
    )
    op.create_index("report_by_comment", "report", ["comment_id", "account_id"], unique=True)
    op.create_index("report_open", "report", ["resolved_at", "reported_at"])


def _curation() -> None:
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer),
        sa.Column("paper_id", sa.Integer),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("submitted_at", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("submission_by_account", "submission", ["account_id", "submitted_at"])
    op.create_index("submission_by_key", "submission", ["key"])
    op.create_index("submission_by_paper", "submission", ["paper_id"])
    op.create_index("submission_by_state", "submission", ["state", "submitted_at"])
    op.create_table(
        "pick",
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("picked_on", sa.Date, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("picked_at", sa.BigInteger, nullable=False),
    )
    op.create_index("pick_by_day", "pick", ["picked_on", "position"])
    op.create_table(
        "paper_claim",
        sa.Column("claim_id", sa.Integer, primary_key=True),
        sa.Column("paper_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("appeal", sa.Text, nullable=False),
    )
    op.create_index("paper_claim_by_account", "paper_claim", ["account_id"])
    op.create_index("paper_claim_by_paper", "paper_claim", ["paper_id", "account_id"], unique=True)
    op.create_index("paper_claim_by_state", "paper_claim", ["state", "claimed_at"])
    op.create_table(
        "log_entry",
        sa.Column("entry_id", sa.Integer, primary_key=True),
        sa.Column("logged_at", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("is_public", sa.Boolean, nullable=False),
    )
    op.create_index("log_entry_by_account", "log_entry", ["account_id", "logged_at"])
    op.create_index("log_entry_by_subject", "log_entry", ["subject"])
    op.create_index("log_entry_by_time", "log_entry", ["is_public", "logged_at"])


def _reading() -> None:
    op.create_table(
        "collection",
        sa.Column("collection_id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("is_public", sa.Boolean, nullable=False),
        sa.Column("share_digest", sa.LargeBinary),
        sa.Column("share_token", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("collection_by_account", "collection", ["account_id", "slug"], unique=True)
    op.create_index("collection_by_share", "collection", ["share_digest"], unique=True)
    op.create_table(
        "collection_paper",
        sa.Column("collection_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_index("collection_paper_by_paper", "collection_paper", ["paper_id"])
    op.create_index(
        "collection_paper_by_position", "collection_paper", ["collection_id", "position"]
    )
    op.create_table(
        "mark",
        sa.Column("account_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("paper_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("read_at", sa.BigInteger),
        sa.Column("saved_at", sa.BigInteger),
        sa.Column("dismissed_at", sa.BigInteger),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("noted_at", sa.BigInteger),
        sa.Column("former_note", sa.Text),
    )
    op.create_index("mark_by_paper", "mark", ["paper_id"])
    op.create_index("mark_by_saved", "mark", ["account_id", "saved_at"])
    op.create_table(
        "follow",
        sa.Column("account_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("followed_at", sa.BigInteger, nullable=False),
        sa.Column("seen_paper_id", sa.Integer, nullable=False),
    )
    op.create_index("follow_by_subject", "follow", ["kind", "subject"])
    op.create_table(
        "notification",
        sa.Column("notification_id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("paper_id", sa.Integer),
        sa.Column("notified_at", sa.BigInteger, nullable=False),
        sa.Column("read_at", sa.BigInteger),
    )
    op.create_index("notification_by_name", "notification", ["account_id", "name"], unique=True)
    op.create_index("notification_by_time", "notification", ["account_id", "notified_at"])
