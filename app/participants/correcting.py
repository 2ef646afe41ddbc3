"""What was recorded wrongly of a participant is put right; the audit trail keeps what stood there, and why.

Only the record changes here. What follows from it, for visits and texts, is `app.messages.outlook.correcting`'s.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import case, select

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.participants.enrolment import LONGEST_AGO, check_randomisation, refuse_as_field
from app.participants.events import check_plan, default_instant, happened_on, note_enrolment
from app.participants.grades import LeavingGrade
from app.participants.leaving import departures_of, leave, take_back
from app.participants.living_zones import wrong_zone
from app.participants.models import Event, EventState, Participant
from app.studies.guarding import allow
from app.studies.models import Site
from app.studies.protocol import ENROLMENT, RANDOMISATION
from app.studies.states import Act


@dataclass(frozen=True)
class EventCorrection:
    """An event as it was recorded (kind and day), and as it is: happened `at`, planned for `on`, or called off."""

    kind: str
    recorded_on: date
    state: EventState
    on: date | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class LeavingCorrection:
    """How somebody left: so far, on that day, and why; what is left out stays as it was recorded."""

    grade: LeavingGrade | None = None
    on: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class RecordCorrection:
    """What is put right; what is left out stays as it is."""

    enrolled_on: date | None = None
    zone: str = ""
    language: str = ""
    site: Site | None = None
    event: EventCorrection | None = None
    randomised_on: date | None = None
    not_randomised: bool = False
    leaving: LeavingCorrection | None = None
    not_withdrawn: bool = False

    @property
    def is_empty(self) -> bool:
        return self == RecordCorrection()


def put_right(participant: Participant, correction: RecordCorrection, now: datetime) -> None:
    """Write what is right in place of what was recorded. BadInput or Conflict says what cannot be so."""
    allow(participant.study, Act.CORRECT)
    if correction.is_empty:
        raise BadInput(
            "Say what is to be corrected: an event, a day, the withdrawal, the language, the zone or the site."
        )
    _refuse_contradictions(correction)
    if correction.enrolled_on is not None:
        _enrolled_on(participant, correction.enrolled_on, now)
    if correction.zone:
        _zone(participant, correction.zone)
    if correction.language:
        _language(participant, correction.language)
    if correction.site is not None:
        _site(participant, correction.site)
    if correction.event is not None:
        _event(participant, correction.event, now)
    if correction.randomised_on is not None or correction.not_randomised:
        _randomised_on(participant, correction.randomised_on, now)
    if correction.not_withdrawn or correction.leaving is not None:
        _left_otherwise(participant, correction.leaving, now)
    db.session.flush()


def _refuse_contradictions(correction: RecordCorrection) -> None:
    """One of two things that cannot both be so was not meant; which one, nobody here knows."""
    if correction.not_randomised and correction.randomised_on is not None:
        _refuse("randomised_on", "Say on which day she was randomised, or that she was not: not both.")
    if correction.not_withdrawn and correction.leaving is not None:
        _refuse("leaving", "Say how she left, or that she did not: not both.")


def _enrolled_on(participant: Participant, on: date, now: datetime) -> None:
    _refuse_the_same("enrolled_on", on, participant.enrolled_on)
    noted = (Event.participant_id == participant.id, Event.state != EventState.CANCELLED, Event.kind != ENROLMENT)
    events = select(Event.on).where(*noted)
    first = min(db.session.scalars(events.order_by(Event.on)), default=None)
    if first is not None and on > first:
        _refuse("enrolled_on", f"Something of {participant.code} is recorded for {first}. Enrolment came no later.")
    left = min((row.on for row in departures_of(participant) if row.undone_at is None), default=None)
    if left is not None and on > left:
        _refuse("enrolled_on", f"It is recorded that {participant.code} left on {left}. Enrolment came no later.")
    today = now.astimezone(ZoneInfo(participant.zone)).date()
    if on > today or today - on > LONGEST_AGO:
        _refuse("enrolled_on", f"{on} lies in the future, or more than ten years ago. Check the year.")
    participant.enrolled_on = on
    note_enrolment(participant, now)


def _zone(participant: Participant, zone: str) -> None:
    """An instant stays what it is, and its day is the one on her own calendar; a day that was noted alone stays."""
    _refuse_the_same("zone", zone, participant.zone)
    if no_zone := wrong_zone(zone):
        _refuse("zone", no_zone)
    dated = select(Event).where(Event.participant_id == participant.id, Event.at.is_not(None)).order_by(Event.id)
    events = db.session.scalars(dated).all()
    noted_alone = {event.id for event in events if event.at == default_instant(participant, event.kind, event.on)}
    participant.zone = zone
    for event in events:
        if event.id in noted_alone:
            event.at = default_instant(participant, event.kind, event.on)
        else:
            assert event.at is not None
            event.on = event.at.astimezone(ZoneInfo(zone)).date()
            if event.kind != ENROLMENT and event.state is not EventState.CANCELLED:
                _refuse_before_enrolment(participant, event)


def _refuse_before_enrolment(participant: Participant, event: Event) -> None:
    first = participant.enrolled_on
    if event.on < first:
        _refuse(
            "zone",
            f"In {participant.zone} {event.kind} is on {event.on}, before the day of enrolment, {first}. "
            "If that day is wrong, correct it together with the zone.",
        )


def _language(participant: Participant, language: str) -> None:
    _refuse_the_same("language", language, participant.language)
    languages = participant.protocol.plan.languages
    if language not in languages:
        _refuse("language", f"This study speaks {', '.join(languages)}.")
    participant.language = language


def _site(participant: Participant, site: Site) -> None:
    """The pseudonym stays: it stands on papers, and is the key of what was exported."""
    _refuse_the_same("site", site.code, participant.site.code)
    plan = participant.protocol.plan
    if site.study_id != participant.study_id or site.code not in {each.code for each in plan.sites}:
        _refuse("site", f"Version {plan.version} of the protocol, which {participant.code} follows, has no such site.")
    if not site.active:
        _refuse("site", f"Site {site.code} is not active yet, so nobody can be there.")
    participant.site = site


def _event(participant: Participant, correction: EventCorrection, now: datetime) -> None:
    if correction.kind == ENROLMENT:
        _refuse("event", "Enrolment dates itself: correct the day of enrolment.")
    if correction.kind == RANDOMISATION and participant.protocol.plan.randomised_by_day:
        _refuse(
            "event", "Randomisation is noted by its day: correct the day of randomisation, or say that it was none."
        )
    event = _recorded(participant, correction)
    on, at = _as_it_is(participant, event, correction, now)
    if (correction.state, on, at) == (event.state, event.on, event.at):
        raise Conflict(f"{event.kind} of {participant.code} is recorded so already.")
    same = select(Event.id).where(
        Event.participant_id == participant.id, Event.kind == event.kind, Event.id != event.id
    )
    same = same.where(Event.state == correction.state, Event.on == on, Event.at.is_not_distinct_from(at))
    if correction.state is not EventState.CANCELLED and db.session.scalar(select(same.exists())):
        raise Conflict(f"{event.kind} of {participant.code} is recorded for then already. Call this one off instead.")
    event.state, event.on, event.at, event.recorded_at = correction.state, on, at, now


def _as_it_is(
    participant: Participant, event: Event, correction: EventCorrection, now: datetime
) -> tuple[date, datetime | None]:
    """Day and instant of the event as it is; what is called off keeps those for which it was recorded."""
    match correction.state:
        case EventState.HAPPENED if correction.at is not None and correction.on is None:
            return happened_on(participant, event.kind, correction.at, now), correction.at
        case EventState.PLANNED if correction.on is not None:
            check_plan(participant, correction.on, correction.at, now)
            return correction.on, correction.at
        case EventState.CANCELLED if correction.on is None and correction.at is None:
            return event.on, event.at
    sentence = "Say at what instant it happened, or for which day it is planned; what is called off has neither."
    raise BadInput(sentence, errors={"event": sentence})


def _recorded(participant: Participant, correction: EventCorrection) -> Event:
    """The event that is meant; of several of a kind on one day, one that was not called off."""
    query = select(Event).where(Event.participant_id == participant.id, Event.kind == correction.kind)
    called_off = case((Event.state == EventState.CANCELLED, 1), else_=0)
    events = db.session.scalars(query.order_by(called_off, Event.id)).all()
    for event in events:
        if event.on == correction.recorded_on:
            return event
    days = ", ".join(sorted({str(event.on) for event in events})) or "no day at all"
    sentence = f"{correction.kind} of {participant.code} is recorded for {days}, not for {correction.recorded_on}."
    raise BadInput(sentence, errors={"event": sentence})


def _randomised_on(participant: Participant, on: date | None, now: datetime) -> None:
    refuse_as_field(participant)
    query = select(Event).where(Event.participant_id == participant.id, Event.kind == RANDOMISATION)
    event = db.session.scalar(query.where(Event.state == EventState.HAPPENED))
    if event is None:
        raise Conflict(f"No randomisation of {participant.code} is recorded, so none can be corrected.")
    _refuse_the_same("randomised_on", on, event.on)
    if on is None:
        event.state = EventState.CANCELLED
    else:
        check_randomisation(participant, on, now)
        event.on, event.at = on, default_instant(participant, RANDOMISATION, on)
    event.recorded_at = now


def _left_otherwise(participant: Participant, right: LeavingCorrection | None, now: datetime) -> None:
    """Take back what was recorded last of her leaving, and record what is right, if she left at all.

    In one step: nothing is owed to her in between. What she had said before stands again.
    """
    if participant.withdrawn_at is None and participant.left_as is None:
        raise Conflict(f"No withdrawal of {participant.code} is recorded, so none can be taken back.")
    db.session.flush()
    was = take_back(participant, now)
    if right is not None:
        leave(participant, right.grade or was.grade, right.on or was.on, right.reason or was.reason, now)


def _refuse_the_same(field: str, said: object, recorded: object) -> None:
    if said == recorded:
        _refuse(field, f"{said} is recorded already.")


def _refuse(field: str, sentence: str) -> None:
    raise BadInput(sentence, errors={field: sentence})
