"""What is left of the trail's entries whose content went with their study, hashed into the certificate of that."""

import sqlalchemy as sa
from alembic import op

revision = "0573"
down_revision = "0579"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("erasures", sa.Column("remains_sha256", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("erasures", "remains_sha256")
