"""Rehearse a study's folder from its first enrolment to its export and report, in a fresh database."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.config import settings_of
from app.core.audit import acting
from app.core.database import transaction
from app.core.problems import Conflict
from app.core.time import moved_clock
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from app.instruments.folders import read_folder
from app.messages.queueing import never_asked
from app.rehearsal import results
from app.rehearsal.approvals import approve_sites
from app.rehearsal.own.folder import StudyFolder, check_effects, check_events
from app.rehearsal.own.people import OwnPerson, last_day, people_of
from app.rehearsal.own.playing import OwnTrial
from app.rehearsal.stage import Bar, add_logins, clear
from app.responses import drafts
from app.studies.installing import current_protocol, install
from app.studies.models import Study, StudyState
from app.studies.questionnaires import install_folder

if TYPE_CHECKING:
    from app.analysis.trial.plan import Plan

ACTOR = "rehearsal:site staff"
AFTER_THE_LAST = timedelta(days=75)
"""Windows, grace and reports are over then."""


@dataclass(frozen=True)
class Rehearsed:
    """What came of it."""

    study: str
    summary: dict[str, Any]


def rehearse_own(app: Flask, source: StudyFolder, out: Path, bar: Bar) -> Rehearsed:
    """Play the study of this folder; leaves the export, the summary and, with a plan of analysis, the report in `out`.

    Conflict where the books do not add up at the end.
    """
    began = time.perf_counter()
    plan = _plan_of_analysis(source)
    clear(settings_of(app))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    study, people = _begin(source, plan)
    start, end = span(study, people)
    with bar((end - start).days, study.code[:12]) as progress:
        OwnTrial(app, study, ACTOR, start, end, progress, people=people, simulation=source.simulation).play()
    export = _export(study, end, out)
    primary = _report(source, plan, people, export, out)
    counts = {"participants": len(people), **results.counts(study, end)}
    seconds = round(time.perf_counter() - began, 1)
    summary = {**counts, "primary": primary, "seconds": seconds, "versions": results.versions()}
    results.write_json(summary, out / "summary.json")
    add_logins(end, [study.code])
    _check_books(summary)
    return Rehearsed(study.code, summary)


def span(study: Study, people: Sequence[OwnPerson]) -> tuple[datetime, datetime]:
    """From the day before the first enrolment until everything is closed."""
    plan = current_protocol(study).plan
    first = min(person.enrolled_on for person in people) - timedelta(days=1)
    last = max(person.last_event for person in people) + timedelta(days=last_day(plan)) + AFTER_THE_LAST
    return datetime.combine(first, hour(6), UTC), datetime.combine(last.date(), hour(6), UTC)


def in_words(rehearsed: Rehearsed, out: Path) -> str:
    """The result, for somebody at a terminal."""
    summary = rehearsed.summary
    states, books = summary["assessments"], summary["messages"]
    made = sorted(path.name + ("/" if path.is_dir() else "") for path in out.iterdir())
    counted = ", ".join(f"{count} {state}" for state, count in states.items() if count and state != "planned")
    sent = ", ".join(f"{count} {state}" for state, count in books.items() if count and state != "owed")
    return (
        f"\n{rehearsed.study}: {summary['participants']} participants, {states['planned']} visits"
        f"{f': {counted}' if counted else ''}.\n"
        f"{books['owed']} texts owed{f': {sent}' if sent else ''}. The books add up.\n"
        f"In {out}: {', '.join(made)} ({summary['seconds']:.0f} s)."
    )


def _plan_of_analysis(source: StudyFolder) -> "Plan | None":
    if source.analysis is None:
        return None
    from app.analysis.trial.plan_schema import read_plan

    return read_plan(source.analysis)


def _begin(source: StudyFolder, plan: "Plan | None") -> tuple[Study, list[OwnPerson]]:
    """Install the study, and make up its people."""
    arms = [arm.label for arm in plan.arms.each] if plan is not None and plan.arms.reference is not None else []
    check_effects(source.simulation, arms)
    now = datetime.combine(source.simulation.first_day - timedelta(days=2), hour(6), UTC)
    with moved_clock(lambda: now), acting("rehearsal:sponsor"), transaction():
        for folder in source.instruments:
            install_folder(read_folder(folder), now)
        protocol = install(source.protocol, now, state=StudyState.DEMO)
        study = protocol.study
        approve_sites(study, now.date())
    check_events(source.simulation, protocol.plan)
    return study, people_of(protocol.plan, source.simulation, arms)


def _export(study: Study, end: datetime, out: Path) -> Path:
    with moved_clock(lambda: end), acting("clock"), transaction():
        drafts.expire_drafts(end)
        never_asked.note_never_asked(end)
    with moved_clock(lambda: end), acting("clock"), transaction():
        snapshot = export_snapshot(study, end)
        written, day = folder_of(snapshot), snapshot.day
    copy = out / "export" / day.isoformat()
    shutil.copytree(written, copy)
    return copy


def _report(
    source: StudyFolder, plan: "Plan | None", people: Sequence[OwnPerson], export: Path, out: Path
) -> dict[str, Any] | None:
    """The primary result, where the folder has a plan of analysis."""
    if plan is None or source.analysis is None:
        return None
    from app.analysis.errors import AnalysisError
    from app.analysis.report import analyse
    from app.analysis.trial.snapshot import SnapshotError

    allocation = None
    if plan.arms.reference is not None:
        allocation = out / "allocation.csv"
        results.write_labels([(person.code, person.arm) for person in people], allocation)
    try:
        return analyse(export, source.analysis, allocation, out).summary()
    except (AnalysisError, SnapshotError) as error:
        raise Conflict(f"The study was played and exported; its plan of analysis does not fit: {error}") from error


def _check_books(summary: dict[str, Any]) -> None:
    books, states = summary["messages"], summary["assessments"]
    ends = ("delivered", "accepted", "failed", "suppressed", "unknown", "pending")
    open_ = books["unknown"] + books["pending"]
    whole = books["owed"] == sum(books[name] for name in ends)
    if not whole or open_ or states["planned"] != sum(count for name, count in states.items() if name != "planned"):
        raise Conflict(f"The books of the rehearsal do not add up: {books}, {states}.")
