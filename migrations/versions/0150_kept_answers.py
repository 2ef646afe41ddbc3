"""Answers to requests of programs that carry a key, kept for a day: what is sent twice is done once."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0150"
down_revision = "0141"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answers",
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_kept_answers_token_id_api_tokens")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
        sa.UniqueConstraint("token_id", "key_sha256", name=op.f("uq_kept_answers_token_id_key_sha256")),
    )
    for statement in (
        *may("SELECT, INSERT, DELETE", ["public.kept_answers"]),
        *may("USAGE", ["SEQUENCE public.kept_answers_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("kept_answers")
