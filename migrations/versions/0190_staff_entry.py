"""What the staff type for a visit, by telephone or from paper, and visits that are not done, with the site's reason."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0190"
down_revision = "0205"
branch_labels = None
depends_on = None

LOCKS = {
    "constraint-missing-not-valid": "a study has some thousand responses: they are read in a moment",
}
MODES = ("page", "page, with help", "sms", "staff on behalf")
NEW_MODES = (*MODES, "telephone interview", "paper")
ANSWERERS = ("herself", "herself, with help", "somebody else for her")
REASONS = (
    "not reached", "too ill", "in hospital", "did not want to", "language", "technical fault",
    "forgotten by the staff", "other",
)  # fmt: skip
TABLES = ("staff_entries", "visits_not_done")


def upgrade() -> None:
    _modes(NEW_MODES)
    op.add_column("assessments", sa.Column("not_done_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "staff_entries",
        *_about(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mode", _choice("mode", NEW_MODES), nullable=False),
        sa.Column("answered_by", _choice("answerer", ANSWERERS), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan", sa.String(length=120), nullable=True),
        sa.Column("twice", sa.Boolean(), nullable=False),
        sa.Column("typed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number IN (1, 2)", name=op.f("ck_staff_entries_two_at_most")),
        sa.UniqueConstraint("assessment_id", "number", name=op.f("uq_staff_entries_assessment_id_number")),
        sa.ForeignKeyConstraint(["typed_by_id"], ["users.id"], name=op.f("fk_staff_entries_typed_by_id_users")),
        *_keys("staff_entries"),
    )
    op.create_table(
        "visits_not_done",
        *_about(),
        sa.Column("reason", _choice("notdone", REASONS), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grace_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("assessment_id", name=op.f("uq_visits_not_done_assessment_id")),
        *_keys("visits_not_done"),
    )
    for table in TABLES:
        for statement in (
            *confine(f"public.{table}", through("assessment_id")),
            *triggers(f"public.{table}"),
            *may("SELECT, INSERT, DELETE", [f"public.{table}"]),
            *may("USAGE", [f"SEQUENCE public.{table}_id_seq"]),
        ):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        for statement in (*no_triggers(f"public.{table}"), *unconfine(f"public.{table}")):
            op.execute(statement)
        op.drop_table(table)
    op.drop_column("assessments", "not_done_at")
    op.execute("SELECT set_config('svar.actor', 'migration 0190', true), set_config('svar.sites', '*', true)")
    op.execute("UPDATE responses SET mode = 'staff on behalf' WHERE mode IN ('telephone interview', 'paper')")
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")
    _modes(MODES)


def _modes(values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_responses_mode"), "responses", type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f("ck_responses_mode"), "responses", f"mode IN ({listed})")


def _choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _about() -> tuple[sa.Column[int], ...]:
    return (sa.Column("assessment_id", sa.BigInteger(), nullable=False), sa.Column("id", sa.BigInteger(), nullable=False))


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name=op.f(f"fk_{table}_assessment_id_assessments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
