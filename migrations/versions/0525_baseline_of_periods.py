"""`bi.scores` marks the baseline of each period of a cross-over, as the export does.

The columns are the same, so the view is replaced in its place, and whoever may read it still may.
"""

from alembic import op

revision = "0525"
down_revision = "0490"
branch_labels = None
depends_on = None

COLUMNS = """
SELECT h.study, h.participant, h.site, h.visit, h.day, h.instrument, h.score, h.value, h.value_set, h.category,
"""
LATER_COLUMNS = """
  h.after_baseline_end, h.n_answered, CASE WHEN h.value IS NULL THEN h.why END AS missing_reason, h.rule,
  h.instrument_version, h.scorer_version, h.input_sha256, h.submitted_at
"""
OF_PERSON = """
  h.eligible AND 1 = row_number() OVER (PARTITION BY h.participant_id, h.instrument, h.score, h.value_set
    ORDER BY h.eligible DESC, h.submitted_at DESC, h.response_id DESC) AS baseline,
"""
OF_PERSON_OR_PERIOD = """
  h.eligible AND 1 = row_number() OVER (PARTITION BY h.participant_id, h.instrument, h.score, h.value_set,
      CASE WHEN h.periods IS NOT NULL THEN h.visit END
    ORDER BY h.eligible DESC, h.submitted_at DESC, h.response_id DESC) AS baseline,
"""
PERIODS = "o.content -> 'baseline' -> 'periods'"
IS_BASE_OF_PERIOD = f"""
      WHEN {PERIODS} IS NOT NULL THEN jsonb_path_query_array({PERIODS}, '$.*.visit') ? a.visit
"""
PEOPLE = "JOIN public.sites s ON s.id = p.site_id JOIN public.studies y ON y.id = p.study_id"
MINE = "p.site_id IN (SELECT bi.my_sites()) AND NOT p.practice AND y.state NOT IN ('setup', 'demo')"
ENDS = """
(SELECT e.participant_id, min(e.at) AS at FROM public.events e
  JOIN public.participants w ON w.id = e.participant_id JOIN public.protocols o ON o.id = w.protocol_id
  WHERE e.state = 'happened' AND CASE WHEN o.content -> 'baseline' IS NULL THEN e.is_anchor
    ELSE e.kind = o.content -> 'baseline' ->> 'last_before' END
  GROUP BY e.participant_id)
"""


def rows(periods: str, of_period: str) -> str:
    """The scores with what tells which of them are baseline."""
    return f"""
FROM (
  SELECT y.code AS study, p.code AS participant, s.code AS site, a.visit, a.day, p.id AS participant_id,
    r.id AS response_id, c.instrument, c.name AS score, c.value, c.value_set, c.category, {periods}
    coalesce(c.value IS NOT NULL AND CASE {of_period} WHEN o.content -> 'baseline' ->> 'visit' IS NOT NULL
      THEN a.visit = o.content -> 'baseline' ->> 'visit' ELSE r.submitted_at < ends.at END, false) AS eligible,
    coalesce(r.submitted_at >= ends.at, false) AS after_baseline_end, c.n_answered,
    coalesce(c.missing_reason, 'not_recorded') AS why, c.rule, c.instrument_version, c.scorer_version, c.input_sha256,
    r.submitted_at
  FROM public.scores c JOIN public.responses r ON r.id = c.response_id
  JOIN public.assessments a ON a.id = r.assessment_id JOIN public.participants p ON p.id = a.participant_id {PEOPLE}
  JOIN public.protocols o ON o.id = p.protocol_id LEFT JOIN {ENDS} ends ON ends.participant_id = p.id
  WHERE c.superseded_at IS NULL AND {MINE} AND p.left_as IS DISTINCT FROM 'no further use'
) h
"""  # noqa: S608 - constants of ours


def upgrade() -> None:
    op.execute(made(OF_PERSON_OR_PERIOD, f"{PERIODS} AS periods,", IS_BASE_OF_PERIOD))


def downgrade() -> None:
    op.execute(made(OF_PERSON, "", ""))


def made(is_baseline: str, periods: str, of_period: str) -> str:
    """The view in its place."""
    columns = f"{COLUMNS} {is_baseline} {LATER_COLUMNS} {rows(periods, of_period)}"
    return f"CREATE OR REPLACE VIEW bi.scores WITH (security_barrier = true) AS {columns}"
