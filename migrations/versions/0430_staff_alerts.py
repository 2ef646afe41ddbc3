"""Members of staff are told by e-mail of what cannot wait: who wants to be, who takes a task, who was told of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0430"
down_revision = "0390"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "an installation has some members of staff, and a task now and then"}
TABLE = "public.staff_alerts"


def upgrade() -> None:
    op.add_column("memberships", sa.Column("alerted_after", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_memberships_alerted_after_day"), "memberships", "alerted_after BETWEEN 0 AND 1440")
    op.add_column("tasks", sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tasks", sa.Column("taken_by", sa.String(length=60), nullable=True))
    op.create_check_constraint(op.f("ck_tasks_taken_both"), "tasks", "(taken_at IS NULL) = (taken_by IS NULL)")
    _alerts()
    for statement in (
        *triggers(TABLE, ()),
        *confine(TABLE, through("participant_id")),
        *may("SELECT, INSERT, UPDATE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (*unconfine(TABLE), *no_triggers(TABLE)):
        op.execute(statement)
    op.drop_table("staff_alerts")
    op.drop_constraint(op.f("ck_tasks_taken_both"), "tasks")
    op.drop_column("tasks", "taken_by")
    op.drop_column("tasks", "taken_at")
    op.drop_constraint(op.f("ck_memberships_alerted_after_day"), "memberships")
    op.drop_column("memberships", "alerted_after")


def _alerts() -> None:
    moment, number = sa.DateTime(timezone=True), sa.BigInteger()
    op.create_table(
        "staff_alerts",
        sa.Column("participant_id", number, nullable=False),
        sa.Column("task_id", number, nullable=False),
        sa.Column("user_id", number, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mark", postgresql.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("raised_at", moment, nullable=False),
        sa.Column("not_before", moment, nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", moment, nullable=True),
        sa.Column("called_off_at", moment, nullable=True),
        sa.Column("failure", sa.String(length=60), nullable=True),
        sa.Column("id", number, nullable=False),
        sa.CheckConstraint("sent_at IS NULL OR called_off_at IS NULL", name=op.f("ck_staff_alerts_ends_once")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_staff_alerts_participant_id_participants")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_staff_alerts_task_id_tasks")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_staff_alerts_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_alerts")),
        sa.UniqueConstraint("mark", name=op.f("uq_staff_alerts_mark")),
        sa.UniqueConstraint("task_id", "user_id", "number", name=op.f("uq_staff_alerts_task_id_user_id_number")),
    )
    op.create_index(op.f("ix_staff_alerts_participant_id"), "staff_alerts", ["participant_id"])
    waiting = sa.text("sent_at IS NULL AND called_off_at IS NULL")
    op.create_index("ix_staff_alerts_waiting", "staff_alerts", ["id"], postgresql_where=waiting)
