"""What somebody had typed when her session ended: closed, for half an hour, for herself alone."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0391"
down_revision = "0411"
branch_labels = None
depends_on = None

TABLE = "public.kept_forms"


def upgrade() -> None:
    op.create_table(
        "kept_forms",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_kept_forms_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_forms")),
    )
    op.create_index(op.f("ix_kept_forms_user_id"), "kept_forms", ["user_id"])
    for statement in (
        *may("SELECT, INSERT, UPDATE, DELETE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("kept_forms")
