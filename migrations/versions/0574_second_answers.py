"""What differs from the answers that were received for a visit, and the task to look at both."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0574"
down_revision = "0573"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "a study has some thousand tasks: they are read in a moment"}
TABLE = "public.second_answers"
KINDS = (
    "number unusable", "not delivered", "call me", "not able today", "safety", "free text", "message received",
    "PIN locked", "wrong person",
)  # fmt: skip


def upgrade() -> None:
    _kinds((*KINDS, "two answers"))
    op.create_table(
        "second_answers",
        sa.Column("assessment_id", sa.BigInteger(), nullable=False),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name=op.f("fk_second_answers_assessment_id_assessments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_answers")),
        sa.UniqueConstraint("assessment_id", name=op.f("uq_second_answers_assessment_id")),
    )
    for statement in (
        *confine(TABLE, through("assessment_id")),
        *triggers(TABLE, ["answers_sealed"]),
        *may("SELECT, INSERT, UPDATE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (*no_triggers(TABLE), *unconfine(TABLE)):
        op.execute(statement)
    op.drop_table("second_answers")
    op.execute("SELECT set_config('svar.actor', 'migration 0574', true), set_config('svar.sites', '*', true)")
    op.execute("UPDATE tasks SET kind = 'free text' WHERE kind = 'two answers'")
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")
    _kinds(KINDS)


def _kinds(values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_tasks_taskkind"), "tasks", type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f("ck_tasks_taskkind"), "tasks", f"kind IN ({listed})")
