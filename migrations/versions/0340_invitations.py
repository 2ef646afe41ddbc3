"""Invitations to work for a study: a link that opens once, until it expires, and the role that it gives."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0340"
down_revision = "0192"
branch_labels = None
depends_on = None

TABLE = "public.invitations"
ROLES = ("coordinator", "investigator", "data manager", "statistician", "monitor", "administrator")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by_id", sa.BigInteger(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(accepted_at IS NULL) = (user_id IS NULL)", name=op.f("ck_invitations_accepted_paired")),
        sa.CheckConstraint("accepted_at IS NULL OR ended_at IS NULL", name=op.f("ck_invitations_one_end")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_invitations_study_id_studies")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_invitations_site_id_sites")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["users.id"], name=op.f("fk_invitations_invited_by_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_invitations_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_invitations_token_sha256")),
    )
    op.create_index(op.f("ix_invitations_study_id"), "invitations", ["study_id"])
    for statement in (
        *triggers(TABLE, ("token_sha256",)),
        *may("SELECT, INSERT, UPDATE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers(TABLE):
        op.execute(statement)
    op.drop_table("invitations")
