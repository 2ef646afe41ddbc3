"""What happened has its instant, whatever the study calls it: the database knows no event by name."""

from alembic import op

revision = "0215"
down_revision = "0180"
branch_labels = None
depends_on = None

LOCKS = {
    "constraint-missing-not-valid": "a study has some events a participant: they are read in a moment",
}

NAME = "ck_events_happened_at"
WITHOUT_INSTANT = """
UPDATE events SET at = ((events.on + time '12:00') AT TIME ZONE participants.zone)
FROM participants
WHERE participants.id = events.participant_id AND events.state = 'happened' AND events.at IS NULL
"""
"""Nothing that this service noted: an event of another kind than day 0 that somebody wrote into the database."""


def upgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration 0215', true), set_config('svar.sites', '*', true)")
    op.execute(WITHOUT_INSTANT)
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")
    _check("state <> 'happened' OR at IS NOT NULL")


def downgrade() -> None:
    _check("state <> 'happened' OR at IS NOT NULL OR kind NOT IN ('first_infusion')")


def _check(rule: str) -> None:
    op.execute(f"ALTER TABLE events DROP CONSTRAINT {NAME}")
    op.execute(f"ALTER TABLE events ADD CONSTRAINT {NAME} CHECK ({rule}) NOT VALID")
    op.execute(f"ALTER TABLE events VALIDATE CONSTRAINT {NAME}")
