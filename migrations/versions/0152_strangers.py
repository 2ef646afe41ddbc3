"""Numbers that nobody here has and that wrote to us: whoever works for a study looks who it is."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import MINE, UNCONFINED, confine, through

revision = "0152"
down_revision = "0151"
branch_labels = None
depends_on = None

TABLE = "identifiers.strangers"
OF_MY_STUDIES = f"{UNCONFINED} OR study_id IN (SELECT s.study_id FROM public.sites s WHERE s.id = ANY ({MINE}))"
OF_MINE = through("participant_id")
OR_NOBODY_S = f"{OF_MINE} OR (participant_id IS NULL AND cardinality({MINE}) > 0)"
"""A text from nobody's number is at no site; staff find it by the number that wrote to their study."""


def upgrade() -> None:
    op.add_column("replies", sa.Column("sender_sealed", sa.LargeBinary(), nullable=True))
    _audit_replies(("body_sealed", "sender_fingerprint", "sender_sealed"))
    op.execute(f"ALTER POLICY sites ON public.replies USING ({OR_NOBODY_S})")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "strangers",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("phone_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("first_wrote_at", moment, nullable=False),
        sa.Column("last_wrote_at", moment, nullable=False),
        sa.Column("stopped_at", moment, nullable=True),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("read_at", moment, nullable=True),
        sa.Column("read_by", sa.String(length=60), nullable=True),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("done_by", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_strangers_done_both")),
        sa.CheckConstraint("(read_at IS NULL) = (read_by IS NULL)", name=op.f("ck_strangers_read_both")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_strangers_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strangers")),
        schema="identifiers",
    )
    op.create_index(op.f("ix_strangers_study_id"), "strangers", ["study_id"], schema="identifiers")
    op.create_index(
        op.f("ix_strangers_phone_fingerprint"), "strangers", ["phone_fingerprint"], schema="identifiers"
    )
    for statement in (
        *triggers(TABLE, ("phone_fingerprint", "phone_sealed")),
        *may("SELECT, INSERT, UPDATE", [TABLE]),
        *may("USAGE", ["SEQUENCE identifiers.strangers_id_seq"]),
        *confine(TABLE, OF_MY_STUDIES),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("strangers", schema="identifiers")
    op.execute(f"ALTER POLICY sites ON public.replies USING ({OF_MINE})")
    _audit_replies(("body_sealed", "sender_fingerprint"))
    op.drop_column("replies", "sender_sealed")


def _audit_replies(hidden: tuple[str, ...]) -> None:
    for statement in (*no_triggers("public.replies"), *triggers("public.replies", hidden)):
        op.execute(statement)
