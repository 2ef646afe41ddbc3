"""The desk finds what it shows by an index: visits without an answer, texts that did not arrive, the newest texts."""

import sqlalchemy as sa
from alembic import op

revision = "0500"
down_revision = "0440"
branch_labels = None
depends_on = None

UNANSWERED = "submitted_at IS NULL AND cancelled_at IS NULL"
INDEXES: tuple[tuple[str, str, list[str], str | None], ...] = (
    ("ix_assessments_unanswered", "assessments", ["grace_until", "opens_at"], UNANSWERED),
    ("ix_assessments_to_come", "assessments", ["visit", "opens_at"], UNANSWERED),
    ("ix_messages_not_arrived", "messages", ["assessment_id"], "state NOT IN ('accepted', 'delivered')"),
    ("ix_messages_newest", "messages", ["study_id", "owed_at", "id"], None),
    ("ix_messages_newest_of_state", "messages", ["study_id", "state", "owed_at", "id"], None),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, columns, of in INDEXES:
            op.create_index(
                name, table, columns, postgresql_concurrently=True, if_not_exists=True,
                postgresql_where=sa.text(of) if of else None,
            )  # fmt: skip


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table)
