"""E-mail addresses beside numbers, by what each participant is written to, and by what each message left."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers

revision = "0300"
down_revision = "0320"
branch_labels = None
depends_on = None

CONTACTS = "identifiers.contacts"
BEFORE = ("phone_sealed", "phone_fingerprint", "name_sealed", "pin_hash", "birth_year_sealed")
HIDDEN = (*BEFORE, "email_sealed", "email_fingerprint")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("email_sealed", sa.LargeBinary(), nullable=True), schema="identifiers")
    op.add_column("contacts", sa.Column("email_fingerprint", sa.LargeBinary(), nullable=True), schema="identifiers")
    op.add_column(
        "contacts", sa.Column("email_unusable_since", sa.DateTime(timezone=True), nullable=True), schema="identifiers"
    )
    op.add_column("contacts", sa.Column("email_unusable_because", sa.String(60), nullable=True), schema="identifiers")
    op.add_column("participants", sa.Column("reached_by", sa.String(10), server_default="sms", nullable=False))
    op.add_column("messages", sa.Column("channel", sa.String(5), server_default="sms", nullable=False))
    for statement in (*no_triggers(CONTACTS), *triggers(CONTACTS, HIDDEN)):
        op.execute(statement)
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_contacts_email_fingerprint", "contacts", ["email_fingerprint"], schema="identifiers",
            postgresql_concurrently=True, if_not_exists=True,
        )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_contacts_email_fingerprint", "contacts", schema="identifiers")
    for statement in (*no_triggers(CONTACTS), *triggers(CONTACTS, BEFORE)):
        op.execute(statement)
    op.drop_column("messages", "channel")
    op.drop_column("participants", "reached_by")
    for column in ("email_unusable_because", "email_unusable_since", "email_fingerprint", "email_sealed"):
        op.drop_column("contacts", column, schema="identifiers")
