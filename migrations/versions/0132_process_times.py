"""How far each process's machine is ahead of the database's time."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import app_role, may

revision = "0132"
down_revision = "0131"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_times",
        sa.Column("process", sa.String(length=100), nullable=False),
        sa.Column("ahead_seconds", sa.Float(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_times")),
        sa.UniqueConstraint("process", name=op.f("uq_process_times_process")),
    )
    for statement in (
        *may("SELECT, INSERT, UPDATE, DELETE", ["public.process_times"]),
        f'GRANT USAGE ON SEQUENCE process_times_id_seq TO "{app_role()}"',
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("process_times")
