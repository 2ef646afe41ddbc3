"""API tokens show when they were last used, and may be bound to a study and a site."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token_uses",
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_token_uses_token_id_api_tokens")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_uses")),
        sa.UniqueConstraint("token_id", name=op.f("uq_token_uses_token_id")),
    )
    op.execute("INSERT INTO token_uses (token_id) SELECT id FROM api_tokens ORDER BY id")
    op.create_table(
        "token_bindings",
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_tokens.id"], name=op.f("fk_token_bindings_token_id_api_tokens")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_token_bindings_study_id_studies")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_token_bindings_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_bindings")),
        sa.UniqueConstraint("token_id", name=op.f("uq_token_bindings_token_id")),
    )
    for statement in (
        *triggers("public.token_bindings"),
        *may("SELECT, INSERT", ["public.token_bindings"]),
        *may("SELECT, INSERT, UPDATE", ["public.token_uses"]),
        *may("USAGE", ["SEQUENCE public.token_uses_id_seq", "SEQUENCE public.token_bindings_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers("public.token_bindings"):
        op.execute(statement)
    op.drop_table("token_bindings")
    op.drop_table("token_uses")
