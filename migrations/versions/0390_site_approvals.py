"""When a site's ethics approval was given, and by what reference. Sites that are active stay so: theirs is missing."""

import sqlalchemy as sa
from alembic import op

revision = "0390"
down_revision = "0300"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "a study has some sites: they are read in a moment"}

RULE = "(approved_on IS NULL) = (approval_reference IS NULL)"
NAME = "ck_sites_approval_paired"


def upgrade() -> None:
    op.add_column("sites", sa.Column("approved_on", sa.Date(), nullable=True))
    op.add_column("sites", sa.Column("approval_reference", sa.String(length=200), nullable=True))
    op.execute(f"ALTER TABLE sites ADD CONSTRAINT {NAME} CHECK ({RULE}) NOT VALID")
    op.execute(f"ALTER TABLE sites VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    op.drop_column("sites", "approval_reference")
    op.drop_column("sites", "approved_on")
