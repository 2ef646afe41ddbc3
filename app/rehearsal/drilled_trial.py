"""What the acts of `flask ops drill` share: the service on a server, a trial of people, a round of the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import select

from app import clock, create_app
from app.config import ROOT, Settings
from app.core import embedded
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import now
from app.participants.enrolment import Person, enrol
from app.participants.events import plan_event
from app.rehearsal.approvals import approve_sites
from app.rehearsal.carrier import Carrier
from app.schedule.planning import plan
from app.studies.installing import current_protocol, install, site, study
from app.studies.models import Protocol, Study, StudyState

EXAMPLE, ZONE = ROOT / "examples" / "backtobasic" / "protocol.yaml", "Europe/Oslo"
DRILL_CODE = "drill"
DRILLED = 6
"""So many people are in each group of the drill."""


@contextmanager
def serving(settings: Settings, place: Path, database: str = "drill") -> Iterator[Flask]:
    """The service on a server of its own, and a clock's disk that remembers nothing."""
    server = embedded.start(place / "postgres")
    server.ensure_database(database)
    there = replace(
        settings,
        database_url=server.url("svar_app", database),
        owner_url=server.url("svar_owner", database),
        instance=place / database / "instance",
        exports=place / database / "exports",
    )
    app = create_app(there)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.close()
            db.engine.dispose()


def number_of(person: int) -> str:
    """The telephone of one of the drill's people."""
    return f"+474{person:07d}"


def enrolled(people: range, day_0: date | None = None, zone: str = ZONE) -> None:
    """Enrol them, into a study that is installed where there is none; a week and a day after their day 0, or then."""
    with acting("drill"), transaction():
        day = day_0 or (now() - timedelta(days=8)).date()
        protocol = _protocol(zone)
        for number in people:
            person = Person(phone=number_of(number))
            someone = enrol(site(protocol.study, "01"), protocol, person, "1.0", day, now())
            plan_event(someone, "first_infusion", day, None, now())
            plan(someone, now())


def _protocol(zone: str) -> Protocol:
    if db.session.scalar(select(Study.id).filter_by(code=DRILL_CODE)) is not None:
        return current_protocol(study(DRILL_CODE))
    text = EXAMPLE.read_text("utf-8").replace("holidays: wait", "holidays: send")
    text = text.replace(f"zone: {ZONE}", f"zone: {zone}")
    protocol = install(text, now(), state=StudyState.LIVE, code=DRILL_CODE)
    approve_sites(protocol.study, now().date())
    return protocol


def one_round(carrier: Carrier, without: str = "") -> None:
    """One round of the clock's jobs."""
    for job in (*clock.JOBS, *clock.SLOW_JOBS):
        if job.name != without:
            clock.run(job, carrier, now())


def not_ready_for() -> dict[str, str]:
    """What readiness complains of, as whoever watches the service reads it."""
    said = current_app.test_client().get("/health/ready").get_json()
    complaints: dict[str, str] = said["complaints"]
    return complaints
