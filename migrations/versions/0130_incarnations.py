"""The database names its own life, so that a clock notices when it was restored."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0130"
down_revision = "0122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incarnations",
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column(
            "because",
            sa.Enum("installed", "restored", name="because", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("home", sa.String(length=120), nullable=False),
        sa.Column("lost_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incarnations")),
        sa.UniqueConstraint("mark", name=op.f("uq_incarnations_mark")),
    )
    for statement in (
        *triggers("public.incarnations"),
        *may("SELECT, INSERT", ["public.incarnations"]),
        *may("UPDATE (released_at)", ["public.incarnations"]),
        *may("USAGE", ["SEQUENCE public.incarnations_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers("public.incarnations"):
        op.execute(statement)
    op.drop_table("incarnations")
