"""Which number a message went to, and which delivery reports were applied."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0010"
down_revision = "0030"
branch_labels = None
depends_on = None

LOCKS = {
    "require-concurrent-index-creation": "before the first release: no table is large yet",
}


def upgrade() -> None:
    op.add_column("messages", sa.Column("contact_version", sa.Integer(), nullable=True))
    op.create_index("ix_messages_sent", "messages", ["study_id", "sent_at"])
    op.add_column("receipts", sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_receipts_unapplied", "receipts", ["id"], postgresql_where=sa.text("applied_at IS NULL")
    )
    for statement in may("UPDATE (applied_at)", ["public.receipts"]):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_receipts_unapplied", "receipts")
    op.drop_column("receipts", "applied_at")
    op.drop_index("ix_messages_sent", "messages")
    op.drop_column("messages", "contact_version")
