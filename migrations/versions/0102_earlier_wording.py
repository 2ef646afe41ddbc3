"""Words that were installed before may be installed again, to take back a later wording."""

from alembic import op

revision = "0102"
down_revision = "0090"
branch_labels = None
depends_on = None

ONCE = "uq_wordings_instrument_language_sha256"


def upgrade() -> None:
    op.drop_constraint(op.f(ONCE), "wordings", type_="unique")


def downgrade() -> None:
    """Of words that came twice, the later row stays."""
    op.execute("SELECT set_config('svar.actor', 'migration 0102', true)")
    op.execute(
        "DELETE FROM wordings earlier USING wordings later WHERE earlier.id < later.id "
        "AND (earlier.instrument, earlier.language, earlier.sha256) = (later.instrument, later.language, later.sha256)"
    )
    op.execute("SELECT set_config('svar.actor', '', true)")
    op.create_unique_constraint(op.f(ONCE), "wordings", ["instrument", "language", "sha256"])
