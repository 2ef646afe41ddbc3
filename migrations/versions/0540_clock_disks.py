"""Each clock counts with the database, so that it notices when a snapshot of a moment ago was put in its place."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import app_role, may

revision = "0540"
down_revision = "0550"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_disks",
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_disks")),
        sa.UniqueConstraint("mark", name=op.f("uq_clock_disks_mark")),
    )
    for statement in (
        *may("SELECT, INSERT, UPDATE", ["public.clock_disks"]),
        f'GRANT USAGE ON SEQUENCE clock_disks_id_seq TO "{app_role()}"',
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("clock_disks")
