"""Who takes part, and how their visits go; enrolment and events from another system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.roles import Permission
from app.api.access import because, requires
from app.api.blueprint import blueprint
from app.api.correcting import CorrectionSchema, EffectSchema
from app.api.finding import participant, site
from app.api.operations import operation
from app.api.schemas import (
    AssessmentQuery,
    AssessmentsSchema,
    EnrolmentSchema,
    EventEntrySchema,
    EventSchema,
    PageQuery,
    ParticipantSchema,
    ParticipantsSchema,
)
from app.core.database import db
from app.core.time import now
from app.messages.outlook import noting
from app.messages.outlook.correcting import correct, preview
from app.messages.outlook.effects import Effect
from app.participants.correcting import EventCorrection, LeavingCorrection, RecordCorrection
from app.participants.enrolment import Person, enrol
from app.participants.models import Event, Participant
from app.participants.visible import visible
from app.permitting import current_scope
from app.responses.locked import data_at
from app.schedule import listing
from app.schedule.listing import ListPosition, Wanted
from app.studies.installing import protocol_at
from app.studies.states import Act

PARTICIPANTS_PATH = "/studies/<study>/participants"


@dataclass(frozen=True)
class ListPage:
    """One page of a list, as the schemas write it."""

    items: Sequence[object]
    total: int
    limit: int
    offset: int
    as_of: datetime | None = None
    next: ListPosition | None = None


@blueprint.get(PARTICIPANTS_PATH)
@requires(Permission.VIEW_PARTICIPANT)
@operation("The participants at the token's sites, by pseudonym", answer=ParticipantsSchema, query=PageQuery)
def participants(query: dict[str, Any]) -> ListPage:
    """A page of them."""
    at_her_sites = visible(current_scope())
    total = db.session.scalar(select(func.count(Participant.id)).where(at_her_sites)) or 0
    loading = (joinedload(Participant.site), selectinload(Participant.events))
    chosen = select(Participant).where(at_her_sites).order_by(Participant.code.collate("C")).options(*loading)
    return ListPage(list(db.session.scalars(chosen.limit(query["limit"]).offset(query["offset"]))), total, **query)


@blueprint.get(f"{PARTICIPANTS_PATH}/<code>")
@requires(Permission.VIEW_PARTICIPANT)
@operation("One participant, with events", answer=ParticipantSchema)
def one_participant(code: str) -> Participant:
    """One participant of the study, found by the pseudonym."""
    return participant(code)


@blueprint.post(PARTICIPANTS_PATH)
@requires(Permission.ENROL)
@operation("Enrol a participant", answer=ParticipantSchema, body=EnrolmentSchema, status=201)
def enrol_participant(body: dict[str, Any]) -> Participant:
    """The phone number and the name go in here, and come out nowhere."""
    at, consent, on = site(body.pop("site")), body.pop("consent"), body.pop("enrolled_on")
    return enrol(at, protocol_at(at), Person(**body), consent, on, now())


@blueprint.post(f"{PARTICIPANTS_PATH}/<code>/events")
@requires(Permission.RECORD_EVENTS)
@operation(
    "Plan, record or call off an event; the schedule follows", answer=EventSchema, body=EventEntrySchema, status=201
)
def note_event(code: str, body: dict[str, Any]) -> Event:
    """Planned, moved, happened, or cancelled."""
    return noting.note_event(participant(code), body["kind"], body["state"], body["on"], body["at"], now()).event


@blueprint.post(f"{PARTICIPANTS_PATH}/<code>/corrections")
@requires(Permission.RECORD_EVENTS, act=Act.CORRECT)
@operation("Correct what was recorded, or see what that would change", answer=EffectSchema, body=CorrectionSchema)
def correct_record(code: str, body: dict[str, Any]) -> Effect:
    """With `dry_run` nothing is changed; either way every window and text that changes is told."""
    act, reason, event = preview if body.pop("dry_run") else correct, body.pop("reason"), body.pop("event")
    at, left = site(body["site"]) if body["site"] else None, body.pop("leaving")
    correction = RecordCorrection(
        **{**body, "site": at},
        event=EventCorrection(**event) if event else None,
        leaving=LeavingCorrection(**left) if left else None,
    )
    because(reason)
    return act(participant(code), correction, reason, now())


@blueprint.get("/studies/<study>/assessments")
@requires(Permission.VIEW_PARTICIPANT)
@operation("Visits and their states, now", answer=AssessmentsSchema, query=AssessmentQuery)
def visits(query: dict[str, Any]) -> ListPage:
    """Filtered by participant, visit, site and state; the next page begins `after` the `next` of this one."""
    at = data_at(current_scope().study, now())
    limit, offset, after = query.pop("limit"), query.pop("offset"), query.pop("after", None)
    page = listing.visits(current_scope(), Wanted(**query), at, limit=limit, offset=offset, after=after)
    return ListPage(page.items, page.total, limit, offset, as_of=at, next=page.next)
