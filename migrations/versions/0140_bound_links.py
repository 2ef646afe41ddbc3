"""Links and delivery reports are bound to the participant, whose mark no restore gives to anybody else.

What was planned before goes on opening for the links that were sent before; going back, links sent since open nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0140"
down_revision = "0135"
branch_labels = None
depends_on = None

LOCKS = {"adding-field-with-default": "each gets a random mark; those who take part are few, and rewritten in a moment"}


def upgrade() -> None:
    op.add_column(
        "participants", sa.Column("mark", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.add_column("assessments", sa.Column("old_links", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.alter_column("assessments", "old_links", server_default=sa.false())


def downgrade() -> None:
    op.drop_column("assessments", "old_links")
    op.drop_column("participants", "mark")
