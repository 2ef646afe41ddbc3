"""An export's row says where it lies in the folder of exports, which may be called otherwise on each machine."""

from alembic import op

revision = "0180"
down_revision = "0245"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration 0180', true), set_config('svar.sites', '*', true)")
    op.execute(r"UPDATE snapshots SET path = regexp_replace(path, '^.*/([^/]+/[^/]+)/*$', '\1') WHERE path LIKE '/%'")
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")


def downgrade() -> None:
    """The version before finds no file of what was exported so far; its export of the day it makes anew."""
