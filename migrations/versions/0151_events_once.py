"""An event of a participant is noted once: what a program sent twice had two rows.

Rows that say the same again, later, are called off; the first stands.
"""

import sqlalchemy as sa
from alembic import op

revision = "0151"
down_revision = "0150"
branch_labels = None
depends_on = None

LOCKS = {"require-concurrent-index-creation": "a study has some events a participant: it is made in a moment"}

SAID_AGAIN = """
UPDATE events AS again SET state = 'cancelled'
FROM events AS first
WHERE first.participant_id = again.participant_id AND first.kind = again.kind AND first.state = again.state
  AND first.on = again.on AND first.at IS NOT DISTINCT FROM again.at AND first.id < again.id
  AND again.state <> 'cancelled' AND NOT again.is_anchor
"""
NOTED_ONCE = ("participant_id", "kind", "state", "on", "at")


def upgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration 0151', true), set_config('svar.sites', '*', true)")
    op.execute(SAID_AGAIN)
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")
    op.create_index(
        "uq_events_once",
        "events",
        NOTED_ONCE,
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )


def downgrade() -> None:
    op.drop_index("uq_events_once", "events")
