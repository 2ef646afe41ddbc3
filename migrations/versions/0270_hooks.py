"""What others are told of: webhooks, and what is owed to each, written by triggers in the transaction of the fact."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import AT_MY_SITES, confine, unconfine

revision = "0270"
down_revision = "0340"
branch_labels = None
depends_on = None

EVENTS = ("response.submitted", "participant.withdrawn", "export.ready", "message.failed", "ping")
VIRTUAL = "nullif(current_setting('svar.virtual_at', true), '')::timestamptz"


def _utc(column: str) -> str:
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


HERS = "'study', t.code, 'participant', p.code, 'site', s.code, 'practice', p.practice"
OF_HER = "JOIN public.sites s ON s.id = p.site_id JOIN public.studies t ON t.id = p.study_id"
LISTENING = (
    "JOIN public.hooks h ON h.study_id = t.id AND h.ended_at IS NULL AND h.events ? '{event}'"
    " AND (h.site_id IS NULL OR h.site_id = {site})"
)
FACTS = {
    "responses": (
        "response.submitted",
        "p.site_id",
        f"{HERS}, 'visit', a.visit, 'mode', n.mode, 'submitted_at', {_utc('n.submitted_at')}",
        "new_rows n JOIN public.assessments a ON a.id = n.assessment_id"
        f" JOIN public.participants p ON p.id = a.participant_id {OF_HER}",
        "true",
    ),
    "participants": (
        "participant.withdrawn",
        "p.site_id",
        f"{HERS}, 'grade', p.left_as, 'withdrawn_at', {_utc('p.withdrawn_at')}",
        f"new_rows p JOIN old_rows o ON o.id = p.id {OF_HER}",
        "o.withdrawn_at IS NULL AND p.withdrawn_at IS NOT NULL",
    ),
    "messages": (
        "message.failed",
        "p.site_id",
        f"{HERS}, 'visit', a.visit, 'kind', n.kind, 'code', n.error_code, 'owed_at', {_utc('n.owed_at')}",
        "new_rows n JOIN old_rows o ON o.id = n.id JOIN public.participants p ON p.id = n.participant_id"
        f" {OF_HER} LEFT JOIN public.assessments a ON a.id = n.assessment_id",
        "n.state = 'failed' AND o.state <> 'failed'",
    ),
}
SNAPSHOT = (
    "export.ready",
    "NULL",
    f"'study', t.code, 'day', n.day::text, 'as_of', {_utc('n.as_of')}, 'manifest_sha256', n.manifest_sha256",
)
OF_STUDY = "JOIN public.studies t ON t.id = n.study_id"
TRIGGERS = {
    "responses": ("INSERT", "NEW TABLE AS new_rows"),
    "participants": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "messages": ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
}


def _owing(name: str, event: str, site: str, facts: str, rows: str, where: str) -> str:
    """The function of a trigger that writes what is owed about the rows; where nobody listens it only looks."""
    listening = LISTENING.format(event=event, site=site)
    return f"""
CREATE FUNCTION public.owe_{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  IF EXISTS (SELECT FROM public.hooks WHERE ended_at IS NULL) THEN
    INSERT INTO public.hook_deliveries (hook_id, site_id, event, payload, noted_at)
    SELECT h.id, {site}, '{event}', jsonb_build_object({facts}), coalesce({VIRTUAL}, clock_timestamp())
    FROM {rows} {listening} WHERE {where};
  END IF;
  RETURN NULL;
END $$"""


def _trigger(table: str, event: str, referencing: str, name: str) -> str:
    return (
        f"CREATE TRIGGER hooks_{event.lower()} AFTER {event} ON public.{table} REFERENCING {referencing}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION public.owe_{name}()"
    )


def upgrade() -> None:
    _hooks()
    _deliveries()
    for statement in (
        *triggers("public.hooks", ("secret_sealed",)),
        *confine("public.hook_deliveries", f"{AT_MY_SITES} OR site_id IS NULL"),
        *may("SELECT, INSERT, UPDATE", ["public.hooks"]),
        *may("SELECT, INSERT, UPDATE, DELETE", ["public.hook_deliveries"]),
        *may("USAGE", ["SEQUENCE public.hooks_id_seq", "SEQUENCE public.hook_deliveries_id_seq"]),
    ):
        op.execute(statement)
    for table, parts in FACTS.items():
        op.execute(_owing(table, *parts))
        op.execute(_trigger(table, *TRIGGERS[table], table))
    op.execute(_owing("new_snapshots", *SNAPSHOT, f"new_rows n {OF_STUDY}", "true"))
    changed = f"new_rows n JOIN old_rows o ON o.id = n.id {OF_STUDY}"
    op.execute(_owing("snapshots", *SNAPSHOT, changed, "n.manifest_sha256 <> o.manifest_sha256"))
    op.execute(_trigger("snapshots", "INSERT", "NEW TABLE AS new_rows", "new_snapshots"))
    op.execute(_trigger("snapshots", "UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows", "snapshots"))


def downgrade() -> None:
    for table, (event, _) in TRIGGERS.items():
        op.execute(f"DROP TRIGGER hooks_{event.lower()} ON public.{table}")
    for event in ("insert", "update"):
        op.execute(f"DROP TRIGGER hooks_{event} ON public.snapshots")
    for name in (*FACTS, "new_snapshots", "snapshots"):
        op.execute(f"DROP FUNCTION public.owe_{name}()")
    for statement in (*unconfine("public.hook_deliveries"), *no_triggers("public.hooks")):
        op.execute(statement)
    op.drop_table("hook_deliveries")
    op.drop_table("hooks")


def _hooks() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "hooks",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("paused_at", moment, nullable=True),
        sa.Column("paused_because", sa.String(length=200), nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(paused_at IS NULL) = (paused_because IS NULL)", name=op.f("ck_hooks_paused_both")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_hooks_study_id_studies")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_hooks_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hooks")),
    )
    op.create_index(op.f("ix_hooks_study_id"), "hooks", ["study_id"])


def _deliveries() -> None:
    moment, kind = sa.DateTime(timezone=True), sa.Enum(*EVENTS, name="hookevent", native_enum=False, length=40)
    op.create_table(
        "hook_deliveries",
        sa.Column("hook_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", postgresql.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("event", kind, nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("noted_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("not_before", moment, nullable=True),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered_at", moment, nullable=True),
        sa.Column("given_up_at", moment, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("delivered_at IS NULL OR given_up_at IS NULL", name=op.f("ck_hook_deliveries_ends_once")),
        sa.CheckConstraint(sa.column("event").in_(EVENTS), name=op.f("ck_hook_deliveries_hookevent")),
        sa.ForeignKeyConstraint(["hook_id"], ["hooks.id"], name=op.f("fk_hook_deliveries_hook_id_hooks")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_hook_deliveries_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_deliveries")),
        sa.UniqueConstraint("event_id", name=op.f("uq_hook_deliveries_event_id")),
    )
    op.create_index(op.f("ix_hook_deliveries_hook_id"), "hook_deliveries", ["hook_id"])
    waiting = sa.text("delivered_at IS NULL AND given_up_at IS NULL")
    op.create_index("ix_hook_deliveries_waiting", "hook_deliveries", ["hook_id", "id"], postgresql_where=waiting)
