"""A key proves itself by a word that it has closed, and everything that keys have closed may be closed anew."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0160"
down_revision = "0155"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("key_marks", sa.Column("canary", sa.LargeBinary(), nullable=True))
    for statement in (
        *may("UPDATE (canary)", ["public.key_marks"]),
        *may("UPDATE (body_sealed)", ["identifiers.sandbox_texts"]),
        *may("UPDATE (answer_sealed)", ["public.kept_answers"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("key_marks", "canary")
