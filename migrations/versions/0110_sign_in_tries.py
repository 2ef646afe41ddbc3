"""Tries at passwords and codes are counted in a table of their own, outside the audit trail, by atomic statements.

The two columns of the account, which strangers could fill and which raced, go.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0110"
down_revision = "0106"
branch_labels = None
depends_on = None

LOCKS = {
    "ban-drop-column": "before the first release: nothing else reads them",
}


def upgrade() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waits_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_tries")),
        sa.UniqueConstraint("subject", name=op.f("uq_sign_in_tries_subject")),
    )
    op.create_index(op.f("ix_sign_in_tries_last_at"), "sign_in_tries", ["last_at"], unique=False)
    for statement in (
        *may("SELECT, INSERT, UPDATE, DELETE", ["public.sign_in_tries"]),
        *may("USAGE", ["SEQUENCE public.sign_in_tries_id_seq"]),
    ):
        op.execute(statement)
    op.drop_column("users", "locked_until")
    op.drop_column("users", "failed_sign_ins")


def downgrade() -> None:
    op.add_column("users", sa.Column("failed_sign_ins", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("users", "failed_sign_ins", server_default=None)
    op.add_column("users", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(op.f("ix_sign_in_tries_last_at"), table_name="sign_in_tries")
    op.drop_table("sign_in_tries")
