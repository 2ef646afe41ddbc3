"""What somebody wrote is read in the task that gathers it: replies name their task, and disclosures what was opened.

The words stood twice, in the reply and, closed, in the task. From here on they are read where they came;
`tasks.note_sealed` stays for processes of the version before, which may still run.
"""

import sqlalchemy as sa
from alembic import op

revision = "0131"
down_revision = "0130"
branch_labels = None
depends_on = None

PAIRED = """
WITH words AS (
  SELECT id, participant_id, created_at,
         row_number() OVER (PARTITION BY participant_id, created_at ORDER BY id) AS place
  FROM tasks WHERE note_sealed IS NOT NULL
), texts AS (
  SELECT id, participant_id, handled_at,
         row_number() OVER (PARTITION BY participant_id, handled_at ORDER BY id) AS place
  FROM replies WHERE kind IN ('other', 'refused') AND participant_id IS NOT NULL
)
UPDATE replies SET task_id = words.id FROM texts JOIN words
  ON words.participant_id = texts.participant_id AND words.created_at = texts.handled_at AND words.place = texts.place
WHERE replies.id = texts.id
"""
"""A task with words and the reply that made it have one instant; several of one instant come in one order."""


FOREIGN = {"replies": "fk_replies_task_id_tasks", "disclosures": "fk_disclosures_task_id_tasks"}


def upgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration:0131', true)")
    op.add_column("replies", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    for table, name in FOREIGN.items():
        op.add_column(table, sa.Column("task_id", sa.BigInteger(), nullable=True))
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (task_id) REFERENCES tasks (id) NOT VALID"
        )
    op.execute(PAIRED)
    with op.get_context().autocommit_block():
        for table, name in FOREIGN.items():
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        op.create_index(
            "ix_replies_task_id", "replies", ["task_id"], postgresql_concurrently=True, if_not_exists=True
        )


def downgrade() -> None:
    """What was written stays in the replies and, of before, in the tasks."""
    op.drop_index("ix_replies_task_id", "replies")
    for table, name in FOREIGN.items():
        op.drop_constraint(name, table, type_="foreignkey")
        op.drop_column(table, "task_id")
    op.drop_column("replies", "read_at")
