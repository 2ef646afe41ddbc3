"""Synthetic people for the tests of messages: enrolled, with a first infusion planned, through the product's verbs."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from app.core.crypto import keyring
from app.core.database import db
from app.participants.enrolment import Person, enrol
from app.participants.events import plan_event
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from app.schedule.planning import plan
from app.studies.installing import install, site
from app.studies.models import Protocol, StudyState

PROTOCOL = Path(__file__).parents[2] / "examples" / "backtobasic" / "protocol.yaml"
INFUSION = date(2026, 9, 15)
BEFORE = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
INVITED = datetime(2026, 9, 22, 7, 0, tzinfo=UTC)
"""09:00 in Oslo on day 7: the first weekly invitation."""


def enrolled(
    number: int = 1,
    *,
    state: StudyState = StudyState.LIVE,
    text: str | None = None,
    day: date = INFUSION,
    at: str = "01",
    **person: object,
) -> Participant:
    """One participant of the example study with the first infusion planned on `day`, at 11:00 in Oslo or so."""
    protocol = installed(text or PROTOCOL.read_text("utf-8"), state)
    who = Person(**{"phone": f"+474000{number:04d}", **person})  # type: ignore[arg-type]
    participant = enrol(site(protocol.study, at), protocol, who, "1.0", BEFORE.date(), BEFORE)
    plan_event(participant, "first_infusion", day, datetime.combine(day, time(9), UTC), BEFORE)
    plan(participant, BEFORE)
    return participant


def installed(text: str, state: StudyState) -> Protocol:
    """The protocol, read and checked once per database."""
    there = db.session.scalars(select(Protocol).filter_by(source=text)).first()
    return there or install(text, BEFORE, state=state)


def cohort(size: int, **options: object) -> list[Participant]:
    """Several of them."""
    return [enrolled(number, **options) for number in range(1, size + 1)]  # type: ignore[arg-type]


def visit(participant: Participant, code: str) -> Assessment:
    """One of a participant's visits."""
    return db.session.scalars(select(Assessment).filter_by(participant_id=participant.id, visit=code)).one()


def answered(assessment: Assessment, at: datetime) -> None:
    """As if it had been submitted."""
    assessment.opened_at = assessment.submitted_at = at
    assessment.partial = False
    db.session.flush()


def only(participant: Participant, *codes: str) -> None:
    """Leave out the participant's other visits."""
    query = select(Assessment).where(Assessment.participant_id == participant.id, Assessment.visit.not_in(codes))
    for assessment in db.session.scalars(query):
        db.session.delete(assessment)
    db.session.flush()


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def many(size: int) -> None:
    """A crowd, each with one weekly visit, made in bulk for tests of load; committed."""
    first = enrolled(text=PROTOCOL.read_text("utf-8").replace("daily_cap: 500", "daily_cap: 100000"))
    only(first, "d7")
    model = {column.key: getattr(first, column.key) for column in Participant.__table__.columns if column.key != "id"}
    rows = [model | {"code": f"01-{number:05d}"} for number in range(2, size + 1)]
    ids = list(db.session.scalars(insert(Participant).returning(Participant.id), rows))
    db.session.execute(insert(Contact), [_contact(id_, number) for number, id_ in enumerate(ids, 2)])
    planned = visit(first, "d7")
    model = {column.key: getattr(planned, column.key) for column in Assessment.__table__.columns if column.key != "id"}
    db.session.execute(insert(Assessment), [model | {"participant_id": id_} for id_ in ids])
    db.session.commit()


def _contact(participant_id: int, number: int) -> dict[str, object]:
    phone = f"+4741{number:06d}"
    sealed = keyring().encrypt(phone, "contacts", "phone_sealed", participant_id)
    return {
        "participant_id": participant_id,
        "phone_sealed": sealed,
        "phone_fingerprint": keyring().fingerprint(phone),
        "version": 1,
    }
