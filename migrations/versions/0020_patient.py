"""What the patient's page needs: a PIN and a birth year beside the contact, installed wordings, imported value sets.

Revision ID: 0020
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.audit import no_triggers, triggers
from migrations.grants import app_role, may

revision = "0020"
down_revision = "0011"
branch_labels = None
depends_on = None

CONTACTS = "identifiers.contacts"
HIDDEN = ("phone_sealed", "phone_fingerprint", "name_sealed")
NEW_TABLES = ("public.wordings", "public.value_sets")


def upgrade() -> None:
    for column in (
        sa.Column("pin_hash", sa.Text(), nullable=True),
        sa.Column("pin_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pin_locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("birth_year_sealed", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("contacts", column, schema="identifiers")
    create_tables()
    for statement in (*no_triggers(CONTACTS), *triggers(CONTACTS, (*HIDDEN, "pin_hash", "birth_year_sealed"))):
        op.execute(statement)
    for table in NEW_TABLES:
        for statement in triggers(table, ("content",)):
            op.execute(statement)
        op.execute(f'GRANT USAGE ON SEQUENCE {table}_id_seq TO "{app_role()}"')
    for statement in may("SELECT, INSERT", NEW_TABLES):
        op.execute(statement)


def downgrade() -> None:
    for statement in (*no_triggers(CONTACTS), *triggers(CONTACTS, HIDDEN)):
        op.execute(statement)
    op.drop_table("value_sets")
    op.drop_table("wordings")
    for column in ("birth_year_sealed", "pin_locked_at", "pin_failures", "pin_hash"):
        op.drop_column("contacts", column, schema="identifiers")


def create_tables() -> None:
    op.create_table(
        "wordings",
        sa.Column("instrument", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wordings")),
        sa.UniqueConstraint("instrument", "language", "sha256", name=op.f("uq_wordings_instrument_language_sha256")),
    )
    op.create_table(
        "value_sets",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_sets")),
        sa.UniqueConstraint("name", name=op.f("uq_value_sets_name")),
    )
