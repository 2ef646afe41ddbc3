"""Replies that answer a visit, and when their words were redacted at the provider."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0020"
branch_labels = None
depends_on = None

LOCKS = {
    "adding-foreign-key-constraint": "before the first release: no table is large yet",
    "constraint-missing-not-valid": "before the first release: no table is large yet",
    "require-concurrent-index-creation": "before the first release: no table is large yet",
}


def upgrade() -> None:
    op.add_column("replies", sa.Column("assessment_id", sa.BigInteger(), nullable=True))
    op.add_column("replies", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        op.f("fk_replies_assessment_id_assessments"), "replies", "assessments", ["assessment_id"], ["id"]
    )
    op.create_index(op.f("ix_replies_assessment_id"), "replies", ["assessment_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_replies_assessment_id"), "replies")
    op.drop_constraint(op.f("fk_replies_assessment_id_assessments"), "replies")
    op.drop_column("replies", "redacted_at")
    op.drop_column("replies", "assessment_id")
