"""What was taken away for good, and a trail that holds although the content of some entries is gone.

An erased entry keeps the hash of what it said, so its seal still holds; who hides an entry without a certificate is
found, as the certificates say how many there are.
"""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may

revision = "0320"
down_revision = "0250"
branch_labels = None
depends_on = None

TABLE = "public.erasures"
SEALING = "audit.seal(timestamp with time zone)"
HASHED, KEPT = "sha256(convert_to(jsonb_build_array(", "coalesce(erased_sha256, sha256(convert_to(jsonb_build_array("
END, KEPT_END = "old, new)::text, 'UTF8'))", "old, new)::text, 'UTF8')))"
DECIDED_ONCE = """
CREATE OR REPLACE FUNCTION public.refuse_second_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  {but}RAISE EXCEPTION 'correction % is decided: it is not changed any more', OLD.id USING ERRCODE = '42501';
END $$
"""
BUT = "IF TG_OP = 'DELETE' AND current_setting('svar.erasing', true) = 'on' THEN RETURN OLD; END IF;\n  "
"""Nobody but the owner may delete a correction at all."""


def upgrade() -> None:
    op.add_column("entries", sa.Column("erased_sha256", sa.LargeBinary(), nullable=True), schema="audit")
    _seal_with({HASHED: KEPT, END: KEPT_END})
    op.execute(DECIDED_ONCE.format(but=BUT))
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "erasures",
        sa.Column(
            "kind",
            sa.Enum("contacts", "study", name="erasurekind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("study", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("done_by", sa.String(length=60), nullable=True),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("counts", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_erasures_done_both")),
        sa.CheckConstraint("(done_at IS NULL) = (sha256 IS NULL)", name=op.f("ck_erasures_done_sealed")),
        sa.CheckConstraint("kind <> 'study' OR done_by <> asked_by", name=op.f("ck_erasures_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(
        "uq_erasures_open", "erasures", ["kind", "study"], unique=True, postgresql_where=sa.text("done_at IS NULL")
    )
    for statement in (
        *triggers(TABLE),
        *may("SELECT, INSERT, UPDATE", [TABLE]),
        *may("USAGE", [f"SEQUENCE {TABLE}_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers(TABLE):
        op.execute(statement)
    op.drop_table("erasures")
    op.execute(DECIDED_ONCE.format(but=""))
    _seal_with({KEPT: HASHED, KEPT_END: END})
    op.drop_column("entries", "erased_sha256", schema="audit")


def _seal_with(changes: dict[str, str]) -> None:
    """Make the function that seals anew, with these parts of it, each there once, exchanged."""
    steps = "\n".join(
        f"ASSERT length(body) - length(replace(body, $t${old}$t$, '')) = length($t${old}$t$);"
        f" body := replace(body, $t${old}$t$, $t${new}$t$);"
        for old, new in changes.items()
    )
    op.execute(f"""
DO $do$ DECLARE body text := pg_get_functiondef('{SEALING}'::regprocedure); BEGIN
{steps}
EXECUTE body; END $do$
""")
