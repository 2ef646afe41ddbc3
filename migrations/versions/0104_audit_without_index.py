"""The audit trail's index by table goes: each audited row paid for it, and nothing asks for it.

The one question by table, for the newest entry about what is exported, is answered by the key, from its end.
"""

from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None

INDEX = "ix_entries_table_name"
LOCKS = {
    "require-concurrent-index-deletion": "dropping takes no longer than getting the lock, which has its limit",
}


def upgrade() -> None:
    op.drop_index(op.f(INDEX), table_name="entries", schema="audit")


def downgrade() -> None:
    op.create_index(op.f(INDEX), "entries", ["table_name"], schema="audit")
