"""What was downloaded is known by the hash of its manifest, and what was handed on to the site's own command too."""

import sqlalchemy as sa
from alembic import op

revision = "0578"
down_revision = "0572"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("downloads", sa.Column("manifest_sha256", sa.String(64), nullable=True))
    op.add_column("snapshots", sa.Column("handed_on_sha256", sa.String(64), nullable=True))
    op.add_column("snapshots", sa.Column("hand_on_tries", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("snapshots", sa.Column("hand_on_from", sa.DateTime(timezone=True), nullable=True))
    op.execute("SELECT set_config('svar.actor', 'migration 0578', true), set_config('svar.sites', '*', true)")
    op.execute("UPDATE snapshots SET handed_on_sha256 = manifest_sha256")  # the clock of before handed them on
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")


def downgrade() -> None:
    for column in ("hand_on_from", "hand_on_tries", "handed_on_sha256"):
        op.drop_column("snapshots", column)
    op.drop_column("downloads", "manifest_sha256")
