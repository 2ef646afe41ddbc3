"""Visits that only staff open: of the protocol, and in no plan. Each time is a visit of its own, counted from then."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.core import zone_rules
from app.core.database import db, lock
from app.core.problems import BadInput, Conflict
from app.participants.models import Participant
from app.schedule.calendar import local_day, plan_visit
from app.schedule.models import Assessment, base_visit
from app.studies.guarding import allow
from app.studies.protocol import VisitPlan
from app.studies.protocol.spans import Span, Unit
from app.studies.protocol.visits import SEVERAL
from app.studies.states import Act


def openable(participant: Participant) -> dict[str, str]:
    """The visits that staff may open for her, each with its title."""
    plan = participant.protocol.plan
    return {visit.code: plan.visit_title(visit.code) for visit in plan.visits if _is_hers(visit, participant)}


def open_visit(participant: Participant, code: str, now: datetime) -> Assessment:
    """Open a visit from now on; her text leaves as soon as texts may. Conflict while she has one of the kind open."""
    plan = participant.protocol.plan
    codes = openable(participant)
    if code not in codes:
        sentence = f"Staff may open these visits for {participant.code}: {', '.join(codes) or 'none'}."
        raise BadInput(sentence, errors={"visit": sentence})
    allow(participant.study, Act.TEXT)
    if participant.withdrawn_at is not None:
        raise Conflict(f"{participant.code} takes part no longer.")
    lock(f"open:{participant.id}")
    before = (Assessment.participant_id == participant.id, base_visit() == code)
    earlier = db.session.scalars(select(Assessment).where(*before).order_by(Assessment.id)).all()
    if any(assessment.is_open(now) for assessment in earlier):
        raise Conflict(f"{plan.visit_title(code)} is open already for {participant.code}.")
    number = db.session.scalar(select(func.count()).select_from(Assessment).where(*before)) or 0
    assessment = _assessment(participant, plan.visit(code), f"{code}{SEVERAL}{number + 1}", now)
    db.session.add(assessment)
    db.session.flush()
    return assessment


def _assessment(participant: Participant, visit: VisitPlan, code: str, now: datetime) -> Assessment:
    """Hours are counted from now, days from today."""
    zone = ZoneInfo(participant.zone)
    if visit.window.is_by_the_hour:
        visit = replace(visit, span=Span(0, Unit.HOURS))
    when = plan_visit(visit, local_day(now, zone), zone, participant.protocol.plan.sending, now)
    return Assessment(
        participant=participant,
        protocol_id=participant.protocol_id,
        visit=code,
        day=when.day,
        anchor_on=when.anchor_on,
        opens_at=when.opens_at,
        send_at=when.send_at,
        due_at=when.due_at,
        closes_at=when.closes_at,
        grace_until=when.grace_until,
        planned_at=now,
        zone_rules=zone_rules.release(),
    )


def _is_hers(visit: VisitPlan, participant: Participant) -> bool:
    return visit.opened_by is not None and (not visit.sites or participant.site.code in visit.sites)
