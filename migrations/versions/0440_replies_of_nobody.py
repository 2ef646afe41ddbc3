"""What numbers that nobody here has wrote is read again by who works at one site: 0400 had confined it to participants."""

from alembic import op

from migrations.row_security import MINE, through

revision = "0440"
down_revision = "0450"
branch_labels = None
depends_on = None

OF_MINE = through("participant_id")
OR_NOBODY_S = f"{OF_MINE} OR (participant_id IS NULL AND cardinality({MINE}) > 0)"


def upgrade() -> None:
    op.execute(f"ALTER POLICY sites ON public.replies USING ({OR_NOBODY_S})")


def downgrade() -> None:
    op.execute(f"ALTER POLICY sites ON public.replies USING ({OF_MINE})")
