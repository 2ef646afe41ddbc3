"""As whom people who work here are known by their hospital's identity provider; removing that ends their sessions."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0545"
down_revision = "0525"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "an installation has some hundreds of sessions of staff"}
TABLE = "public.user_identities"
BEFORE = (
    "signed out",
    "signed in anew",
    "ended from the list",
    "new password",
    "second factor changed",
    "role withdrawn",
    "account disabled",
)


def upgrade() -> None:
    number = sa.BigInteger()
    op.create_table(
        "user_identities",
        sa.Column("user_id", number, nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", number, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_identities_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_user_identities_issuer_subject")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_user_identities_user_id_issuer")),
    )
    for statement in (
        *triggers(TABLE),
        *may("SELECT, INSERT, DELETE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)
    _reasons((*BEFORE, "identity removed"))


def downgrade() -> None:
    op.execute("UPDATE staff_sessions SET ended_because = 'second factor changed' WHERE ended_because = 'identity removed'")
    _reasons(BEFORE)
    for statement in no_triggers(TABLE):
        op.execute(statement)
    op.drop_table("user_identities")


def _reasons(reasons: tuple[str, ...]) -> None:
    """Why a session may be over."""
    listed = ", ".join(f"'{reason}'" for reason in reasons)
    op.drop_constraint(op.f("ck_staff_sessions_ended"), "staff_sessions")
    op.create_check_constraint(op.f("ck_staff_sessions_ended"), "staff_sessions", f"ended_because IN ({listed})")
