"""Heartbeats of the clock, and the seals of the audit trail."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import app_role, may

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("job", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeats")),
        sa.UniqueConstraint("job", name=op.f("uq_heartbeats_job")),
    )
    op.create_table(
        "seals",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("last_entry", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("next_entry", sa.BigInteger(), nullable=False),
        sa.Column("next_transaction", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seals")),
        sa.UniqueConstraint("number", name=op.f("uq_seals_number")),
        schema="audit",
    )
    for statement in (
        *may("SELECT, INSERT, UPDATE", ["public.heartbeats"]),
        *may("SELECT, INSERT", ["audit.seals"]),
        f'GRANT USAGE ON SEQUENCE heartbeats_id_seq, audit.seals_id_seq TO "{app_role()}"',
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("seals", schema="audit")
    op.drop_table("heartbeats")
