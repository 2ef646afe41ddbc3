"""Play a trial: staff, clock, provider and patients, in the order of a virtual clock.

The same functions and the same HTTP endpoints as production do everything; no row is written behind their back. The
clock jumps to the next hour, or quarter of one, in which something is owed; people act at their own minutes between.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from flask import Flask

from app.clock import tick
from app.config import settings_of
from app.core.time import moved_clock
from app.messages.gateways import sandbox
from app.messages.outlook.upcoming import next_instant
from app.rehearsal.agenda import Agenda, next_hour, soonest
from app.rehearsal.browser import Browser, serving
from app.rehearsal.patients import Patients, Visit
from app.rehearsal.population import SyntheticPerson
from app.rehearsal.staff import Staff
from app.studies.installing import current_protocol
from app.studies.models import Study


class ProgressBar(Protocol):
    """Something that is told how far the trial is, in whole steps."""

    def update(self, n_steps: int) -> None: ...


@dataclass
class Playing:
    """A study being played, from `start` until `end`: what is the same whoever its people are."""

    app: Flask
    study: Study
    actor: str
    start: datetime
    end: datetime
    progress: ProgressBar | None = None
    wakes: Callable[[datetime], datetime] = next_hour
    """When the clock, which rests in between, looks after what is owed at an instant."""
    agenda: Agenda = field(init=False)
    _moved: bool = True
    _days: int = 0

    def __post_init__(self) -> None:
        self.agenda = Agenda(self.start)
        self._plan = current_protocol(self.study).plan
        self._gateway = sandbox.SandboxGateway(settings_of(self.app))

    def play(self) -> None:
        """Let everything happen that happens before `end`."""
        with moved_clock(self.agenda.now), serving(self.app) as browser:
            self._browser = browser
            self._prepare(browser)
            owed: datetime | None = self.start
            while (at := self._next(owed)) is not None and at < self.end:
                if at == self.agenda.next_at():
                    self.agenda.act()
                else:
                    self.agenda.move(at)
                    self._tick()
                    owed, self._moved = None, True
                if self._moved:
                    owed, self._moved = soonest(owed, next_instant(self.agenda.now())), False
                self._tell()
            self.agenda.move(self.end)
            self._tick()  # the last reports are applied

    @abstractmethod
    def _prepare(self, browser: Browser) -> None:
        """Note what staff and patients will do."""

    @abstractmethod
    def _arrives(self, address: str) -> bool:
        """Whether what is sent to this telephone, or to this e-mail address, arrives now."""

    @abstractmethod
    def _read(self, text: sandbox.Asking) -> None:
        """If the text arrived, its reader sees it."""

    def _note_change(self) -> None:
        """Staff did something, so what is owed next may be something else."""
        self._moved = True

    def _next(self, owed: datetime | None) -> datetime | None:
        return soonest(self.agenda.next_at(), max(self.wakes(owed), self.agenda.now()) if owed else None)

    def _tick(self) -> None:
        tick(self._gateway, self.agenda.now())
        reports = self._gateway.reports(undeliverable=lambda address: not self._arrives(address))
        for report in reports:
            self._browser.post(report.path, list(report.form.items()), report.headers)
        if reports:
            for text in sandbox.asked_by([report.message_id for report in reports]):
                self._read(text)

    def _tell(self) -> None:
        days = (self.agenda.now() - self.start).days
        if self.progress is not None and days > self._days:
            self.progress.update(days - self._days)
            self._days = days


@dataclass(kw_only=True)
class Trial(Playing):
    """The example trial, whose people have the courses that `simulation.yaml` gives them."""

    people: Sequence[SyntheticPerson]
    quiet: Mapping[str, datetime] = field(default_factory=dict)
    """Who answers nothing any more, by code, since when."""

    def _prepare(self, browser: Browser) -> None:
        self._zone = self._plan.zone_info
        staff = Staff(self.study, self.actor, self.agenda, self._zone, self._note_change)
        staff.do_what_waits(self.start, self.end)
        for person in self.people:
            staff.take_care_of(person)
        self._patients = Patients(self.agenda, browser, self.quiet)
        self._by_code = {person.code: person for person in self.people}
        self._by_phone = {person.phone: person for person in self.people}

    def _arrives(self, address: str) -> bool:
        return self._by_phone[address].texts_arrive_on(self.agenda.now().astimezone(self._zone).date())

    def _read(self, text: sandbox.Asking) -> None:
        person = self._by_code[text.code]
        if self._arrives(person.phone):
            instruments = self._plan.visit(text.visit).instruments
            self._patients.receive(text.body, Visit(person, text.day, instruments, text.closes_at))
