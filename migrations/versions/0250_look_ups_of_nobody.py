"""A number that nobody has, looked for, is on the record too: by whom and in which study, and never which number."""

import sqlalchemy as sa
from alembic import op

from migrations.row_security import MINE, through

revision = "0250"
down_revision = "0271"
branch_labels = None
depends_on = None

LOCKS = {
    "ban-drop-not-null": "the version before only writes these rows, and reads none",
    "adding-foreign-key-constraint": "few rows: one for each search by number",
    "constraint-missing-not-valid": "few rows: one for each search by number",
}
AT_MY_STUDIES = f"study_id = ANY (ARRAY(SELECT study_id FROM public.sites WHERE id = ANY ({MINE})))"  # noqa: S608


def upgrade() -> None:
    op.add_column("look_ups", sa.Column("study_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_look_ups_study_id_studies"), "look_ups", "studies", ["study_id"], ["id"])
    op.alter_column("look_ups", "participant_id", nullable=True)
    op.create_check_constraint("somewhere", "look_ups", "num_nonnulls(participant_id, study_id) > 0")
    rule = f"{through('participant_id')} OR (participant_id IS NULL AND {AT_MY_STUDIES})"
    op.execute(f"ALTER POLICY sites ON public.look_ups USING ({rule})")


def downgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration 0250', true), set_config('svar.sites', '*', true)")
    op.execute("DELETE FROM look_ups WHERE participant_id IS NULL")
    op.execute(f"ALTER POLICY sites ON public.look_ups USING ({through('participant_id')})")
    op.drop_constraint("somewhere", "look_ups", type_="check")
    op.alter_column("look_ups", "participant_id", nullable=False)
    op.drop_constraint(op.f("fk_look_ups_study_id_studies"), "look_ups", type_="foreignkey")
    op.drop_column("look_ups", "study_id")
