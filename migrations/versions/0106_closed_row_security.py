"""Row-level security fails closed: who says nothing sees nothing, of the audit trail neither.

And a new answer or score of another site's response is refused, whether or not the statement asks for it back.
"""

from alembic import op

from migrations.row_security import (
    AT_MY_SITES,
    UNCONFINED,
    confine,
    mine,
    refuse_strangers,
    refuses_strangers,
    sees,
    through,
    unconfine,
)

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

BEFORE = "(current_setting('svar.sites', true) > '') IS NOT TRUE"
PEOPLE = "JOIN public.participants p ON p.id ="
PARENTS = {
    "assessment": f"public.assessments a {PEOPLE} a.participant_id",
    "message": f"public.messages m {PEOPLE} m.participant_id",
    "response": f"public.responses r JOIN public.assessments a ON a.id = r.assessment_id {PEOPLE} a.participant_id",
}
RULES = {"public.participants": AT_MY_SITES} | {
    table: through(column)
    for table, column in {
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
    }.items()
}
WITH_PARENT = ("public.answers", "public.scores")


def upgrade() -> None:
    for parent, rows in PARENTS.items():
        for statement in sees(parent, rows):
            op.execute(statement)
    for statement in mine():
        op.execute(statement)
    for table, rule in RULES.items():
        op.execute(f"ALTER POLICY sites ON {table} USING ({rule})")
    for statement in refuses_strangers("response"):
        op.execute(statement)
    for table in WITH_PARENT:
        op.execute(refuse_strangers(table))
    for statement in confine("audit.entries", UNCONFINED):
        op.execute(statement)


def downgrade() -> None:
    for statement in unconfine("audit.entries"):
        op.execute(statement)
    for table in WITH_PARENT:
        op.execute(f"DROP TRIGGER sites ON {table}")
    op.execute("DROP FUNCTION public.refuse_strangers()")
    for table, rule in RULES.items():
        op.execute(f"ALTER POLICY sites ON {table} USING ({rule.replace(UNCONFINED, BEFORE)})")
