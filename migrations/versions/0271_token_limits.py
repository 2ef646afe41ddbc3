"""How often a token may ask, by the minute."""

import sqlalchemy as sa
from alembic import op

revision = "0271"
down_revision = "0270"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_tokens", sa.Column("per_minute", sa.Integer(), server_default=sa.text("600"), nullable=False))


def downgrade() -> None:
    op.drop_column("api_tokens", "per_minute")
