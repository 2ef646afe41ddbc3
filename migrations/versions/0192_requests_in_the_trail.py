"""An entry of the trail names the request, or the round of a job, that made the change, as the log does.

A default of the column, so that the triggers and what the seals hash stay as they are.
"""

from alembic import op

revision = "0192"
down_revision = "0191"
branch_labels = None
depends_on = None

LOCKS = {"adding-field-with-default": "the default is stable: it is worked out once, and no row is written"}


def upgrade() -> None:
    op.execute(
        "ALTER TABLE audit.entries ADD COLUMN request text DEFAULT nullif(current_setting('svar.request', true), '')"
    )


def downgrade() -> None:
    op.drop_column("entries", "request", schema="audit")
