"""Synthetic people for the tests of messages: enrolled, with a first infusion planned, through the product's verbs."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select

from app.core.crypto import keyring
from app.core.database import db
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from app.studies.models import StudyState
from tests.factories import BACKTOBASIC, begun, installed, scheduled
from tests.factories import visit as visit

PROTOCOL = BACKTOBASIC
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
    **person: Any,
) -> Participant:
    """One participant of the example study with the first infusion planned on `day`, at 11:00 in Oslo or so."""
    source = text or PROTOCOL.read_text("utf-8")

    def make() -> Participant:
        protocol = installed(source, BEFORE, state)
        day_0 = datetime.combine(day, time(9), UTC)
        return scheduled(protocol, day_0, at_site=at, now=BEFORE, **{"phone": f"+474000{number:04d}", **person})

    if begun(("enrolled", number, state, source, day, at, *sorted(person.items())), make):
        return db.session.scalars(select(Participant)).one()
    return make()


def cohort(size: int, **options: object) -> list[Participant]:
    """Several of them."""

    def make() -> list[Participant]:
        return [enrolled(number, **options) for number in range(1, size + 1)]  # type: ignore[arg-type]

    return everybody() if begun(("cohort", size, *sorted(options.items())), make) else make()


def weekly(size: int, **options: object) -> list[Participant]:
    """Several of them with one weekly visit each, committed."""

    def make() -> list[Participant]:
        people = cohort(size, **options)
        for participant in people:
            only(participant, "d7")
        db.session.commit()
        return people

    return everybody() if begun(("weekly", size, *sorted(options.items())), make) else make()


def everybody() -> list[Participant]:
    """Whom the database has, as they were enrolled."""
    return list(db.session.scalars(select(Participant).order_by(Participant.id)))


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


TOGETHER = PROTOCOL.read_text("utf-8").replace("daily_cap: 500", "together: true\n  daily_cap: 500", 1)
"""The example study, if it put what is asked at the same time into one text."""
TIMES = ("opens_at", "send_at", "due_at", "closes_at", "grace_until")


def moved(assessment: Assessment, by: timedelta, *names: str) -> None:
    """These instants of a visit, later."""
    for name in names:
        setattr(assessment, name, getattr(assessment, name) + by)


def pair(number: int = 1, text: str = TOGETHER) -> Participant:
    """Somebody with two weekly visits that are asked at the same hour of the same day."""
    participant = enrolled(number, text=text)
    only(participant, "d7", "d14")
    later, week = visit(participant, "d14"), timedelta(days=7)
    later.anchor_on -= week
    moved(later, -week, *TIMES)
    db.session.flush()
    return participant


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def many(size: int, text: str = "", *, email: bool = False) -> None:
    """A crowd, each with one weekly visit, made in bulk for tests of load; committed."""
    text = (text or PROTOCOL.read_text("utf-8")).replace("daily_cap: 500", "daily_cap: 100000")
    first = enrolled(text=text, email="person1@example.org" if email else "")
    only(first, "d7")
    model = {column.key: getattr(first, column.key) for column in Participant.__table__.columns if column.key != "id"}
    rows = [model | {"code": f"01-{number:05d}"} for number in range(2, size + 1)]
    ids = list(db.session.scalars(insert(Participant).returning(Participant.id), rows))
    db.session.execute(insert(Contact), [_contact(id_, number, email) for number, id_ in enumerate(ids, 2)])
    planned = visit(first, "d7")
    model = {column.key: getattr(planned, column.key) for column in Assessment.__table__.columns if column.key != "id"}
    db.session.execute(insert(Assessment), [model | {"participant_id": id_} for id_ in ids])
    db.session.commit()


def _contact(participant_id: int, number: int, email: bool) -> dict[str, object]:
    said = {"phone": f"+4741{number:06d}"} | ({"email": f"person{number}@example.org"} if email else {})
    sealed = {f"{name}_sealed": _sealed(words, f"{name}_sealed", participant_id) for name, words in said.items()}
    found_by = {f"{name}_fingerprint": keyring().fingerprint(words) for name, words in said.items()}
    return {"participant_id": participant_id, "version": 1, **sealed, **found_by}


def _sealed(words: str, column: str, participant_id: int) -> bytes:
    return keyring().encrypt(words, "contacts", column, participant_id)
