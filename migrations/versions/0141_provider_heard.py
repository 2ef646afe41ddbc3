"""What the provider's own rules took a text for, where they say so."""

import sqlalchemy as sa
from alembic import op

revision = "0141"
down_revision = "0140"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("replies", sa.Column("provider_heard", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("replies", "provider_heard")
