"""Views of a list that somebody saved for herself."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0490"
down_revision = "0510"
branch_labels = None
depends_on = None

TABLE = "public.saved_views"


def upgrade() -> None:
    number = sa.BigInteger()
    op.create_table(
        "saved_views",
        sa.Column("user_id", number, nullable=False),
        sa.Column("study_id", number, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=300), nullable=False),
        sa.Column("id", number, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_saved_views_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "study_id", "name", name=op.f("uq_saved_views_user_id_study_id_name")),
    )
    op.create_index(op.f("ix_saved_views_study_id"), "saved_views", ["study_id"])
    for statement in (
        *triggers(TABLE, ("name", "query")),
        *may("SELECT, INSERT, UPDATE, DELETE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers(TABLE):
        op.execute(statement)
    op.drop_table("saved_views")
