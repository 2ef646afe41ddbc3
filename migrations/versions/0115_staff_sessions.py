"""Sessions of staff are rows that can be ended; whoever is signed in when this comes signs in once more."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import may

revision = "0115"
down_revision = "0111"
branch_labels = None
depends_on = None

ENDED = (
    "signed out",
    "signed in anew",
    "ended from the list",
    "new password",
    "second factor changed",
    "role withdrawn",
    "account disabled",
)


def upgrade() -> None:
    instants = ("begun_at", "seen_at", "expires_at", "confirmed_until")
    op.create_table(
        "staff_sessions",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in instants),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_because",
            sa.Enum(*ENDED, name="ended", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_staff_sessions_ended_paired")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_staff_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_staff_sessions_key_sha256")),
    )
    op.create_index(op.f("ix_staff_sessions_user_id"), "staff_sessions", ["user_id"], unique=False)
    for statement in (
        *may("SELECT, INSERT, UPDATE, DELETE", ["public.staff_sessions"]),
        *may("USAGE", ["SEQUENCE public.staff_sessions_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_staff_sessions_user_id"), table_name="staff_sessions")
    op.drop_table("staff_sessions")
