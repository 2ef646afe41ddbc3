"""The audit trail writes the same in less time: a submission has a hundred rows.

Revision ID: 0050
Revises: 0012
"""

from alembic import op

from migrations.audit import FUNCTION

revision = "0050"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(FUNCTION)


def downgrade() -> None:
    """What the function writes is the same before and after."""
