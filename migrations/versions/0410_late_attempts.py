"""That answers came when they were no longer taken, and in which way; nothing of what they said."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0410"
down_revision = "0430"
branch_labels = None
depends_on = None

TABLE = "public.late_attempts"
MODES = ("page", "page, with help", "sms", "staff on behalf", "telephone interview", "paper")


def upgrade() -> None:
    mode = sa.Enum(*MODES, name="mode", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "late_attempts",
        sa.Column("assessment_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", mode, nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name=op.f("fk_late_attempts_assessment_id_assessments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_attempts")),
        sa.UniqueConstraint("assessment_id", "mode", name=op.f("uq_late_attempts_assessment_id_mode")),
    )
    for statement in (
        *confine(TABLE, through("assessment_id")),
        *triggers(TABLE),
        *may("SELECT, INSERT, UPDATE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (*no_triggers(TABLE), *unconfine(TABLE)):
        op.execute(statement)
    op.drop_table("late_attempts")
