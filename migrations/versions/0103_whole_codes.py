"""A code of a protocol or an instrument may have 32 characters; these columns took fewer."""

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None

LOCKS = {
    "changing-column-type": "PostgreSQL widens a varchar in its catalogue alone: no row is read or written",
}

WIDER = [
    ("assessments", "visit", 16, False),
    ("tasks", "visit", 16, True),
    ("answers", "instrument", 30, False),
    ("scores", "instrument", 30, False),
    ("wordings", "instrument", 30, False),
]
WIDTH = 32


def upgrade() -> None:
    for table, column, narrow, nullable in WIDER:
        op.alter_column(
            table, column, type_=sa.String(WIDTH), existing_type=sa.String(narrow), existing_nullable=nullable
        )


def downgrade() -> None:
    """Refused by the database where a longer code is kept: a visit is not renamed."""
    for table, column, narrow, nullable in WIDER:
        op.alter_column(
            table, column, type_=sa.String(narrow), existing_type=sa.String(WIDTH), existing_nullable=nullable
        )
