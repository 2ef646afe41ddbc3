"""The small study of today: enrolled so that on the real clock something is due, open, late and missed."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from flask import Flask

from app.config import settings_of
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import moved_clock
from app.rehearsal.approvals import approve_sites
from app.rehearsal.crews import Work
from app.rehearsal.parameters import Enrolment, Parameters, Screening
from app.rehearsal.past import EXAMPLE_TRIAL, PAST_STAFF, span
from app.rehearsal.population import SyntheticPerson, cohort
from app.rehearsal.population.people import code_of
from app.studies.installing import install
from app.studies.models import StudyState

DEMO_CODE = "demo"
FIRST_PHONE = 5000
OVER_ALL = (20, timedelta(days=300), timedelta(days=1))
"""How many people, enrolled from so long ago until so long ago: the first is past day 278, the last about to begin."""
NEAR_THE_END_POINT = (8, timedelta(days=171), timedelta(days=160))
"""People whose day 154 is open now, and who have not answered for the last three weeks."""
QUIET_STAGE = timedelta(days=21)


def living_work(app: Flask, parameters: Parameters, now: datetime) -> Work:
    """Install the small study; the work is to play it until `now`."""
    people, waiting = living_people(parameters, now.date())
    start, _ = span([*people, *waiting])
    with moved_clock(lambda: start), acting("rehearsal:sponsor"), transaction():
        study = install(EXAMPLE_TRIAL / "protocol.yaml", start, state=StudyState.DEMO, code=DEMO_CODE).study
        approve_sites(study, start.date())
    quiet = {person.code: now - QUIET_STAGE for person in waiting}
    return Work(settings_of(app), study.code, [*people, *waiting], PAST_STAFF, start, now, quiet)


def living_people(parameters: Parameters, today: date) -> tuple[list[SyntheticPerson], list[SyntheticPerson]]:
    """People like those of the trial, with numbers of their own; then those whose day 154 waits for an answer."""
    number, first, last = OVER_ALL
    everywhere = _people(parameters, number, Enrolment(today - first, today - last), 0)
    number, first, last = NEAR_THE_END_POINT
    course = replace(parameters.course, screening_days=Screening(10, 12))
    course = replace(course, never_infused=replace(course.never_infused, count=0))
    soon_infused = replace(parameters, course=course)
    return everywhere, _people(soon_infused, number, Enrolment(today - first, today - last), 100)


def _people(parameters: Parameters, number: int, enrolment: Enrolment, after: int) -> list[SyntheticPerson]:
    """Codes and telephone numbers begin after `after`, so that groups do not meet."""
    drawn = cohort(replace(parameters, participants=number, enrolment=enrolment, seed=parameters.seed + after))
    return [
        replace(
            person,
            code=code_of(person.site, person.number_at_site + after),
            number_at_site=person.number_at_site + after,
            phone=f"+474000{FIRST_PHONE + after + person.number:04d}",
        )
        for person in drawn
    ]
