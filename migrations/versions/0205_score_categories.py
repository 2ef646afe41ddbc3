"""The band, group or case that a score falls into is kept beside it; of scores made before, nothing was kept."""

import sqlalchemy as sa
from alembic import op

revision = "0205"
down_revision = "0172"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scores", sa.Column("category", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("scores", "category")
