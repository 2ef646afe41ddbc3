"""Questionnaires as their folders said them, so that a protocol asks what it asked when it was installed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0245"
down_revision = "0230"
branch_labels = None
depends_on = None

LOCKS = {
    "adding-foreign-key-constraint": "installed wordings are a few dozen rows",
    "constraint-missing-not-valid": "installed wordings are a few dozen rows",
}
TABLE = "public.instruments"


def upgrade() -> None:
    op.create_table(
        "instruments",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instruments"),
        sa.UniqueConstraint("code", "sha256", name="uq_instruments_code_sha256"),
    )
    op.add_column("wordings", sa.Column("study_id", sa.BigInteger(), nullable=True))
    op.add_column("wordings", sa.Column("reviewed_by", sa.Text(), nullable=True))
    op.create_foreign_key("fk_wordings_study_id_studies", "wordings", "studies", ["study_id"], ["id"])
    for statement in (
        *triggers(TABLE, ("files",)),
        *may("SELECT, INSERT", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_constraint("fk_wordings_study_id_studies", "wordings")
    op.drop_column("wordings", "reviewed_by")
    op.drop_column("wordings", "study_id")
    for statement in no_triggers(TABLE):
        op.execute(statement)
    op.drop_table("instruments")
