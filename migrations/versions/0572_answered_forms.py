"""What forms of the desk were answered, kept for a day: a form that is sent twice is done once."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0572"
down_revision = "0571"
branch_labels = None
depends_on = None

TABLE = "public.answered_forms"


def upgrade() -> None:
    op.create_table(
        "answered_forms",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("form_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_answered_forms_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answered_forms")),
        sa.UniqueConstraint("user_id", "form_sha256", name=op.f("uq_answered_forms_user_id_form_sha256")),
    )
    for statement in (
        *may("SELECT, INSERT, DELETE", [TABLE]),
        *may("UPDATE (answer_sealed)", [TABLE]),  # keys are changed
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("answered_forms")
