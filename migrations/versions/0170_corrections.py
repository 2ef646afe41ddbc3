"""Corrections of patients' answers: asked by one, signed by another, never changed after that."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import triggers
from migrations.grants import may
from migrations.row_security import confine, through

revision = "0170"
down_revision = "0161"
branch_labels = None
depends_on = None

TABLE = "public.corrections"
DECISION = "outcome, decided_by_id, decided_at, decision_reason, signer_name, meaning, sha256"
DECIDED_ONCE = """
CREATE FUNCTION public.refuse_second_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  RAISE EXCEPTION 'correction % is decided: it is not changed any more', OLD.id USING ERRCODE = '42501';
END $$
"""
DECIDED_TRIGGER = f"""
CREATE TRIGGER decided BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW WHEN (OLD.outcome IS NOT NULL)
EXECUTE FUNCTION public.refuse_second_decision()
"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "corrections",
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=32), nullable=True),
        sa.Column("item", sa.String(length=40), nullable=True),
        sa.Column("original_value", sa.Text(), nullable=True),
        sa.Column("previous_value", sa.Text(), nullable=True),
        sa.Column("proposed_value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("signer_name", sa.Text(), nullable=True),
        sa.Column("meaning", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        *_checks(),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name="fk_corrections_response_id_responses"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name="fk_corrections_asked_by_id_users"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_corrections_decided_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_response_id", "corrections", ["response_id"])
    op.create_index(
        "uq_corrections_open",
        "corrections",
        ["response_id", "instrument", "item"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    for statement in (
        *triggers(TABLE),
        *may(f"SELECT, INSERT, UPDATE ({DECISION})", [TABLE]),
        *may("USAGE", ["SEQUENCE public.corrections_id_seq"]),
        *confine(TABLE, through("response_id")),
        DECIDED_ONCE,
        DECIDED_TRIGGER,
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("corrections")
    op.execute("DROP FUNCTION public.refuse_second_decision()")


def _checks() -> list[sa.CheckConstraint]:
    rules = {
        "correctionkind": "kind IN ('answer', 'void')",
        "correctionoutcome": "outcome IN ('approved', 'refused', 'closed')",
        "item_of_answer": "(kind = 'answer') = (item IS NOT NULL)",
        "item_whole": "(instrument IS NULL) = (item IS NULL)",
        "decided_when": "(outcome IS NULL) = (decided_at IS NULL)",
        "decided_who": "(outcome IS NULL) = (decided_by_id IS NULL)",
        "signed": "(outcome IN ('approved', 'refused')) IS TRUE = (sha256 IS NOT NULL)",
        "signed_name": "(sha256 IS NULL) = (signer_name IS NULL)",
        "signed_meaning": "(sha256 IS NULL) = (meaning IS NULL)",
        "two_people": "sha256 IS NULL OR decided_by_id <> asked_by_id",
        "refused_because": "outcome IS NULL OR outcome = 'approved' OR decision_reason IS NOT NULL",
    }
    return [sa.CheckConstraint(rule, name=op.f(f"ck_corrections_{name}")) for name, rule in rules.items()]
