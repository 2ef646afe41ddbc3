"""A life of the database knows its last participant of before, so that no number of hers is given to another."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import app_role, may

revision = "0562"
down_revision = "0566"
branch_labels = None
depends_on = None

TABLE, COLUMN = "incarnations", "last_participant_id"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.BigInteger(), nullable=True))
    for statement in may(f"UPDATE ({COLUMN})", [f"public.{TABLE}"]):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f'REVOKE UPDATE ({COLUMN}) ON public.{TABLE} FROM "{app_role()}"')
    op.drop_column(TABLE, COLUMN)
