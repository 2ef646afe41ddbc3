"""Who looked for whose telephone number; and in which language a member of staff wants her pages."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0161"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look_ups",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("looked_up_by", sa.String(length=60), nullable=False),
        sa.Column("looked_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_look_ups_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_ups")),
    )
    op.create_index(op.f("ix_look_ups_participant_id"), "look_ups", ["participant_id"], unique=False)
    op.add_column("users", sa.Column("language", sa.String(length=5), nullable=True))
    for statement in (
        *confine("public.look_ups", through("participant_id")),
        *triggers("public.look_ups"),
        *may("SELECT, INSERT", ["public.look_ups"]),
        *may("USAGE", ["SEQUENCE public.look_ups_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("users", "language")
    for statement in (*no_triggers("public.look_ups"), *unconfine("public.look_ups")):
        op.execute(statement)
    op.drop_index(op.f("ix_look_ups_participant_id"), table_name="look_ups")
    op.drop_table("look_ups")
