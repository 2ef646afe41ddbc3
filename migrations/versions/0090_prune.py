"""The clock may forget jobs that there are no longer."""

from alembic import op

from migrations.grants import app_role, may

revision = "0090"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in may("DELETE", ["public.heartbeats"]):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f'REVOKE DELETE ON public.heartbeats FROM "{app_role()}"')
