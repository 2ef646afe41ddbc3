"""Views for programs of business intelligence (schema `bi`): the tables of the export, as they are now.

They are read with the owner's eyes, behind a barrier, and each asks `bi.my_sites()` whose rows the reader may see. Scope
is a membership (`svar_bi/STUDY`, `svar_bi/STUDY/SITE`) and not `svar.sites`: any session may set that setting,
and nobody can make himself a member. Nothing is granted here, and no role made: docs/exports.md says how. A
migration that changes a column read here drops the view and makes it again.
"""

from alembic import op

revision = "0450"
down_revision = "0445"
branch_labels = None
depends_on = None

MY_SITES = """
CREATE FUNCTION bi.my_sites() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.id FROM public.sites s JOIN public.studies y ON y.id = s.study_id WHERE EXISTS (
    SELECT FROM pg_roles r
    WHERE r.rolname::text IN ('svar_bi/' || y.code, 'svar_bi/' || y.code || '/' || s.code)
    AND pg_has_role(session_user, r.oid, 'MEMBER'))
$$
"""
PEOPLE = """
JOIN public.sites s ON s.id = p.site_id JOIN public.studies y ON y.id = p.study_id
"""
MINE = "p.site_id IN (SELECT bi.my_sites()) AND NOT p.practice AND y.state NOT IN ('setup', 'demo')"
"""Of the reader's sites, and nobody who was made up for practice."""
USABLE = "p.left_as IS DISTINCT FROM 'no further use'"
VISIT = f"""
JOIN public.assessments a ON a.id = r.assessment_id JOIN public.participants p ON p.id = a.participant_id {PEOPLE}
"""
PLACE = "y.code AS study, p.code AS participant, s.code AS site, a.visit, a.day"
BASELINE_ENDS = """
(SELECT e.participant_id, min(e.at) AS at FROM public.events e
  JOIN public.participants w ON w.id = e.participant_id JOIN public.protocols o ON o.id = w.protocol_id
  WHERE e.state = 'happened' AND CASE WHEN o.content -> 'baseline' IS NULL THEN e.is_anchor
    ELSE e.kind = o.content -> 'baseline' ->> 'last_before' END
  GROUP BY e.participant_id)
"""
PARTICIPANTS = f"""
SELECT y.code AS study, p.code AS participant, s.code AS site, p.language, p.zone, p.enrolled_on, p.randomised_on,
  day_0.anchor_on, day_0.anchor_at,
  (SELECT min(e."on") FROM public.events e WHERE e.participant_id = p.id AND e.kind = 'treatment_stopped'
    AND e.state = 'happened') AS treatment_stopped_on,
  timezone(p.zone, p.withdrawn_at)::date AS withdrawn_on, p.withdrawal_reason, p.left_as
FROM public.participants p {PEOPLE}
LEFT JOIN (SELECT e.participant_id, min(e."on") AS anchor_on, min(e.at) AS anchor_at FROM public.events e
  WHERE e.is_anchor AND e.state = 'happened' GROUP BY e.participant_id) day_0 ON day_0.participant_id = p.id
WHERE {MINE}
"""  # noqa: S608 - constants of ours
MESSAGES = f"""
SELECT y.code AS study, p.code AS participant, a.visit, m.kind, m.channel, m.state, m.reason, m.language, m.segments,
  m.attempts, m.possible_duplicate, m.owed_at, m.queued_at, m.sent_at, m.settled_at
FROM public.messages m JOIN public.participants p ON p.id = m.participant_id {PEOPLE}
LEFT JOIN public.assessments a ON a.id = m.assessment_id
WHERE {MINE}
"""  # noqa: S608 - constants of ours
EVENTS = f"""
SELECT y.code AS study, p.code AS participant, e.kind, e.state, e."on" AS event_on, e.at AS event_at, e.recorded_at
FROM public.events e JOIN public.participants p ON p.id = e.participant_id {PEOPLE}
WHERE {MINE}
"""  # noqa: S608 - constants of ours
ANSWERS = f"""
SELECT h.study, h.participant, h.site, h.visit, h.day, h.instrument, h.item, h.value,
  CASE WHEN h.value IS NULL THEN h.why END AS missing_reason, h.instrument_version, h.wording_sha256, h.submitted_at
FROM (
  SELECT {PLACE}, n.instrument, n.item,
    CASE WHEN a.voided_at IS NOT NULL THEN NULL WHEN c.response_id IS NOT NULL THEN c.proposed_value
      ELSE n.value END AS value,
    CASE WHEN a.voided_at IS NOT NULL THEN 'voided' WHEN c.response_id IS NOT NULL THEN 'corrected'
      ELSE coalesce(n.missing_reason, 'not_recorded') END AS why,
    r.instruments -> n.instrument ->> 'version' AS instrument_version,
    r.instruments -> n.instrument ->> 'wording_sha256' AS wording_sha256, r.submitted_at
  FROM public.answers n JOIN public.responses r ON r.id = n.response_id {VISIT}
  LEFT JOIN (
    SELECT DISTINCT ON (q.response_id, q.instrument, q.item) q.response_id, q.instrument, q.item, q.proposed_value
    FROM public.corrections q WHERE q.kind = 'answer' AND q.outcome = 'approved'
    ORDER BY q.response_id, q.instrument, q.item, q.decided_at DESC, q.id DESC
  ) c ON c.response_id = n.response_id AND c.instrument = n.instrument AND c.item = n.item
  WHERE {MINE} AND {USABLE}
) h
"""  # noqa: S608 - constants of ours
SCORES = f"""
SELECT h.study, h.participant, h.site, h.visit, h.day, h.instrument, h.score, h.value, h.value_set, h.category,
  h.eligible AND 1 = row_number() OVER (PARTITION BY h.participant_id, h.instrument, h.score, h.value_set
    ORDER BY h.eligible DESC, h.submitted_at DESC, h.response_id DESC) AS baseline,
  h.after_baseline_end, h.n_answered, CASE WHEN h.value IS NULL THEN h.why END AS missing_reason, h.rule,
  h.instrument_version, h.scorer_version, h.input_sha256, h.submitted_at
FROM (
  SELECT {PLACE}, p.id AS participant_id, r.id AS response_id, c.instrument, c.name AS score, c.value, c.value_set,
    c.category,
    coalesce(c.value IS NOT NULL AND CASE WHEN o.content -> 'baseline' ->> 'visit' IS NOT NULL
      THEN a.visit = o.content -> 'baseline' ->> 'visit' ELSE r.submitted_at < ends.at END, false) AS eligible,
    coalesce(r.submitted_at >= ends.at, false) AS after_baseline_end, c.n_answered,
    coalesce(c.missing_reason, 'not_recorded') AS why, c.rule, c.instrument_version, c.scorer_version, c.input_sha256,
    r.submitted_at
  FROM public.scores c JOIN public.responses r ON r.id = c.response_id {VISIT}
  JOIN public.protocols o ON o.id = p.protocol_id LEFT JOIN {BASELINE_ENDS} ends ON ends.participant_id = p.id
  WHERE c.superseded_at IS NULL AND {MINE} AND {USABLE}
) h
"""  # noqa: S608 - constants of ours
TOLD_AT = """
(SELECT least(now(), CASE WHEN count(*) > 1 THEN max(k.signed_at) END) AS at FROM public.lock_signatures k
  WHERE k.study_id = y.id AND k.signed_at <= now() AND (k.ended_at IS NULL OR k.ended_at > now()))
"""
"""The lock of a study stops its time."""
TEXTS = """
(SELECT m.assessment_id, min(m.sent_at) AS invited_at,
    min(CASE WHEN m.state = 'delivered' THEN coalesce(t.at, m.settled_at) END) AS delivered_at,
    bool_or(m.state = 'delivered') AS arrived, bool_or(m.state IN ('sending', 'accepted', 'unknown')) AS went,
    bool_or(m.state = 'failed') AS failed
  FROM public.messages m JOIN public.assessments b ON b.id = m.assessment_id
  LEFT JOIN (SELECT c.message_id, min(c.received_at) AS at FROM public.receipts c WHERE c.status = 'delivered'
    GROUP BY c.message_id) t ON t.message_id = m.id
  WHERE (m.kind IN ('invitation', 'reissue') OR m.kind ~ '^reminder-[1-9]$')
    AND (m.owed_at >= b.opens_at OR b.submitted_at IS NOT NULL)
  GROUP BY m.assessment_id)
"""
STATE = """
CASE WHEN a.voided_at IS NOT NULL THEN 'voided' WHEN a.submitted_at IS NOT NULL AND a.partial IS TRUE THEN 'partial'
  WHEN a.submitted_at >= a.closes_at THEN 'late' WHEN a.submitted_at IS NOT NULL THEN 'completed'
  WHEN a.cancelled_at IS NOT NULL THEN 'cancelled'
  WHEN p.withdrawn_at <= told.at AND p.withdrawn_at < a.grace_until THEN 'withdrawn'
  WHEN a.opens_at > told.at THEN 'not_due' WHEN a.grace_until > told.at THEN 'open' ELSE 'missed' END
"""
REASON = """
CASE WHEN v.state IN ('completed', 'late') THEN NULL
  WHEN v.state IN ('partial', 'not_due', 'withdrawn', 'cancelled', 'voided') THEN v.state
  WHEN v.state = 'missed' AND v.too_late THEN 'late_beyond_grace' WHEN v.begun THEN 'opened'
  WHEN v.arrived THEN 'not_opened' WHEN v.went THEN 'delivery_unknown' WHEN v.failed THEN 'undelivered'
  ELSE 'not_sent' END
"""
ANSWERED_BY = """
CASE WHEN r.mode IN ('page', 'sms') THEN 'herself' WHEN r.mode = 'page, with help' THEN 'herself, with help'
  WHEN r.mode IS NOT NULL THEN (SELECT i.answered_by FROM public.staff_entries i WHERE i.assessment_id = a.id
    ORDER BY i.number DESC LIMIT 1)::text END
"""
ASSESSMENTS = f"""
SELECT v.study, v.participant, v.site, v.visit, v.day, v.sequence, v.anchor_on, v.opens_at, v.due_at, v.closes_at,
  v.grace_until, v.state, {REASON} AS reason, v.invited_at, v.delivered_at, v.opened_at, v.submitted_at,
  v.after_baseline_end, v.minutes_late, v.language, v.mode, v.answered_by, v.presentation, v.not_done_reason,
  v.not_done_at
FROM (
  SELECT {PLACE},
    row_number() OVER (PARTITION BY a.participant_id ORDER BY a.day, a.visit COLLATE "C") AS sequence,
    a.anchor_on, a.opens_at, a.due_at, a.closes_at, a.grace_until, {STATE} AS state,
    EXISTS (SELECT FROM public.late_attempts l WHERE l.assessment_id = a.id
      AND l.attempted_at >= coalesce(d.grace_until, a.closes_at)) AS too_late,
    a.opened_at IS NOT NULL OR a.draft_existed AS begun,
    texts.arrived, texts.went, texts.failed, texts.invited_at, texts.delivered_at, a.opened_at, a.submitted_at,
    CASE WHEN a.submitted_at IS NOT NULL THEN coalesce(a.submitted_at >= ends.at, false) END AS after_baseline_end,
    CASE WHEN a.submitted_at IS NOT NULL
      THEN greatest(floor(extract(epoch FROM a.submitted_at - a.closes_at) / 60)::integer, 0) END AS minutes_late,
    r.language, r.mode, {ANSWERED_BY} AS answered_by,
    jsonb_path_query_first(r.instruments, '$.*.presentation') #>> '{{}}' AS presentation,
    d.reason AS not_done_reason, a.not_done_at
  FROM public.assessments a JOIN public.participants p ON p.id = a.participant_id {PEOPLE}
  CROSS JOIN LATERAL {TOLD_AT} told
  LEFT JOIN {BASELINE_ENDS} ends ON ends.participant_id = p.id LEFT JOIN {TEXTS} texts ON texts.assessment_id = a.id
  LEFT JOIN public.responses r ON r.assessment_id = a.id LEFT JOIN public.visits_not_done d ON d.assessment_id = a.id
  WHERE {MINE}
) v
"""  # noqa: S608 - constants of ours
VIEWS = {
    "participants": PARTICIPANTS,
    "assessments": ASSESSMENTS,
    "answers": ANSWERS,
    "scores": SCORES,
    "messages": MESSAGES,
    "events": EVENTS,
}


def upgrade() -> None:
    op.execute("CREATE SCHEMA bi")
    op.execute(MY_SITES)
    for name, rows in VIEWS.items():
        op.execute(f"CREATE VIEW bi.{name} WITH (security_barrier = true) AS {rows}")


def downgrade() -> None:
    op.execute("DROP SCHEMA bi CASCADE")
