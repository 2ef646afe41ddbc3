"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.audit import FUNCTION, HELPERS, triggers
from migrations.grants import may, use_schemas

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# audited tables, and the columns whose content the trail leaves out
AUDITED = {
    "public.breakers": (),
    "public.studies": (),
    "public.users": ("password", "fs_uniquifier", "tf_totp_secret", "mf_recovery_codes", "us_totp_secrets"),
    "public.api_tokens": ("secret_sha256",),
    "public.protocols": ("source",),
    "public.sites": (),
    "public.snapshots": (),
    "public.webauthn": ("credential_id", "public_key"),
    "public.memberships": (),
    "public.participants": (),
    "public.assessments": (),
    "public.consents": (),
    "public.events": (),
    "identifiers.contacts": ("phone_sealed", "phone_fingerprint", "name_sealed"),
    "public.replies": ("body_sealed", "sender_fingerprint"),
    "public.tasks": ("note_sealed",),
    "public.messages": (),
    "public.responses": (),
    "public.answers": (),
    "public.attempts": (),
    "public.scores": (),
}

ALL = (*AUDITED, "public.drafts", "identifiers.sandbox_texts", "public.receipts")
# kept as they came: no change, no deletion by the application
IMMUTABLE = ("public.responses", "public.answers", "public.consents")
# rows that are scratch, or plans nobody has acted upon
DELETABLE = (
    "public.drafts",
    "public.assessments",
    "public.memberships",
    "public.webauthn",
    "identifiers.sandbox_texts",
)


def upgrade() -> None:
    for schema in ("audit", "identifiers"):
        op.execute(f"CREATE SCHEMA {schema}")
    create_tables()
    for statement in (*HELPERS, FUNCTION):
        op.execute(statement)
    for table, hidden in AUDITED.items():
        for statement in triggers(table, hidden):
            op.execute(statement)
    grant()


def downgrade() -> None:
    drop_tables()
    op.execute("DROP FUNCTION audit.record(), audit.shown(jsonb, text[])")
    for schema in ("audit", "identifiers"):
        op.execute(f"DROP SCHEMA {schema}")


def grant() -> None:
    plain = [table for table in ALL if table not in (*IMMUTABLE, "public.scores", "public.receipts")]
    statements = [
        *use_schemas(),
        *may("SELECT, INSERT, UPDATE", plain),
        *may("SELECT, INSERT", IMMUTABLE),
        *may("SELECT, INSERT, UPDATE (superseded_at)", ["public.scores"]),
        *may("SELECT, INSERT, UPDATE (message_id)", ["public.receipts"]),
        *may("DELETE", DELETABLE),
        *may("SELECT", ["audit.entries", "public.alembic_version"]),
    ]
    for statement in statements:
        op.execute(statement)


def create_tables() -> None:
    op.create_table(
        "entries",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("virtual_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("old", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("new", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        schema="audit",
    )
    op.create_index(op.f("ix_entries_table_name"), "entries", ["table_name"], unique=False, schema="audit")
    op.create_table(
        "breakers",
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.String(length=200), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breakers")),
        sa.UniqueConstraint("gateway", name=op.f("uq_breakers_gateway")),
    )
    op.create_table(
        "studies",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "setup",
                "demo",
                "live",
                "closed",
                name="studystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
        sa.UniqueConstraint("code", name=op.f("uq_studies_code")),
    )
    op.create_table(
        "users",
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_ip", sa.String(length=64), nullable=True),
        sa.Column("current_login_ip", sa.String(length=64), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("tf_primary_method", sa.String(length=64), nullable=True),
        sa.Column("tf_totp_secret", sa.String(length=255), nullable=True),
        sa.Column("us_totp_secrets", sa.Text(), nullable=True),
        sa.Column("fs_webauthn_user_handle", sa.String(length=64), nullable=True),
        sa.Column("mf_recovery_codes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
        sa.UniqueConstraint("fs_webauthn_user_handle", name=op.f("uq_users_fs_webauthn_user_handle")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_tokens_prefix")),
    )
    op.create_table(
        "protocols",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_protocols_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocols")),
        sa.UniqueConstraint("study_id", "version", name=op.f("uq_protocols_study_id_version")),
    )
    op.create_table(
        "sites",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_sites_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("study_id", "code", name=op.f("uq_sites_study_id_code")),
    )
    op.create_table(
        "snapshots",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_snapshots_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("study_id", "day", name=op.f("uq_snapshots_study_id_day")),
    )
    op.create_table(
        "webauthn",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=True),
        sa.Column("transports", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(length=64), nullable=False),
        sa.Column("extensions", sa.String(length=255), nullable=True),
        sa.Column("lastuse_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=64), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_webauthn_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webauthn")),
    )
    op.create_index(op.f("ix_webauthn_credential_id"), "webauthn", ["credential_id"], unique=True)
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "coordinator",
                "investigator",
                "data manager",
                "statistician",
                "monitor",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_memberships_site_id_sites")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_memberships_study_id_studies")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "user_id",
            "study_id",
            "site_id",
            "role",
            name=op.f("uq_memberships_user_id_study_id_site_id_role"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "participants",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("protocol_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("randomised_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.Column("sms_answers", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocols.id"], name=op.f("fk_participants_protocol_id_protocols")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_participants_site_id_sites")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_participants_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("study_id", "code", name=op.f("uq_participants_study_id_code")),
    )
    op.create_index(op.f("ix_participants_site_id"), "participants", ["site_id"], unique=False)
    op.create_table(
        "assessments",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("protocol_id", sa.BigInteger(), nullable=False),
        sa.Column("visit", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grace_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partial", sa.Boolean(), nullable=True),
        sa.Column("draft_existed", sa.Boolean(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("opens_at < closes_at AND closes_at <= grace_until", name=op.f("ck_assessments_window")),
        sa.CheckConstraint("submitted_at IS NULL = (partial IS NULL)", name=op.f("ck_assessments_submitted_both")),
        sa.CheckConstraint("submitted_at IS NULL OR opened_at IS NOT NULL", name=op.f("ck_assessments_opened_first")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_assessments_participant_id_participants")
        ),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocols.id"], name=op.f("fk_assessments_protocol_id_protocols")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
        sa.UniqueConstraint("participant_id", "visit", name=op.f("uq_assessments_participant_id_visit")),
    )
    op.create_index(
        "ix_assessments_due", "assessments", ["send_at"], unique=False, postgresql_where=sa.text("submitted_at IS NULL")
    )
    op.create_table(
        "consents",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_consents_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_participant_id"), "consents", ["participant_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("is_anchor", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "happened",
                "cancelled",
                name="eventstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'happened' OR at IS NOT NULL OR kind NOT IN ('first_infusion')",
            name=op.f("ck_events_happened_at"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_events_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_participant_id"), "events", ["participant_id"], unique=False)
    op.create_index(
        "uq_events_anchor", "events", ["participant_id", "kind"], unique=True, postgresql_where=sa.text("is_anchor")
    )
    op.create_table(
        "contacts",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unusable_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unusable_because", sa.String(length=60), nullable=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_contacts_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("participant_id", name=op.f("uq_contacts_participant_id")),
        schema="identifiers",
    )
    op.create_index(
        op.f("ix_contacts_phone_fingerprint"), "contacts", ["phone_fingerprint"], unique=False, schema="identifiers"
    )
    op.create_table(
        "replies",
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("sender_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_replies_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("sid", name=op.f("uq_replies_sid")),
    )
    op.create_index(op.f("ix_replies_participant_id"), "replies", ["participant_id"], unique=False)
    op.create_index(op.f("ix_replies_sender_fingerprint"), "replies", ["sender_fingerprint"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "number unusable",
                "not delivered",
                "call me",
                "not able today",
                "safety",
                "free text",
                "message received",
                "PIN locked",
                "wrong person",
                name="taskkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("visit", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_tasks_done_both")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_tasks_participant_id_participants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_participant_id"), "tasks", ["participant_id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("assessment_id", sa.BigInteger(), nullable=False),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name=op.f("fk_drafts_assessment_id_assessments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("assessment_id", name=op.f("uq_drafts_assessment_id")),
    )
    op.create_table(
        "messages",
        sa.Column("dedupe_key", sa.String(length=80), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("assessment_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sending",
                "accepted",
                "delivered",
                "failed",
                "suppressed",
                "unknown",
                name="messagestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("owed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("sid", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.String(length=10), nullable=True),
        sa.Column("possible_duplicate", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_messages_sending_lease")),
        sa.CheckConstraint(
            "(state = 'suppressed') <= (reason IS NOT NULL)", name=op.f("ck_messages_suppressed_reason")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name=op.f("fk_messages_assessment_id_assessments")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_messages_participant_id_participants")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_messages_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_messages_dedupe_key")),
    )
    op.create_index(op.f("ix_messages_assessment_id"), "messages", ["assessment_id"], unique=False)
    op.create_index(op.f("ix_messages_participant_id"), "messages", ["participant_id"], unique=False)
    op.create_index(op.f("ix_messages_sid"), "messages", ["sid"], unique=False)
    op.create_index(op.f("ix_messages_study_id"), "messages", ["study_id"], unique=False)
    op.create_index(
        "ix_messages_unsettled",
        "messages",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('sending', 'unknown', 'accepted')"),
    )
    op.create_index(
        "ix_messages_waiting", "messages", ["not_before"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_table(
        "responses",
        sa.Column("assessment_id", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "page",
                "page, with help",
                "sms",
                "staff on behalf",
                name="mode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("instruments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name=op.f("fk_responses_assessment_id_assessments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint("assessment_id", name=op.f("uq_responses_assessment_id")),
    )
    op.create_table(
        "answers",
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("instrument", sa.String(length=30), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("missing_reason", sa.String(length=30), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=op.f("fk_answers_response_id_responses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("response_id", "instrument", "item", name=op.f("uq_answers_response_id_instrument_item")),
    )
    op.create_table(
        "attempts",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(length=10), nullable=True),
        sa.Column("sid", sa.String(length=64), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_attempts_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("message_id", "number", name=op.f("uq_attempts_message_id_number")),
    )
    op.create_table(
        "sandbox_texts",
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("phone_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_sandbox_texts_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_texts")),
        sa.UniqueConstraint("sid", name=op.f("uq_sandbox_texts_sid")),
        schema="identifiers",
    )
    op.create_index(
        op.f("ix_sandbox_texts_message_id"), "sandbox_texts", ["message_id"], unique=False, schema="identifiers"
    )
    op.create_index(
        op.f("ix_sandbox_texts_phone_fingerprint"),
        "sandbox_texts",
        ["phone_fingerprint"],
        unique=False,
        schema="identifiers",
    )
    op.create_table(
        "receipts",
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("error_code", sa.String(length=10), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_receipts_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint(
            "sid",
            "status",
            "error_code",
            name=op.f("uq_receipts_sid_status_error_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_receipts_message_id"), "receipts", ["message_id"], unique=False)
    op.create_table(
        "scores",
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("instrument", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("value_set", sa.String(length=40), nullable=True),
        sa.Column("n_answered", sa.Integer(), nullable=False),
        sa.Column("missing_reason", sa.String(length=60), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("instrument_version", sa.String(length=20), nullable=False),
        sa.Column("scorer_version", sa.String(length=20), nullable=False),
        sa.Column("input_sha256", sa.String(length=64), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=op.f("fk_scores_response_id_responses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
    )
    op.create_index(op.f("ix_scores_response_id"), "scores", ["response_id"], unique=False)
    op.create_index(
        "uq_scores_current",
        "scores",
        ["response_id", "instrument", "name", "value_set"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def drop_tables() -> None:
    op.drop_index(
        "uq_scores_current",
        table_name="scores",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(op.f("ix_scores_response_id"), table_name="scores")
    op.drop_table("scores")
    op.drop_index(op.f("ix_receipts_message_id"), table_name="receipts")
    op.drop_table("receipts")
    op.drop_index(op.f("ix_sandbox_texts_phone_fingerprint"), table_name="sandbox_texts", schema="identifiers")
    op.drop_index(op.f("ix_sandbox_texts_message_id"), table_name="sandbox_texts", schema="identifiers")
    op.drop_table("sandbox_texts", schema="identifiers")
    op.drop_table("attempts")
    op.drop_table("answers")
    op.drop_table("responses")
    op.drop_index("ix_messages_waiting", table_name="messages", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index(
        "ix_messages_unsettled",
        table_name="messages",
        postgresql_where=sa.text("state IN ('sending', 'unknown', 'accepted')"),
    )
    op.drop_index(op.f("ix_messages_study_id"), table_name="messages")
    op.drop_index(op.f("ix_messages_sid"), table_name="messages")
    op.drop_index(op.f("ix_messages_participant_id"), table_name="messages")
    op.drop_index(op.f("ix_messages_assessment_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_table("drafts")
    op.drop_index(op.f("ix_tasks_participant_id"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_replies_sender_fingerprint"), table_name="replies")
    op.drop_index(op.f("ix_replies_participant_id"), table_name="replies")
    op.drop_table("replies")
    op.drop_index(op.f("ix_contacts_phone_fingerprint"), table_name="contacts", schema="identifiers")
    op.drop_table("contacts", schema="identifiers")
    op.drop_index("uq_events_anchor", table_name="events", postgresql_where=sa.text("is_anchor"))
    op.drop_index(op.f("ix_events_participant_id"), table_name="events")
    op.drop_table("events")
    op.drop_index(op.f("ix_consents_participant_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_index("ix_assessments_due", table_name="assessments", postgresql_where=sa.text("submitted_at IS NULL"))
    op.drop_table("assessments")
    op.drop_index(op.f("ix_participants_site_id"), table_name="participants")
    op.drop_table("participants")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_webauthn_credential_id"), table_name="webauthn")
    op.drop_table("webauthn")
    op.drop_table("snapshots")
    op.drop_table("sites")
    op.drop_table("protocols")
    op.drop_table("api_tokens")
    op.drop_table("users")
    op.drop_table("studies")
    op.drop_table("breakers")
    op.drop_index(op.f("ix_entries_table_name"), table_name="entries", schema="audit")
    op.drop_table("entries", schema="audit")
