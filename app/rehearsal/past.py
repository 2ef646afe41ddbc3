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

from app.core.audit import acting
from app.core.database import transaction
from app.core.time import moved_clock
from app.exports.nightly import export_snapshot
from app.rehearsal import results
from app.rehearsal.crews import Crew, Job, Work, follow, halves, play
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import Person, cohort, true_difference
from app.rehearsal.reporting import report
from app.rehearsal.run import Progress
from app.studies.installing import install
from app.studies.models import Study, StudyState

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "backtobasic"
LONGEST = timedelta(days=278 + 21 + 7 + 2)
STAFF = "rehearsal:site staff"


@dataclass(frozen=True)
class Past:
    """What is played and where its results go."""

    app: Flask
    folder: Path
    parameters: Parameters
    crews: Sequence[Crew] = ()
    """Processes that play it beside each other; without any, it is played in this one."""

    def play(self, progress: Progress) -> "Played":
        """Install, enrol, ask, answer and export."""
        began = time.perf_counter()
        people = cohort(self.parameters)
        start, end = span(people)
        study = install_study(start)
        work = Work(self.app.extensions["settings"], study.code, people, STAFF, start, end, {})
        if self.crews:
            self._play_by_crews(work, progress)
        else:
            play(self.app, work, progress)
        snapshot, allocation = self._export(study, end), self.folder / "allocation.csv"
        results.write_allocation(people, allocation)
        counts = {"participants": len(people), **results.counts(study, end)}
        truth = true_difference(self.parameters)
        analysis = partial(report, snapshot, EXAMPLE / "analysis.yaml", allocation, self.folder, truth)
        return Played(began, counts, analysis, self.folder, self._exports())

    def _play_by_crews(self, work: Work, progress: Progress) -> None:
        busy = list(zip(self.crews, halves(work), strict=False))
        for crew, half in busy:
            crew.start(half.job)
        follow([crew for crew, _ in busy], progress)

    def _export(self, study: Study, end: datetime) -> Path:
        """The last night's export, by the service, copied to where a rehearsal leaves it."""
        with moved_clock(lambda: end), acting("clock"), transaction():
            snapshot = export_snapshot(study, end)
            written, day = Path(snapshot.path), snapshot.day
        copy = self.folder / "export" / day.isoformat()
        shutil.copytree(written, copy)
        return copy

    def _exports(self) -> Path:
        """Where the service keeps the study's exports, and statisticians find the report."""
        exports: Path = self.app.extensions["settings"].exports
        return exports / "backtobasic"


@dataclass(frozen=True)
class Played:
    """A trial that has been played and exported. The job `analysis` makes the report and returns the primary result."""

    began: float
    counts: dict[str, Any]
    analysis: Job
    folder: Path
    exports: Path

    def finish(self, primary: dict[str, Any]) -> dict[str, Any]:
        """Lay the report where statisticians find it, write the summary, and return it."""
        shutil.copy(self.folder / "report.html", self.exports / "report.html")
        seconds = round(time.perf_counter() - self.began, 1)
        summary = {**self.counts, "primary": primary, "seconds": seconds, "versions": results.versions()}
        results.write_json(summary, self.folder / "summary.json")
        return summary


def span(people: Sequence[Person]) -> tuple[datetime, datetime]:
    """From the day before the first enrolment until everything is closed."""
    first = min(person.enrolled_on for person in people) - timedelta(days=1)
    last = max((person.infusion_at or person.planned_infusion_at).date() for person in people) + LONGEST
    return _morning(first), _morning(last)


def days_of(people: Sequence[Person]) -> int:
    """How many days a progress bar has."""
    start, end = span(people)
    return (end - start).days


def install_study(now: datetime) -> Study:
    """The BackToBasic study of the example, open to synthetic people."""
    with moved_clock(lambda: now), acting("rehearsal:sponsor"), transaction():
        return install(EXAMPLE / "protocol.yaml", now, state=StudyState.DEMO).study


def _morning(day: date) -> datetime:
    return datetime.combine(day, clock_time(6), UTC)
