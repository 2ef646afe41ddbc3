"""Row-level security: staff see the rows of their sites; and a record of who downloaded which export."""

import sqlalchemy as sa
from alembic import op

from migrations.audit import no_triggers, triggers
from migrations.grants import may
from migrations.row_security import AT_MY_SITES, confine, mine, sees, through, unconfine

revision = "0060"
down_revision = "0040"
branch_labels = None
depends_on = None

PEOPLE = "JOIN public.participants p ON p.id ="
PARENTS = {
    "assessment": f"public.assessments a {PEOPLE} a.participant_id",
    "message": f"public.messages m {PEOPLE} m.participant_id",
    "response": f"public.responses r JOIN public.assessments a ON a.id = r.assessment_id {PEOPLE} a.participant_id",
}
CHILDREN = {
    "identifiers.contacts": "participant_id",
    "public.consents": "participant_id",
    "public.disclosures": "participant_id",
    "public.events": "participant_id",
    "public.tasks": "participant_id",
    "public.assessments": "participant_id",
    "public.messages": "participant_id",
    "public.replies": "participant_id",
    "public.attempts": "message_id",
    "public.receipts": "message_id",
    "identifiers.sandbox_texts": "message_id",
    "public.drafts": "assessment_id",
    "public.responses": "assessment_id",
    "public.answers": "response_id",
    "public.scores": "response_id",
}


def upgrade() -> None:
    for parent, rows in PARENTS.items():
        for statement in sees(parent, rows):
            op.execute(statement)
    for statement in mine():
        op.execute(statement)
    for statement in confine("public.participants", AT_MY_SITES):
        op.execute(statement)
    for table, column in CHILDREN.items():
        for statement in confine(table, through(column), with_parent=column == "response_id"):
            op.execute(statement)
    op.create_table(
        "downloads",
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.String(length=100), nullable=False),
        sa.Column("downloaded_by", sa.String(length=60), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name=op.f("fk_downloads_snapshot_id_snapshots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downloads")),
    )
    op.create_index(op.f("ix_downloads_snapshot_id"), "downloads", ["snapshot_id"], unique=False)
    for statement in (
        *triggers("public.downloads"),
        *may("SELECT, INSERT", ["public.downloads"]),
        *may("USAGE", ["SEQUENCE public.downloads_id_seq"]),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in no_triggers("public.downloads"):
        op.execute(statement)
    op.drop_index(op.f("ix_downloads_snapshot_id"), table_name="downloads")
    op.drop_table("downloads")
    for table in ("public.participants", *CHILDREN):
        for statement in unconfine(table):
            op.execute(statement)
    for parent in PARENTS:
        op.execute(f"DROP FUNCTION public.sees_{parent}(bigint)")
    op.execute("DROP FUNCTION public.my_participants()")
