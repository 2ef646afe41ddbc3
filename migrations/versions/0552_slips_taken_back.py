"""A call and a note that were slips may be taken away again, within ten minutes; the audit trail keeps both."""

from alembic import op

from migrations.grants import app_role, may

revision = "0552"
down_revision = "0551"
branch_labels = None
depends_on = None

TABLES = ("public.calls_made", "public.staff_notes")


def upgrade() -> None:
    for statement in may("DELETE", TABLES):
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f'REVOKE DELETE ON {table} FROM "{app_role()}"')
