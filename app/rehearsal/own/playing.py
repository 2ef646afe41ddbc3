"""Play a study whose people were made up from its protocol: staff enrol and record, people answer their texts."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.core.audit import acting
from app.core.database import transaction
from app.messages.gateways.sandbox import Asking
from app.messages.outlook.noting import note_event
from app.participants import enrolment
from app.participants.leaving import leave
from app.participants.models import EventState
from app.rehearsal.agenda import next_quarter
from app.rehearsal.browser import Browser
from app.rehearsal.own.answers import answers, severity
from app.rehearsal.own.people import OwnPerson
from app.rehearsal.own.simulation import OwnSimulation
from app.rehearsal.patients import ASKS_ONCE, EXPECTED, LINK_IN_TEXT, form
from app.rehearsal.population.streams import stream
from app.rehearsal.run import Playing
from app.rehearsal.staff import Staff
from app.schedule.planning import plan
from app.schedule.unscheduled import open_visit, openable
from app.studies.installing import current_protocol, site
from app.studies.protocol import Channel
from app.studies.questionnaires import asked_at

CONSENT = "Information and consent 1.0"
WHY = "no reason given"
OPENED_WITHIN = 30
"""Days after enrolment in which a visit is opened that only staff open."""


@dataclass(kw_only=True)
class OwnTrial(Playing):
    """A study of one's own, with its people."""

    people: Sequence[OwnPerson]
    simulation: OwnSimulation
    wakes: Callable[[datetime], datetime] = next_quarter
    _rang: Counter[str] = field(default_factory=Counter)

    def _prepare(self, browser: Browser) -> None:
        self._by_code = {person.code: person for person in self.people}
        self._returned = {person.email for person in self.people if person.returned}
        staff = Staff(self.study, self.actor, self.agenda, self._plan.zone_info, self._note_change)
        staff.do_what_waits(self.start, self.end)
        for person in self.people:
            self._take_care_of(person)

    def _arrives(self, address: str) -> bool:
        return address not in self._returned

    def _take_care_of(self, person: OwnPerson) -> None:
        enrolled_at = datetime.combine(person.enrolled_on, time(9), ZoneInfo(person.zone))
        self._at(enrolled_at, lambda: self._enrol(person))
        for kind, at in person.events:
            self._at(at, lambda kind=kind, at=at: self._record(person, kind, at))
        for code in (visit.code for visit in self._plan.visits if visit.opened_by is not None):
            days = int(stream(self.simulation.seed, person.number, f"opened {code}").integers(1, OPENED_WITHIN + 1))
            self._at(enrolled_at + timedelta(days=days, hours=2), lambda code=code: self._open(person, code))
        if person.leaves is not None:
            grade, at = person.leaves
            self._at(at, lambda: leave(enrolment.find(self.study, person.code), grade, None, WHY, self.agenda.now()))

    def _at(self, at: datetime, act: object) -> None:
        def done() -> None:
            with acting(self.actor), transaction():
                act()  # type: ignore[operator]
            self._note_change()

        self.agenda.note(at, done)

    def _enrol(self, person: OwnPerson) -> None:
        now = self.agenda.now()
        details = enrolment.Person(
            phone=person.phone,
            email=person.email,
            channel=Channel.EMAIL.value if person.email else "",
            language=person.language,
            zone=person.zone,
            code=person.code,
        )
        where, protocol = site(self.study, person.site), current_protocol(self.study)
        participant = enrolment.enrol(where, protocol, details, CONSENT, person.enrolled_on, now)
        first = {kind: at for kind, at in reversed(person.events) if not self._plan.event(kind).recurs}
        for kind, at in first.items():
            if kind == self._plan.anchor or kind in self._plan.dating_events:
                on = at.astimezone(ZoneInfo(person.zone)).date()
                note_event(participant, kind, EventState.PLANNED, on, at, now)
        plan(participant, now)
        if person.arm and not self._plan.format:
            enrolment.randomise(participant, person.enrolled_on, now)

    def _record(self, person: OwnPerson, kind: str, at: datetime) -> None:
        participant = enrolment.find(self.study, person.code)
        note_event(participant, kind, EventState.HAPPENED, None, at, self.agenda.now())

    def _open(self, person: OwnPerson, code: str) -> None:
        """Staff open what is in no plan, once for each who takes part where it is asked."""
        participant = enrolment.find(self.study, person.code)
        if participant.withdrawn_at is None and code in openable(participant):
            open_visit(participant, code, self.agenda.now())

    def _read(self, text: Asking) -> None:
        """She answers after the invitation, after a reminder, or never; within hours, as the simulation says."""
        link = LINK_IN_TEXT.search(text.body)
        if link is None:
            return
        person, simulation = self._by_code[text.code], self.simulation
        if text.channel is Channel.EMAIL and person.returned:
            return
        self._rang[link.group()] += 1
        draw = stream(simulation.seed, person.number, f"reaction {text.visit}")
        kind = draw.random()
        answers_after = 1 if kind >= simulation.never + simulation.reminded else 2
        if kind < simulation.never or self._rang[link.group()] != answers_after:
            return
        left = (text.closes_at - self.agenda.now()).total_seconds() / 3600
        hours = min(float(draw.exponential(min(simulation.delay_hours, left / 4))), 48.0)  # a diary is answered at once
        self.agenda.note(self.agenda.now() + timedelta(hours=hours), lambda: self._answer(link.group(), person, text))

    def _answer(self, link: str, person: OwnPerson, text: Asking) -> None:
        path = urlsplit(link).path
        status, _ = self._browser.get(path)
        if status == 200:
            fields = form(self._given(person, text))
            status = self._browser.post(path, fields)
            if status == ASKS_ONCE:
                status = self._browser.post(path, [*fields, ("_asked", "1")])
        if status not in EXPECTED:
            raise RuntimeError(f"{person.code}, visit {text.visit}: the page answered {status}")

    def _given(self, person: OwnPerson, text: Asking) -> dict[str, dict[str, int | str]]:
        seed, on = self.simulation.seed, self.agenda.now().astimezone(ZoneInfo(person.zone)).date()
        state = severity(seed, person.number, text.visit, text.day, self.simulation.effects.get(person.arm, 0.0))
        questionnaires = asked_at(self._plan, text.visit)
        return answers(questionnaires, state, seed, person.number, text.visit, on)
