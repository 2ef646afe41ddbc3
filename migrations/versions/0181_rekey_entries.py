"""Keys may be changed of what the staff typed, too: without this, `flask ops rekey` stopped there."""

from alembic import op

from migrations.grants import app_role, may

revision = "0181"
down_revision = "0231"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in may("UPDATE (answers_sealed)", ["public.staff_entries"]):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f'REVOKE UPDATE (answers_sealed) ON public.staff_entries FROM "{app_role()}"')
