"""An assessment says by which rules of time zones its window was derived; of those there are, nobody knows."""

import sqlalchemy as sa
from alembic import op

revision = "0155"
down_revision = "0152"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assessments", sa.Column("zone_rules", sa.String(length=10), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("assessments", "zone_rules")
