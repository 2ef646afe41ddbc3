"""What a PIN or a year of birth opened is closed by a new one, and by a lock: contacts count both."""

import sqlalchemy as sa
from alembic import op

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("check_version", sa.Integer(), nullable=False, server_default="1")
    op.add_column("contacts", column, schema="identifiers")


def downgrade() -> None:
    op.drop_column("contacts", "check_version", schema="identifiers")
