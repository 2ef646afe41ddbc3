"""The staff lets a participant's texts wait until a day."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0550"
down_revision = "0545"
branch_labels = None
depends_on = None

TABLE = "public.texts_pauses"


def upgrade() -> None:
    moment, number, who = sa.DateTime(timezone=True), sa.BigInteger(), sa.String(length=60)
    op.create_table(
        "texts_pauses",
        sa.Column("participant_id", number, nullable=False),
        sa.Column("from_at", moment, nullable=False),
        sa.Column("until_at", moment, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", who, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", who, nullable=True),
        sa.Column("id", number, nullable=False),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_texts_pauses_until_later")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_texts_pauses_ended_both")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_texts_pauses_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts_pauses")),
    )
    op.create_index(op.f("ix_texts_pauses_participant_id"), "texts_pauses", ["participant_id"])
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
    op.drop_table("texts_pauses")
