"""How far somebody leaves, from when and why."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0231"
down_revision = "0215"
branch_labels = None
depends_on = None

GRADES = ("no texts", "no more questionnaires", "no further use", "died")
LOCKS = {
    "constraint-missing-not-valid": "a study has some thousand participants, and the column is new: read in a moment"
}
CHANGED = "in_effect_at, undone_at, undone_by"
TABLES = {"departures": f"SELECT, INSERT, UPDATE ({CHANGED})"}


def upgrade() -> None:
    op.add_column("participants", sa.Column("left_as", _grade(named=False), nullable=True))
    op.create_check_constraint(
        op.f("ck_participants_leavinggrade"), "participants", sa.column("left_as").in_(GRADES)
    )
    op.add_column("participants", sa.Column("texts_ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "departures",
        *_about(),
        sa.Column("grade", _grade(named=True), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        *_recorded(),
        sa.Column("in_effect_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=60), nullable=True),
        *_keys("departures"),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_departures_undone_both")),
        sa.CheckConstraint("in_effect_at IS NULL OR undone_at IS NULL", name=op.f("ck_departures_undone_before")),
    )
    for table, rights in TABLES.items():
        op.create_index(op.f(f"ix_{table}_participant_id"), table, ["participant_id"])
        for statement in (
            *confine(f"public.{table}", through("participant_id")),
            *triggers(f"public.{table}"),
            *may(rights, [f"public.{table}"]),
            *may("USAGE", [f"SEQUENCE public.{table}_id_seq"]),
        ):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        for statement in (*no_triggers(f"public.{table}"), *unconfine(f"public.{table}")):
            op.execute(statement)
        op.drop_table(table)
    op.drop_column("participants", "texts_ended_at")
    op.drop_column("participants", "left_as")


def _grade(*, named: bool) -> sa.Enum:
    return sa.Enum(*GRADES, name="leavinggrade", native_enum=False, create_constraint=named, length=40)


def _about() -> tuple[sa.Column[int], ...]:
    return (sa.Column("participant_id", sa.BigInteger(), nullable=False), sa.Column("id", sa.BigInteger(), nullable=False))


def _recorded() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f(f"fk_{table}_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
