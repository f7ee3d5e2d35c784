"""The tables of people and of what they do; beside the tables of papers in `schema`.

Everything a person does to a paper hangs on the paper's number, and moves when two papers turn out
to be one (`people.moving`). Tokens and links are kept as SHA-256 digests only.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text, text

from broadsheet.store.schema import Instant, metadata

account = Table(
    "account",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("email_key", Text),
    Column("verified_at", Instant),
    Column("password_hash", Text),
    Column("role", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("affiliation", Text, nullable=False),
    Column("biography", Text, nullable=False),
    Column("orcid", Text),
    Column("orcid_verified_at", Instant),
    Column("are_votes_public", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("is_approved", Boolean, nullable=False),
    Column("suspended_at", Instant),
    Column("suspended_reason", Text, nullable=False),
    Index("account_by_name", "name", unique=True),
    Index("account_by_email", "email_key", unique=True),
    Index("account_by_orcid", "orcid"),
)

identity = Table(
    "identity",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Index("identity_by_account", "account_id"),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("account_id", Integer, nullable=False),
    Column("client", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("session_by_id", "session_id", unique=True),
    Index("session_by_account", "account_id"),
)

api_token = Table(
    "api_token",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("token_id", Text, nullable=False),
    Column("account_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("can_write", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("expires_at", Instant),
    Index("api_token_by_id", "token_id", unique=True),
    Index("api_token_by_account", "account_id"),
)

one_time_link = Table(
    "one_time_link",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("account_id", Integer),
    Column("email", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("one_time_link_by_account", "account_id"),
    Index("one_time_link_by_expiry", "expires_at"),
)

throttle = Table(
    "throttle",
    metadata,
    Column("name", Text, primary_key=True),
    Column("window_at", Instant, primary_key=True),
    Column("number", Integer, nullable=False),
    Index("throttle_by_window", "window_at"),
)

vote = Table(
    "vote",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("voted_at", Instant, nullable=False),
    Column("is_counted", Boolean, nullable=False),
    Index("vote_by_paper", "paper_id", "voted_at"),
    Index("vote_uncounted", "is_counted", "voted_at"),
)

comment = Table(
    "comment",
    metadata,
    Column("comment_id", Integer, primary_key=True),
    Column("paper_id", Integer, nullable=False),
    Column("parent_id", Integer),
    Column("account_id", Integer),
    Column("body", Text, nullable=False),
    Column("votes", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    Column("hidden_at", Instant),
    Column("hidden_reason", Text, nullable=False, server_default=""),
    Column("changed_at", Instant, nullable=False, server_default="0"),
    Index("comment_by_paper", "paper_id", "created_at"),
    Index("comment_by_account", "account_id", "created_at"),
    Index("comment_by_change", "changed_at", "comment_id"),
    Index(
        "comment_to_forget",
        "deleted_at",
        sqlite_where=text("body <> ''"),
        postgresql_where=text("body <> ''"),
    ),
    Index("comment_by_parent", "parent_id"),
    # A number names a comment for ever, in links and exports: it must not come again.
    sqlite_autoincrement=True,
)

comment_edit = Table(
    "comment_edit",
    metadata,
    Column("edit_id", Integer, primary_key=True),
    Column("comment_id", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("replaced_at", Instant, nullable=False),
    Index("comment_edit_by_comment", "comment_id"),
)

comment_vote = Table(
    "comment_vote",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("comment_id", Integer, primary_key=True, autoincrement=False),
    Column("voted_at", Instant, nullable=False),
    Index("comment_vote_by_comment", "comment_id"),
)

report = Table(
    "report",
    metadata,
    Column("report_id", Integer, primary_key=True),
    Column("comment_id", Integer, nullable=False),
    Column("account_id", Integer),
    Column("reason", Text, nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", Integer),
    Column("resolution", Text, nullable=False),
    Index("report_by_comment", "comment_id", "account_id", unique=True),
    Index("report_open", "resolved_at", "reported_at"),
)

submission = Table(
    "submission",
    metadata,
    Column("submission_id", Integer, primary_key=True),
    Column("account_id", Integer),
    Column("paper_id", Integer),
    Column("key", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Integer),
    Column("reason", Text, nullable=False),
    Index("submission_by_account", "account_id", "submitted_at"),
    Index("submission_by_state", "state", "submitted_at"),
    Index("submission_by_paper", "paper_id"),
    Index("submission_by_key", "key"),
)

pick = Table(
    "pick",
    metadata,
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("picked_on", Date, nullable=False),
    Column("position", Integer, nullable=False),
    Column("account_id", Integer),
    Column("note", Text, nullable=False),
    Column("picked_at", Instant, nullable=False),
    Index("pick_by_day", "picked_on", "position"),
)

paper_claim = Table(
    "paper_claim",
    metadata,
    Column("claim_id", Integer, primary_key=True),
    Column("paper_id", Integer, nullable=False),
    Column("account_id", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Integer),
    Column("reason", Text, nullable=False),
    Column("appeal", Text, nullable=False),
    Index("paper_claim_by_paper", "paper_id", "account_id", unique=True),
    Index("paper_claim_by_account", "account_id"),
    Index("paper_claim_by_state", "state", "claimed_at"),
)

collection = Table(
    "collection",
    metadata,
    Column("collection_id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("share_digest", LargeBinary),
    Column("share_token", Text),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("collection_by_account", "account_id", "slug", unique=True),
    Index("collection_by_share", "share_digest", unique=True),
)

collection_paper = Table(
    "collection_paper",
    metadata,
    Column("collection_id", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Index("collection_paper_by_paper", "paper_id"),
    Index("collection_paper_by_position", "collection_id", "position"),
)

mark = Table(
    "mark",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Integer, primary_key=True, autoincrement=False),
    Column("read_at", Instant),
    Column("saved_at", Instant),
    Column("dismissed_at", Instant),
    Column("note", Text, nullable=False),
    Column("noted_at", Instant),
    Column("former_note", Text),
    Index("mark_by_paper", "paper_id"),
    Index("mark_by_saved", "account_id", "saved_at"),
)

follow = Table(
    "follow",
    metadata,
    Column("account_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("followed_at", Instant, nullable=False),
    Column("seen_paper_id", Integer, nullable=False),
    Index("follow_by_subject", "kind", "subject"),
)

notification = Table(
    "notification",
    metadata,
    Column("notification_id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("paper_id", Integer),
    Column("notified_at", Instant, nullable=False),
    Column("read_at", Instant),
    Index("notification_by_name", "account_id", "name", unique=True),
    Index("notification_by_time", "account_id", "notified_at"),
)

log_entry = Table(
    "log_entry",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("logged_at", Instant, nullable=False),
    Column("account_id", Integer),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Index("log_entry_by_time", "is_public", "logged_at"),
    Index("log_entry_by_subject", "subject"),
    Index("log_entry_by_account", "account_id", "logged_at"),
)
