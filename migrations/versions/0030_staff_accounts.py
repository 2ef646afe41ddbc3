"""Staff accounts: locking after failed tries, one-time codes used once; every opening of a contact on the record."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0030"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("totp_counter", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("failed_sign_ins", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("users", "failed_sign_ins", server_default=None)
    op.add_column("users", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "disclosures",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("disclosed_by", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_disclosures_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
    )
    op.create_index(op.f("ix_disclosures_participant_id"), "disclosures", ["participant_id"], unique=False)
    for statement in triggers("public.disclosures"):
        op.execute(statement)
    for statement in may("SELECT, INSERT", ["public.disclosures"]):
        op.execute(statement)
    for statement in may("USAGE", ["SEQUENCE public.disclosures_id_seq"]):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers("public.disclosures"):
        op.execute(statement)
    op.drop_index(op.f("ix_disclosures_participant_id"), table_name="disclosures")
    op.drop_table("disclosures")
    op.drop_column("users", "locked_until")
    op.drop_column("users", "failed_sign_ins")
    op.drop_column("users", "totp_counter")
