"""Which keys a production database was closed with, so that no service with others takes it for its own."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import app_role, may

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_marks",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_marks")),
        sa.UniqueConstraint("key_id", name=op.f("uq_key_marks_key_id")),
    )
    for statement in (
        *triggers("public.key_marks"),
        *may("SELECT, INSERT", ["public.key_marks"]),
        f'GRANT USAGE ON SEQUENCE key_marks_id_seq TO "{app_role()}"',
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers("public.key_marks"):
        op.execute(statement)
    op.drop_table("key_marks")
