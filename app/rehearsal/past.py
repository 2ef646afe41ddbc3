"""The trial of the past: BackToBasic from the first enrolment to the report, on a virtual clock."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

from app.config import settings_of
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import moved_clock
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from app.rehearsal import results
from app.rehearsal.approvals import approve_sites
from app.rehearsal.crews import Crew, Job, Work, follow, halves, play
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import SyntheticPerson, cohort, true_difference
from app.rehearsal.reporting import report
from app.rehearsal.run import ProgressBar
from app.studies.installing import install
from app.studies.models import Study, StudyState

EXAMPLE_TRIAL = Path(__file__).resolve().parents[2] / "examples" / "backtobasic"
LONGEST_COURSE = timedelta(days=278 + 21 + 7 + 2)
PAST_STAFF = "rehearsal:site staff"


@dataclass(frozen=True)
class Past:
    """What is played and where its results go."""

    app: Flask
    folder: Path
    parameters: Parameters
    crews: Sequence[Crew] = ()
    """Processes that play it beside each other; without any, it is played in this one."""

    def play(self, progress: ProgressBar) -> "Played":
        """Install, enrol, ask and answer."""
        began = time.perf_counter()
        people = cohort(self.parameters)
        start, end = span(people)
        study = install_study(start)
        work = Work(settings_of(self.app), study.code, people, PAST_STAFF, start, end, {})
        if self.crews:
            self._play_by_crews(work, progress)
        else:
            play(self.app, work, progress)
        return Played(self, study, people, end, began)

    def _play_by_crews(self, work: Work, progress: ProgressBar) -> None:
        busy = list(zip(self.crews, halves(work), strict=False))
        for crew, half in busy:
            crew.start(half.job)
        follow([crew for crew, _ in busy], progress)


@dataclass(frozen=True)
class Played:
    """A trial that has been played, at its `end`. `began` is by this machine's steady clock."""

    past: Past
    study: Study
    people: Sequence[SyntheticPerson]
    end: datetime
    began: float

    def export(self) -> Job:
        """Write the last night's export and the allocation; the job makes the report and returns the primary result."""
        folder, truth = self.past.folder, true_difference(self.past.parameters)
        snapshot, allocation = self._snapshot(), folder / "allocation.csv"
        results.write_allocation(self.people, allocation)
        return partial(report, snapshot, EXAMPLE_TRIAL / "analysis.yaml", allocation, folder, truth)

    def _snapshot(self) -> Path:
        """The export, by the service, copied to where a rehearsal leaves it."""
        with moved_clock(lambda: self.end), acting("clock"), transaction():
            snapshot = export_snapshot(self.study, self.end)
            written, day = folder_of(snapshot), snapshot.day
        copy = self.past.folder / "export" / day.isoformat()
        shutil.copytree(written, copy)
        return copy

    def finish(self, primary: dict[str, Any]) -> dict[str, Any]:
        """Lay the report where statisticians find it, write the summary, and return it."""
        folder, exports = self.past.folder, settings_of(self.past.app).exports
        shutil.copy(folder / "report.html", exports / self.study.code / "report.html")
        counts = {"participants": len(self.people), **results.counts(self.study, self.end)}
        seconds = round(time.perf_counter() - self.began, 1)
        summary = {**counts, "primary": primary, "seconds": seconds, "versions": results.versions()}
        results.write_json(summary, folder / "summary.json")
        return summary


def span(people: Sequence[SyntheticPerson]) -> tuple[datetime, datetime]:
    """From the day before the first enrolment until everything is closed."""
    first = min(person.enrolled_on for person in people) - timedelta(days=1)
    last = max((person.infusion_at or person.planned_infusion_at).date() for person in people) + LONGEST_COURSE
    return _morning(first), _morning(last)


def days_of(people: Sequence[SyntheticPerson]) -> int:
    """How many days a progress bar has."""
    start, end = span(people)
    return (end - start).days


def install_study(now: datetime) -> Study:
    """The BackToBasic study of the example, open to synthetic people."""
    with moved_clock(lambda: now), acting("rehearsal:sponsor"), transaction():
        study = install(EXAMPLE_TRIAL / "protocol.yaml", now, state=StudyState.DEMO).study
        approve_sites(study, now.date())
        return study


def _morning(day: date) -> datetime:
    return datetime.combine(day, clock_time(6), UTC)
