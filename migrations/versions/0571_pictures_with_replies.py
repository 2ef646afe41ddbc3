"""How many pictures or files came with what somebody wrote: a person asks for what is not taken in."""

import sqlalchemy as sa
from alembic import op

revision = "0571"
down_revision = "0570"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("replies", sa.Column("media", sa.SmallInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("replies", "media")
