"""Wrong tries are counted for what is asked before the questions, be it the PIN or the year of birth."""

from alembic import op

revision = "0080"
down_revision = "0065"
branch_labels = None
depends_on = None

LOCKS = {
    "renaming-column": "before the first release: nothing else reads it yet",
}

RENAMED = {"pin_failures": "check_failures", "pin_locked_at": "check_locked_at"}


def upgrade() -> None:
    for old, new in RENAMED.items():
        op.alter_column("contacts", old, new_column_name=new, schema="identifiers")


def downgrade() -> None:
    for old, new in RENAMED.items():
        op.alter_column("contacts", new, new_column_name=old, schema="identifiers")
