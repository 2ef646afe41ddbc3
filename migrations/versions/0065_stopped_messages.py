"""An index of the few messages that were suppressed or failed: what may be owed again is looked for at every tick."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0060"
branch_labels = None
depends_on = None

LOCKS = {
    "require-concurrent-index-creation": "before the first release: no table is large yet",
}


def upgrade() -> None:
    op.create_index(
        "ix_messages_stopped",
        "messages",
        ["assessment_id"],
        postgresql_where=sa.text("state IN ('suppressed', 'failed')"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_stopped", "messages")
