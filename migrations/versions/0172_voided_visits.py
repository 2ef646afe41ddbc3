"""A visit whose answer does not count, as an investigator signed: by the wrong person, or at the wrong visit."""

import sqlalchemy as sa
from alembic import op

revision = "0172"
down_revision = "0171"
branch_labels = None
depends_on = None

LOCKS = {
    "constraint-missing-not-valid": "a study has some thousand visits, and the column is new: they are read in a moment"
}


def upgrade() -> None:
    op.add_column("assessments", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_assessments_voided_answer"), "assessments", "voided_at IS NULL OR submitted_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("assessments", "voided_at")
