"""Randomisation is an event, not also a day beside the events.

Format 1 had the day alone: it becomes the event, at noon on the participant's clocks, and dates no visit, so nobody's
plan changes. Where the protocol names the event itself, that is the one, and nothing is added.

The column stays for a release, because the released version reads and fills it. Until then each follows the other: an
event of ours becomes its day, and a day that the version before writes becomes the event.
"""

from alembic import op

revision = "0570"
down_revision = "0562"
branch_labels = None
depends_on = None

UNNAMED = "o.content ->> 'format' IS NULL AND o.content -> 'events' -> 'randomisation' IS NULL"
HAPPENED = "e.kind = 'randomisation' AND e.state = 'happened'"
NOON = "((p.randomised_on + time '12:00') AT TIME ZONE p.zone)"
ADDED = f"""
INSERT INTO public.events (participant_id, kind, is_anchor, state, "on", at, recorded_at)
SELECT p.id, 'randomisation', false, 'happened', p.randomised_on, {NOON}, now()
FROM public.participants p JOIN public.protocols o ON o.id = p.protocol_id
WHERE p.randomised_on IS NOT NULL AND {UNNAMED}
  AND NOT EXISTS (SELECT FROM public.events e WHERE e.participant_id = p.id AND {HAPPENED})
ORDER BY p.id
"""  # noqa: S608 - constants of ours
DAY_OF_EVENT = f"""
CREATE FUNCTION public.day_of_randomisation() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  day date := (SELECT min(e."on") FROM public.events e WHERE e.participant_id = NEW.participant_id AND {HAPPENED});
BEGIN
  UPDATE public.participants SET randomised_on = day
  WHERE id = NEW.participant_id AND randomised_on IS DISTINCT FROM day;
  RETURN NULL;
END $$
"""  # noqa: S608 - constants of ours
EVENT_OF_DAY = f"""
CREATE FUNCTION public.event_of_randomisation() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  day date := (SELECT min(e."on") FROM public.events e WHERE e.participant_id = NEW.id AND {HAPPENED});
  noon timestamptz := ((NEW.randomised_on + time '12:00') AT TIME ZONE NEW.zone);
  moment timestamptz := coalesce(nullif(current_setting('svar.virtual_at', true), '')::timestamptz, now());
BEGIN
  IF NEW.randomised_on IS NOT DISTINCT FROM day
    OR NOT EXISTS (SELECT FROM public.protocols o WHERE o.id = NEW.protocol_id AND {UNNAMED}) THEN
    RETURN NULL;
  END IF;
  IF day IS NULL THEN
    INSERT INTO public.events (participant_id, kind, is_anchor, state, "on", at, recorded_at)
    VALUES (NEW.id, 'randomisation', false, 'happened', NEW.randomised_on, noon, moment);
  ELSE
    UPDATE public.events e SET state = CASE WHEN NEW.randomised_on IS NULL THEN 'cancelled' ELSE e.state END,
      "on" = coalesce(NEW.randomised_on, e."on"), at = coalesce(noon, e.at), recorded_at = moment
    WHERE e.participant_id = NEW.id AND {HAPPENED};
  END IF;
  RETURN NULL;
END $$
"""  # noqa: S608 - constants of ours
TRIGGERS = (
    """
CREATE TRIGGER day_of_randomisation AFTER INSERT OR UPDATE ON public.events FOR EACH ROW
WHEN (NEW.kind = 'randomisation') EXECUTE FUNCTION public.day_of_randomisation()""",
    """
CREATE TRIGGER event_of_randomisation AFTER INSERT OR UPDATE OF randomised_on ON public.participants FOR EACH ROW
EXECUTE FUNCTION public.event_of_randomisation()""",
)
BY_COLUMN = "p.randomised_on"
BY_EVENT = f"""(SELECT min(e."on") FROM public.events e
    WHERE e.participant_id = p.id AND {HAPPENED})"""  # noqa: S608 - constants of ours


def upgrade() -> None:
    op.execute("SELECT set_config('svar.actor', 'migration 0570', true), set_config('svar.sites', '*', true)")
    op.execute(ADDED)
    op.execute("SELECT set_config('svar.actor', '', true), set_config('svar.sites', '', true)")
    for statement in (DAY_OF_EVENT, EVENT_OF_DAY, *TRIGGERS):
        op.execute(statement)
    op.execute(people(BY_EVENT))


def downgrade() -> None:
    """The events stay: they say no more than the column, and the version before counts nothing from them."""
    op.execute(people(BY_COLUMN))
    op.execute("DROP TRIGGER event_of_randomisation ON public.participants")
    op.execute("DROP TRIGGER day_of_randomisation ON public.events")
    op.execute("DROP FUNCTION public.event_of_randomisation()")
    op.execute("DROP FUNCTION public.day_of_randomisation()")


def people(randomised_on: str) -> str:
    """`bi.participants` in its place, with the day of randomisation from there."""
    return f"""
CREATE OR REPLACE VIEW bi.participants WITH (security_barrier = true) AS
SELECT y.code AS study, p.code AS participant, s.code AS site, p.language, p.zone, p.enrolled_on,
  {randomised_on} AS randomised_on, day_0.anchor_on, day_0.anchor_at,
  (SELECT min(e."on") FROM public.events e WHERE e.participant_id = p.id AND e.kind = 'treatment_stopped'
    AND e.state = 'happened') AS treatment_stopped_on,
  timezone(p.zone, p.withdrawn_at)::date AS withdrawn_on, p.withdrawal_reason, p.left_as
FROM public.participants p JOIN public.sites s ON s.id = p.site_id JOIN public.studies y ON y.id = p.study_id
LEFT JOIN (SELECT e.participant_id, min(e."on") AS anchor_on, min(e.at) AS anchor_at FROM public.events e
  WHERE e.is_anchor AND e.state = 'happened' GROUP BY e.participant_id) day_0 ON day_0.participant_id = p.id
WHERE p.site_id IN (SELECT bi.my_sites()) AND NOT p.practice AND y.state NOT IN ('setup', 'demo')
"""  # noqa: S608 - constants of ours
