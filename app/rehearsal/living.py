"""The small study of today: enrolled so that on the real clock something is due, open, late and missed."""

from dataclasses import replace
from datetime import datetime, timedelta

from flask import Flask

from app.core.audit import acting
from app.core.database import transaction
from app.core.time import moved_clock
from app.rehearsal.parameters import Enrolment, Parameters
from app.rehearsal.past import EXAMPLE, STAFF, span
from app.rehearsal.population import Person, cohort
from app.rehearsal.run import Progress, Trial
from app.studies.installing import install
from app.studies.models import Study, StudyState

CODE = "demo"
PARTICIPANTS = 24
SINCE = timedelta(days=300)
"""The first of them is past day 278 today, the last is about to begin."""
FIRST_NUMBER = 5000


def play_living(app: Flask, parameters: Parameters, now: datetime, progress: Progress) -> Study:
    """Enrol the small study and play it until `now`."""
    people = living_people(parameters, now)
    start, _ = span(people)
    with moved_clock(lambda: start), acting("rehearsal:sponsor"), transaction():
        study = install(EXAMPLE / "protocol.yaml", start, state=StudyState.DEMO, code=CODE).study
    Trial(app, study, people, STAFF, start, now, progress).play()
    return study


def living_people(parameters: Parameters, now: datetime) -> list[Person]:
    """People like those of the trial, with numbers of their own, enrolled over the last months."""
    today = now.date()
    enrolment = Enrolment(today - SINCE, today - timedelta(days=1))
    people = cohort(replace(parameters, participants=PARTICIPANTS, enrolment=enrolment))
    return [replace(person, phone=f"+474000{FIRST_NUMBER + person.number:04d}") for person in people]
