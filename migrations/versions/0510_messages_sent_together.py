"""`bi.messages` says with which text a visit was asked about together, as the export does.

The new columns stand last, so the view is replaced in its place, and whoever may read it still may.
"""

from alembic import op

revision = "0510"
down_revision = "0500"
branch_labels = None
depends_on = None

COLUMNS = """
SELECT y.code AS study, p.code AS participant, a.visit, m.kind, m.channel, m.state, m.reason, m.language, m.segments,
  m.attempts, m.possible_duplicate, m.owed_at, m.queued_at, m.sent_at, m.settled_at
"""
ROWS = """
FROM public.messages m JOIN public.participants p ON p.id = m.participant_id
JOIN public.sites s ON s.id = p.site_id JOIN public.studies y ON y.id = p.study_id
LEFT JOIN public.assessments a ON a.id = m.assessment_id
"""
CARRIER = """
LEFT JOIN public.messages c ON c.id = m.sent_with_id LEFT JOIN public.assessments w ON w.id = c.assessment_id
"""
MINE = "p.site_id IN (SELECT bi.my_sites()) AND NOT p.practice AND y.state NOT IN ('setup', 'demo')"


def upgrade() -> None:
    op.execute(
        f"CREATE OR REPLACE VIEW bi.messages WITH (security_barrier = true) AS {COLUMNS},"
        f" w.visit AS sent_with_visit, c.kind AS sent_with_kind {ROWS} {CARRIER} WHERE {MINE}"
    )


def downgrade() -> None:
    op.execute("DROP VIEW bi.messages")
    op.execute(f"CREATE VIEW bi.messages WITH (security_barrier = true) AS {COLUMNS} {ROWS} WHERE {MINE}")
