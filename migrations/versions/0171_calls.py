"""Calls that were made, who takes care of whom, and what the staff tell each other about her."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0171"
down_revision = "0170"
branch_labels = None
depends_on = None

OUTCOMES = ("reached", "voicemail", "no answer", "wrong number", "call again")
TABLES = {
    "calls_made": "SELECT, INSERT",
    "owners": "SELECT, INSERT, UPDATE, DELETE",
    "staff_notes": "SELECT, INSERT",
}


def upgrade() -> None:
    op.create_table(
        "calls_made",
        *_about(),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="calloutcome", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        *_keys("calls_made"),
    )
    op.create_index("ix_calls_made_newest", "calls_made", ["participant_id", "made_at"])
    op.create_table(
        "owners",
        *_about(),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        *_keys("owners"),
        sa.UniqueConstraint("participant_id", name="uq_owners_participant_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_owners_user_id_users"),
    )
    op.create_table(
        "staff_notes",
        *_about(),
        sa.Column("written_by", sa.String(length=60), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        *_keys("staff_notes"),
    )
    op.create_index("ix_staff_notes_participant_id", "staff_notes", ["participant_id"])
    for table, rights in TABLES.items():
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


def _about() -> tuple[sa.Column[int], ...]:
    return (sa.Column("participant_id", sa.BigInteger(), nullable=False), sa.Column("id", sa.BigInteger(), nullable=False))


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=f"fk_{table}_participant_id_participants"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
