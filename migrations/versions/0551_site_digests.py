"""The week by e-mail to each site's staff: who wants it, and what became of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0551"
down_revision = "0540"
branch_labels = None
depends_on = None

TABLE = "public.site_digests"


def upgrade() -> None:
    op.add_column("memberships", sa.Column("weekly_digest", sa.Boolean(), server_default=sa.true(), nullable=False))
    moment, number = sa.DateTime(timezone=True), sa.BigInteger()
    op.create_table(
        "site_digests",
        sa.Column("user_id", number, nullable=False),
        sa.Column("study_id", number, nullable=False),
        sa.Column("site_id", number, nullable=True),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("mark", postgresql.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("raised_at", moment, nullable=False),
        sa.Column("not_before", moment, nullable=False),
        sa.Column("claimed_at", moment, nullable=True),
        sa.Column("sent_at", moment, nullable=True),
        sa.Column("called_off_at", moment, nullable=True),
        sa.Column("failure", sa.String(length=60), nullable=True),
        sa.Column("id", number, nullable=False),
        sa.CheckConstraint("sent_at IS NULL OR called_off_at IS NULL", name=op.f("ck_site_digests_ends_once")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_site_digests_user_id_users")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_site_digests_study_id_studies")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_digests_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_digests")),
        sa.UniqueConstraint("mark", name=op.f("uq_site_digests_mark")),
        sa.UniqueConstraint(
            "user_id", "study_id", "site_id", "week",
            name=op.f("uq_site_digests_user_id_study_id_site_id_week"), postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_site_digests_study_id"), "site_digests", ["study_id"])
    waiting = sa.text("sent_at IS NULL AND called_off_at IS NULL")
    op.create_index("ix_site_digests_waiting", "site_digests", ["id"], postgresql_where=waiting)
    for statement in (
        *triggers(TABLE, ()),
        *may("SELECT, INSERT, UPDATE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers(TABLE):
        op.execute(statement)
    op.drop_table("site_digests")
    op.drop_column("memberships", "weekly_digest")
