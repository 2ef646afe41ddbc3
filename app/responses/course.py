"""All that happened to one participant, gathered for her page."""

from collections.abc import Iterator
from itertools import chain
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import db
from app.messages.models import Message, TextsPause
from app.participants.events import named_events
from app.participants.models import CallMade, Consent, Participant, StaffNote
from app.responses import timeline
from app.responses.models import Correction, Draft, LateAttempt, Response, StaffEntry
from app.responses.timeline import Trace
from app.schedule.models import Assessment, VisitNotDone

Hers = TypeVar("Hers", Assessment, Consent, Message, CallMade, StaffNote, TextsPause)
About = TypeVar("About", Draft, StaffEntry, VisitNotDone, LateAttempt)


def course_of(person: Participant, language: str, *, texts: bool, notes: bool) -> tuple[Trace, ...]:
    """Her line of time, the newest first; texts and notes for who may see them. Events are called as in `language`."""
    zone, plan = ZoneInfo(person.zone), person.protocol.plan
    visits = {visit.id: visit for visit in _hers(person, Assessment)}
    named = {key: visit.visit for key, visit in visits.items()}
    return timeline.merged(
        timeline.of_person(person),
        _all(timeline.of_consent(row, zone) for row in _hers(person, Consent)),
        _all(timeline.of_event(row, plan.event_title(row.kind, language), zone) for row in named_events(person)),
        _all(timeline.of_visit(row) for row in visits.values()),
        _all(timeline.of_pause(row) for row in _hers(person, TextsPause)),
        _typed(named),
        _corrected(named),
        _texts(person, named) if texts else (),
        _calls_and_notes(person) if notes else (),
    )


def _typed(named: dict[int, str]) -> Iterator[Trace]:
    yield from _all(timeline.of_draft(row, named[row.assessment_id]) for row in _about(named, Draft))
    yield from _all(timeline.of_entry(row, named[row.assessment_id]) for row in _about(named, StaffEntry))
    yield from _all(timeline.of_attempt(row, named[row.assessment_id]) for row in _about(named, LateAttempt))
    yield from _all(timeline.of_not_done(row, named[row.assessment_id]) for row in _about(named, VisitNotDone))


def _corrected(named: dict[int, str]) -> Iterator[Trace]:
    query = select(Correction, Response.assessment_id).join(Correction.response)
    rows = db.session.execute(query.where(Response.assessment_id.in_(named)).order_by(Correction.id))
    yield from _all(timeline.of_correction(row, named[assessment_id]) for row, assessment_id in rows)


def _texts(person: Participant, named: dict[int, str]) -> Iterator[Trace]:
    yield from _all(timeline.of_text(row, named.get(row.assessment_id or 0, "")) for row in _hers(person, Message))


def _calls_and_notes(person: Participant) -> Iterator[Trace]:
    yield from _all(timeline.of_call(row) for row in _hers(person, CallMade))
    yield from _all(timeline.of_note(row) for row in _hers(person, StaffNote))


def _hers(person: Participant, table: type[Hers]) -> list[Hers]:
    return list(db.session.scalars(select(table).where(table.participant_id == person.id).order_by(table.id)))


def _about(named: dict[int, str], table: type[About]) -> list[About]:
    return list(db.session.scalars(select(table).where(table.assessment_id.in_(named)).order_by(table.id)))


def _all(sources: Iterator[Iterator[Trace]]) -> Iterator[Trace]:
    return chain.from_iterable(sources)
