"""The task to judge answers that came at another time than they were given for."""

from alembic import op

revision = "0576"
down_revision = "0574"
branch_labels = None
depends_on = None

LOCKS = {"constraint-missing-not-valid": "a study has some thousand tasks: they are read in a moment"}
KINDS = (
    "number unusable", "not delivered", "call me", "not able today", "safety", "free text", "message received",
    "PIN locked", "wrong person", "two answers",
)  # fmt: skip


def upgrade() -> None:
    _kinds((*KINDS, "answers to judge"))


def downgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration 0576', true), set_config('svar.sites', '*', true)")
    op.execute("UPDATE tasks SET kind = 'two answers' WHERE kind = 'answers to judge'")
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")
    _kinds(KINDS)


def _kinds(values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_tasks_taskkind"), "tasks", type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f("ck_tasks_taskkind"), "tasks", f"kind IN ({listed})")
