"""A site may follow a version of the protocol of its own: approvals come country by country."""

import sqlalchemy as sa
from alembic import op

revision = "0216"
down_revision = "0181"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "a study has some sites: they are read in a moment"}

NAME = "fk_sites_protocol_id_protocols"


def upgrade() -> None:
    op.add_column("sites", sa.Column("protocol_id", sa.BigInteger(), nullable=True))
    op.execute(f"ALTER TABLE sites ADD CONSTRAINT {NAME} FOREIGN KEY (protocol_id) REFERENCES protocols (id) NOT VALID")
    op.execute(f"ALTER TABLE sites VALIDATE CONSTRAINT {NAME}")


def downgrade() -> None:
    op.drop_column("sites", "protocol_id")
