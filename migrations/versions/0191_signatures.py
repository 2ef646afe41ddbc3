"""Signatures under final data: of one participant, and of the study by two roles, which locks it."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import confine, through, unconfine

revision = "0191"
down_revision = "0216"
branch_labels = None
depends_on = None

ROLES = ("coordinator", "investigator", "data manager", "statistician", "monitor", "administrator")


def upgrade() -> None:
    op.create_table(
        "sign_offs",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        *_signed(),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_sign_offs_participant_id_participants")
        ),
        *_keys("sign_offs"),
    )
    op.create_index(op.f("ix_sign_offs_participant_id"), "sign_offs", ["participant_id"])
    op.create_table(
        "lock_signatures",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        *_signed(),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_lock_signatures_ended_because")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_lock_signatures_study_id_studies")),
        *_keys("lock_signatures"),
    )
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_lock_signatures_role", "lock_signatures", ["study_id", "role"], unique=True, postgresql_where=standing
    )
    for statement in (
        *confine("public.sign_offs", through("participant_id")),
        *triggers("public.sign_offs"),
        *triggers("public.lock_signatures"),
        *may("SELECT, INSERT", ["public.sign_offs", "public.lock_signatures"]),
        *may("UPDATE (ended_at, end_reason)", ["public.lock_signatures"]),
        *may("USAGE", ["SEQUENCE public.sign_offs_id_seq", "SEQUENCE public.lock_signatures_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        *no_triggers("public.lock_signatures"),
        *no_triggers("public.sign_offs"),
        *unconfine("public.sign_offs"),
    ):
        op.execute(statement)
    op.drop_table("lock_signatures")
    op.drop_table("sign_offs")


def _signed() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("signed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contents_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
    )


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["signed_by_id"], ["users.id"], name=op.f(f"fk_{table}_signed_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
