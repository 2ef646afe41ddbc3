"""The breaker remembers which texts were refused since one was taken: one number's refusal holds nobody else back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breakers", sa.Column("refused", JSONB, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("breakers", "refused")
