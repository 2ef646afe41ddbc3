"""The audit trigger calls its helper only where a column is hidden, and works out changes itself: the same, sooner."""

from alembic import op

from migrations.audit import FUNCTION

revision = "0040"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute("DROP FUNCTION IF EXISTS audit.changed(jsonb, jsonb)")  # of databases made before


def downgrade() -> None:
    """What it writes has not changed, so the older revision may keep it."""
