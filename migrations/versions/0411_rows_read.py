"""Which rows about participants programs were given by the API: how many, of how many people, when; never what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import MINE, confine, through, unconfine

revision = "0411"
down_revision = "0400"
branch_labels = None
depends_on = None

TABLE = "public.rows_read"
AT_MY_STUDIES = f"study_id = ANY (ARRAY(SELECT study_id FROM public.sites WHERE id = ANY ({MINE})))"  # noqa: S608


def upgrade() -> None:
    op.create_table(
        "rows_read",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("sites", JSONB(), nullable=False),
        sa.Column("read_by", sa.String(length=60), nullable=False),
        sa.Column("token_prefix", sa.String(length=16), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_rows_read_study_id_studies")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_rows_read_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rows_read")),
    )
    for column in ("study_id", "participant_id"):
        op.create_index(op.f(f"ix_rows_read_{column}"), "rows_read", [column])
    rule = f"{through('participant_id')} OR (participant_id IS NULL AND {AT_MY_STUDIES})"
    for statement in (
        *confine(TABLE, rule),
        *triggers(TABLE),
        *may("SELECT, INSERT", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (*no_triggers(TABLE), *unconfine(TABLE)):
        op.execute(statement)
    op.drop_table("rows_read")
