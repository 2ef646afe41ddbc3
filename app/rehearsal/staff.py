"""What the staff of the synthetic trial do: through the same verbs as the desk's pages, each in its own transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.participants import enrolment, events
from app.participants.models import Participant, Task
from app.rehearsal.agenda import Agenda
from app.rehearsal.population import SyntheticPerson
from app.responses.task_reading import finish_task, read_task
from app.schedule.planning import plan
from app.studies.installing import current_protocol, site
from app.studies.models import Study

CONSENT = "Information and consent 2.0"


@dataclass(frozen=True)
class Staff:
    """The coordinators of a study, working by the agenda."""

    study: Study
    actor: str
    agenda: Agenda
    zone: ZoneInfo
    note_change: Callable[[], None]

    def do_what_waits(self, start: datetime, end: datetime) -> None:
        """Note that the list of what a person must see is worked off once a week, until a few days before the end."""
        at = start
        while (at := at + timedelta(days=7)) < end - timedelta(days=3):
            self._at(at, self._close_tasks)

    def take_care_of(self, person: SyntheticPerson) -> None:
        """Note everything that the staff will do for this participant."""
        self._at(self._local(person.enrolled_on, time(10)), self._enrol, person)
        self._at(self._start(person) - timedelta(hours=1), self._randomise, person)
        if person.moved_on is not None:
            self._at(self._local(person.moved_on, time(11)), self._move, person)
        if person.infusion_at is not None:
            self._at(person.infusion_at, self._give, person)
        for event in person.events:
            at = event.at or self._local(event.on, time(12))
            self._at(at, self._record, person, event.kind, at)
        if person.withdrawn_on is not None:
            self._at(self._local(person.withdrawn_on, time(15)), self._withdraw, person)

    def _at(self, at: datetime, act: Callable[..., None], *arguments: object) -> None:
        self.agenda.note(at, lambda: self._do(act, *arguments))

    def _do(self, act: Callable[..., None], *arguments: object) -> None:
        with acting(self.actor), transaction():
            act(*arguments)

    def _enrol(self, person: SyntheticPerson) -> None:
        now = self.agenda.now()
        details = enrolment.Person(phone=person.phone, name=person.name, language=person.language, code=person.code)
        where = site(self.study, person.site)
        participant = enrolment.enrol(where, current_protocol(self.study), details, CONSENT, person.enrolled_on, now)
        self._plan_infusion(participant, person.planned_infusion_at)

    def _plan_infusion(self, participant: Participant, at: datetime) -> None:
        events.plan_event(participant, "first_infusion", at.astimezone(self.zone).date(), at, self.agenda.now())
        self._plan(participant)

    def _plan(self, participant: Participant) -> None:
        plan(participant, self.agenda.now())
        self.note_change()

    def _move(self, person: SyntheticPerson) -> None:
        assert person.infusion_at is not None
        self._plan_infusion(enrolment.find(self.study, person.code), person.infusion_at)

    def _randomise(self, person: SyntheticPerson) -> None:
        enrolment.randomise(enrolment.find(self.study, person.code), person.randomised_on, self.agenda.now())

    def _give(self, person: SyntheticPerson) -> None:
        participant = enrolment.find(self.study, person.code)
        assert person.infusion_at is not None
        events.record_event(participant, "first_infusion", person.infusion_at, self.agenda.now())
        self._plan(participant)

    def _record(self, person: SyntheticPerson, kind: str, at: datetime) -> None:
        events.record_event(enrolment.find(self.study, person.code), kind, at, self.agenda.now())

    def _close_tasks(self) -> None:
        now = self.agenda.now()
        query = select(Task).join(Task.participant).where(Participant.study_id == self.study.id, Task.done_at.is_(None))
        for task in db.session.scalars(query.order_by(Task.id)):
            read_task(task, self.actor, "The daily round.", now)
            finish_task(task, self.actor, "Read, and called where it was needed.", now)

    def _withdraw(self, person: SyntheticPerson) -> None:
        participant = enrolment.find(self.study, person.code)
        enrolment.withdraw(participant, person.withdrawal_reason, self.agenda.now())

    def _start(self, person: SyntheticPerson) -> datetime:
        return person.infusion_at or person.planned_infusion_at

    def _local(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone)
