"""A database knows whether a real installation works on it, or a marked test installation.

Whatever production was started on one before counts as a real one: that is the side on which nobody is harmed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0380"
down_revision = "0420"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "one row for each key of the fields: they are read in a moment"}


def upgrade() -> None:
    op.add_column(
        "key_marks",
        sa.Column(
            "installation",
            sa.Enum(
                "real", "test", name="installationkind", native_enum=False, create_constraint=True, length=40
            ),
            server_default="real",
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("key_marks", "installation")
