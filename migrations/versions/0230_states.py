"""Three more states of a study, and participants of its practice that are marked as such.

Who was enrolled while a study was being set up, or in a demonstration, was made up: no patient's telephone rang for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0230"
down_revision = "0190"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "an installation has a handful of studies: they are read in a moment"}
CHECK = "ck_studies_studystate"
BEFORE = ("setup", "demo", "live", "closed")
NOW = ("setup", "demo", "live", "recruiting stopped", "closed", "locked", "archived")
PRACTISED = """
UPDATE participants SET practice = true FROM studies
WHERE studies.id = participants.study_id AND studies.state IN ('setup', 'demo')
"""


def upgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration 0230', true)")
    _hold(NOW)
    op.add_column("participants", sa.Column("practice", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(PRACTISED)


def downgrade() -> None:
    """What cannot be said then is said as the nearest: a locked study is closed, one that stopped recruiting is live."""
    op.execute("SELECT set_config('svar.actor', 'migration 0230', true)")
    op.drop_column("participants", "practice")
    op.execute("UPDATE studies SET state = 'closed' WHERE state IN ('locked', 'archived')")
    op.execute("UPDATE studies SET state = 'live' WHERE state = 'recruiting stopped'")
    _hold(BEFORE)


def _hold(states: tuple[str, ...]) -> None:
    """Let the column take these alone."""
    op.drop_constraint(op.f(CHECK), "studies", type_="check")
    op.create_check_constraint(op.f(CHECK), "studies", sa.column("state").in_(states))
