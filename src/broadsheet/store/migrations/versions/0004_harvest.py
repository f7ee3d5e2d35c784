"""Keys and the instants of their last change, for harvesters."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_JOINED = {
    "sqlite": "char(10) || group_concat(category, char(10)) || char(10)",
    "postgresql": "chr(10) || string_agg(category, chr(10)) || chr(10)",
}


def upgrade() -> None:
    op.create_table(
        "harvest",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("paper_id", sa.Integer),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
    )
    joined = _JOINED[op.get_context().dialect.name]
    op.execute(
        "INSERT INTO harvest (key, paper_id, changed_at, labels) "  # noqa: S608 - the text is ours
        "SELECT p.key, p.paper_id, p.added_at, COALESCE((SELECT " + joined + " "
        "FROM paper_category c WHERE c.paper_id = p.paper_id), '') FROM paper p"
    )
    op.create_index("harvest_by_change", "harvest", ["changed_at", "key"])
    op.execute(
        "INSERT INTO counter (name, value) "
        "SELECT 'instant', MAX(changed_at) FROM harvest HAVING COUNT(*) > 0"
    )
