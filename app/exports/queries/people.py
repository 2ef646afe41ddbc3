"""Those who take part, what happened to them, what they were texted and when not, and who called them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Case, ScalarSelect, case, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.exports.queries.placing import Question, anchors, in_c, local_date, named, role_of
from app.messages.models import Message, TextsPause
from app.participants.models import CallMade, Event, EventState, Participant
from app.schedule.models import Assessment
from app.studies.models import Site, Study
from app.studies.protocol import RANDOMISATION

BY_A_USER = "^user:[0-9]{1,18}$"


def participants(study: Study) -> Question:
    """Everybody, with the date of withdrawal in her own zone."""
    day_0 = anchors()
    query: Question = select(
        named(study),
        Participant.code.label("participant"),
        Site.code.label("site"),
        Participant.language,
        Participant.zone,
        Participant.enrolled_on,
        _first_day(RANDOMISATION).label("randomised_on"),
        day_0.c.on.label("anchor_on"),
        day_0.c.at.label("anchor_at"),
        _first_day("treatment_stopped").label("treatment_stopped_on"),
        local_date(Participant.withdrawn_at, Participant.zone).label("withdrawn_on"),
        Participant.withdrawal_reason,
        Participant.left_as,
    )
    joined = query.join(Participant.site).outerjoin(day_0, day_0.c.participant_id == Participant.id)
    return joined.where(Participant.study_id == study.id).order_by(in_c(Participant.code))


def _first_day(kind: str) -> ScalarSelect[date]:
    """When an event of this kind happened to her first."""
    happened = (Event.kind == kind, Event.state == EventState.HAPPENED)
    return select(func.min(Event.on)).where(Event.participant_id == Participant.id, *happened).scalar_subquery()


def messages(study: Study) -> Question:
    """Every text that was owed; one that asked about two visits stands once for each, and the second says so."""
    carrier, its_visit = aliased(Message), aliased(Assessment)
    query: Question = select(
        named(study),
        Participant.code.label("participant"),
        Assessment.visit,
        Message.kind,
        Message.channel,
        Message.state,
        Message.reason,
        Message.language,
        Message.segments,
        Message.attempts,
        Message.possible_duplicate,
        Message.owed_at,
        Message.queued_at,
        Message.sent_at,
        Message.settled_at,
        its_visit.visit.label("sent_with_visit"),
        carrier.kind.label("sent_with_kind"),
    )
    joined = query.join(Message.participant).outerjoin(Message.assessment).where(Message.study_id == study.id)
    joined = joined.outerjoin(carrier, carrier.id == Message.sent_with_id)
    joined = joined.outerjoin(its_visit, its_visit.id == carrier.assessment_id)
    return joined.order_by(in_c(Participant.code), Message.owed_at, in_c(Message.kind), Message.id)


def events(study: Study) -> Question:
    """Every protocol event, planned or past."""
    query: Question = select(
        named(study),
        Participant.code.label("participant"),
        Event.kind,
        Event.state,
        Event.on.label("event_on"),
        Event.at.label("event_at"),
        Event.recorded_at,
    )
    joined = query.join(Event.participant).where(Participant.study_id == study.id)
    return joined.order_by(in_c(Participant.code), Event.on, in_c(Event.kind), Event.id)


def contacts_made(study: Study) -> Question:
    """Every telephone call that somebody made to a participant, without what the staff noted for themselves."""
    query: Question = select(
        named(study),
        Participant.code.label("participant"),
        Site.code.label("site"),
        CallMade.made_at,
        local_date(CallMade.made_at, Participant.zone).label("made_on"),
        role_of(_user_id(CallMade.made_by)).label("made_by_role"),
        CallMade.outcome.label("result"),
        CallMade.again_at,
    )
    joined = query.join(CallMade.participant).join(Participant.site).where(Participant.study_id == study.id)
    return joined.order_by(in_c(Participant.code), CallMade.made_at, CallMade.id)


def pauses(study: Study, now: datetime) -> Question:
    """Every time the staff let somebody's texts wait, without the reason, which they wrote for themselves.

    One that holds at `now` has no end yet, and no days. The days are local ones, the last not among them: on that day
    texts leave again.
    """
    planned = func.least(TextsPause.until_at, func.coalesce(TextsPause.ended_at, TextsPause.until_at))
    ended_at = case((planned <= literal(now), planned))
    from_on = local_date(TextsPause.from_at, Participant.zone)
    ended_on = local_date(ended_at, Participant.zone)
    query: Question = select(
        named(study),
        Participant.code.label("participant"),
        Site.code.label("site"),
        TextsPause.from_at,
        from_on.label("from_on"),
        local_date(TextsPause.until_at, Participant.zone).label("until_on"),
        ended_at.label("ended_at"),
        ended_on.label("ended_on"),
        case((ended_at.is_not(None), ended_at < TextsPause.until_at)).label("ended_early"),
        (ended_on - from_on).label("days"),
        role_of(_user_id(TextsPause.recorded_by)).label("paused_by_role"),
    )
    joined = query.join(TextsPause.participant).join(Participant.site).where(Participant.study_id == study.id)
    return joined.order_by(in_c(Participant.code), TextsPause.from_at, TextsPause.id)


def _user_id(by: InstrumentedAttribute[str]) -> Case[Any]:
    """Whose number stands in `user:7`; nobody's for the clock and the shell."""
    return case((by.regexp_match(BY_A_USER), cast(func.split_part(by, ":", 2), BigInteger)))
