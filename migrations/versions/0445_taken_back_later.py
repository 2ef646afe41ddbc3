"""A leaving that is in effect may be taken back, where it was recorded wrongly."""

from alembic import op

revision = "0445"
down_revision = "0391"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_departures_undone_before"), "departures")


def downgrade() -> None:
    op.create_check_constraint(
        op.f("ck_departures_undone_before"), "departures", "in_effect_at IS NULL OR undone_at IS NULL"
    )
