"""What a program's request was answered is kept with its ETag, so that sent again it can be built upon as the first."""

import sqlalchemy as sa
from alembic import op

revision = "0579"
down_revision = "0578"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kept_answers", sa.Column("etag", sa.String(80), nullable=True))


def downgrade() -> None:
    op.drop_column("kept_answers", "etag")
