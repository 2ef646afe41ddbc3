"""How far the mailbox of our e-mails has been read."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0431"
down_revision = "0380"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mailbox_marks",
        sa.Column("mailbox", sa.String(length=200), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_marks")),
        sa.UniqueConstraint("mailbox", name=op.f("uq_mailbox_marks_mailbox")),
    )
    for statement in (
        *may("SELECT, INSERT, UPDATE", ["public.mailbox_marks"]),
        *may("USAGE", ["SEQUENCE public.mailbox_marks_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("mailbox_marks")
