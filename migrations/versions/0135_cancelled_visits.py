"""A visit that was asked about for a day 0 that was called off is cancelled, and not missed."""

import sqlalchemy as sa
from alembic import op

revision = "0135"
down_revision = "0132"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assessments", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("SELECT set_config('svar.actor', 'migration 0135', true), set_config('svar.sites', '*', true)")
    op.execute(
        "UPDATE assessments SET cancelled_at = events.recorded_at FROM events "
        "WHERE events.participant_id = assessments.participant_id AND events.is_anchor "
        "AND events.state = 'cancelled' AND assessments.submitted_at IS NULL"
    )
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")


def downgrade() -> None:
    op.drop_column("assessments", "cancelled_at")
