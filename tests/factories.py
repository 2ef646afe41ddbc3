"""One way to make each thing that tests need: a protocol, somebody who takes part, a text, a user, a browser.

Made through the verbs where there are verbs, inside a session with an actor. What a package's tests need beside it, as
a day 0 of their own, stands in that package, and is made by these.
"""

import itertools
from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.accounts.models import StaffSession, User
from app.accounts.roles import Role
from app.accounts.sessions import begin
from app.accounts.users import add_user
from app.core.audit import declaration
from app.core.database import db, transaction
from app.core.time import virtual_now
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.participants.enrolment import Person, enrol
from app.participants.events import plan_event, record_event
from app.participants.models import Event, Participant
from app.rehearsal.approvals import approve_sites
from app.schedule.calendar import local_day
from app.schedule.models import Assessment
from app.schedule.planning import plan
from app.studies.access import join
from app.studies.installing import install, site
from app.studies.models import Protocol, Study, StudyState
from app.studies.states import PRACTICE
from app.web.staff.signing_in import SESSION_KEY
from tests.databases import Reused
from tests.example import BACKTOBASIC as BACKTOBASIC
from tests.example import example as example

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, before the clocks of Oslo go forward."""
PASSWORD = "correct horse battery"
NUMBERS = itertools.count()
LEFT = (MessageState.DELIVERED, MessageState.ACCEPTED, MessageState.FAILED)


def backtobasic(state: StudyState = StudyState.DEMO, code: str | None = None, now: datetime = NOW) -> Protocol:
    """The example protocol, installed."""
    return _begun(BACKTOBASIC, now, state, code)


def installed(text: str, now: datetime = NOW, state: StudyState = StudyState.DEMO) -> Protocol:
    """The protocol of this text, read and checked once per database."""
    there = db.session.scalars(select(Protocol).filter_by(source=text)).first()
    return there or _begun(text, now, state)


def _begun(source: Path | str, now: datetime, state: StudyState, code: str | None = None) -> Protocol:
    """Installed, and its sites approved as those of patients have to be; brought back if a test begins with it."""

    def make() -> Protocol:
        protocol = install(source, now, state=state, code=code)
        if protocol.study.state not in PRACTICE:
            approve_sites(protocol.study, now.date())
        return protocol

    brought = begun((str(source), now, state, code), make)
    return db.session.scalars(select(Protocol)).one() if brought else make()


def begun(what: tuple[Hashable, ...], make: Callable[[], object]) -> bool:
    """Whether the test begins with this, and has it now, committed: made, or brought back from when it was made."""

    def made() -> None:
        make()
        db.session.commit()

    key = (*what, declaration()["actor"], declaration()["reason"], virtual_now())
    return Reused.current is not None and Reused.current.begins_with(key, db.engine.url.database, made)


def phone() -> str:
    """A Norwegian mobile number that no other participant of the test has."""
    return f"+474{next(NUMBERS) % 10**6:07d}"


def participant(protocol: Protocol, at_site: str = "01", now: datetime = NOW, **person: Any) -> Participant:
    """Somebody enrolled today at a site of the study."""
    details = Person(**{"phone": phone(), "shared_phone": True, **person})
    return enrol(site(protocol.study, at_site), protocol, details, "1.0", now.date(), now)


def scheduled(
    protocol: Protocol,
    day_0: datetime,
    *,
    given_at: datetime | None = None,
    at_site: str = "01",
    now: datetime = NOW,
    **person: Any,
) -> Participant:
    """Somebody with her visits: the first infusion is planned for one instant, and given (or not) at another."""
    someone = participant(protocol, at_site, now, **person)
    plan_event(someone, "first_infusion", local_day(day_0, ZoneInfo(someone.zone)), day_0, now)
    if given_at is not None:
        record_event(someone, "first_infusion", given_at, given_at)
    plan(someone, now)
    return someone


def planned(someone: Participant, on: date, now: datetime = NOW) -> list[Assessment]:
    """Her assessments, with the first infusion planned for `on`."""
    enrolled_by(someone, on)
    plan_event(someone, "first_infusion", on, None, now)
    return plan(someone, now)


def enrolled_by(someone: Participant, day: date) -> None:
    """As if she had been enrolled on this day, if she was not yet: nothing of hers lies before that."""
    someone.enrolled_on = min(someone.enrolled_on, day)


def infused(someone: Participant, at: datetime, now: datetime | None = None) -> Event:
    """The first infusion given at this instant, and the schedule with it."""
    enrolled_by(someone, local_day(at, ZoneInfo(someone.zone)))
    event = record_event(someone, "first_infusion", at, now or at)
    plan(someone, now or at)
    return event


def visit(someone: Participant, code: str) -> Assessment:
    """One of her assessments."""
    return db.session.scalars(select(Assessment).filter_by(participant_id=someone.id, visit=code)).one()


def oslo(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """The instant at which Oslo's clocks show this."""
    return datetime.combine(day, time(hour, minute), ZoneInfo("Europe/Oslo")).astimezone(UTC)


def submitted(assessment: Assessment, at: datetime, *, partial: bool = False) -> None:
    """Mark the visit as answered; what was answered is the business of other tests."""
    assessment.opened_at = assessment.opened_at or at - timedelta(minutes=5)
    assessment.submitted_at, assessment.partial = at, partial
    db.session.flush()


def message(
    assessment: Assessment, state: MessageState, at: datetime, kind: str = "invitation", **columns: Any
) -> Message:
    """A text about the visit that was owed at this instant; one that left us did so at once."""
    number, left = next(NUMBERS), state in LEFT
    reason = Reason.OPTED_OUT if state is MessageState.SUPPRESSED else None
    made = {
        "dedupe_key": f"assessment:{assessment.id}:{kind}", "study": assessment.participant.study,
        "participant": assessment.participant, "assessment": assessment, "kind": kind, "language": "nb",
        "state": state, "reason": reason, "owed_at": at, "not_before": at, "queued_at": at, "attempts": int(left),
        "lease_until": at if state is MessageState.SENDING else None,
        "sid": f"SM{number}" if left else None, "sent_at": at if left else None, "settled_at": at if left else None,
    }  # fmt: skip
    row = Message(**made | columns)
    db.session.add(row)
    db.session.flush()
    return row


def user(study: Study | None = None, role: Role | None = None, at_site: str | None = None, email: str = "") -> User:
    """Somebody who works here, as `role` in `study` (at one site, or all)."""
    someone = add_user(email or f"person{next(NUMBERS)}@hospital.example", PASSWORD, "Kari Nordmann", NOW)
    if study is not None and role is not None:
        join(someone, study, role, site(study, at_site) if at_site else None)
    db.session.flush()
    return someone


class Visitor(FlaskClient):
    """A client whose requests share nothing with the test: they see what was committed, in a context of their own.

    Flask's own reuses the context that a test's `session` has open, and with it `g`, the user and the transaction.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request, and read the answer to its end: a file that it came from is closed, as by a server."""
        with self.application.app_context():
            return super().open(*args, buffered=kwargs.pop("buffered", True), **kwargs)


def visitor(app: Flask) -> Visitor:
    """A browser without a session."""
    return Visitor(app, app.response_class, use_cookies=True)


def command(app: Flask, *arguments: str, typed: str | None = None) -> Result:
    """Run `flask ARGUMENTS` in a context of its own; `typed` is what a person types when asked."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=list(arguments), input=typed)


def put_away(app: Flask) -> None:
    """Close the database connections of an application that a test made by itself."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def signed_in(app: Flask, someone: User) -> str:
    """The key of a session that neither runs out nor has to be confirmed, whatever the clock of a test says.

    What the test has made by now is committed: a person who signs in is there.
    """
    db.session.commit()
    user_id, ever = someone.id, datetime(9000, 1, 1, tzinfo=UTC)
    with app.app_context(), transaction():
        key = begin(db.session.get_one(User, user_id), "127.0.0.1", "a browser of the tests", NOW)
        long_ago = datetime(2000, 1, 1, tzinfo=UTC)
        ages = {"begun_at": long_ago, "seen_at": ever, "expires_at": ever, "confirmed_until": ever}
        db.session.execute(update(StaffSession).where(StaffSession.user_id == user_id).values(**ages))
    return key


class Browser:
    """A visitor who is signed in already, and sends the token of the forms."""

    def __init__(self, app: Flask, someone: User | None = None) -> None:
        self.client = visitor(app)
        self._key = app.secret_key
        with self.client.session_transaction() as session:
            session["csrf_token"] = "raw"
            if someone is not None:
                session.update(
                    {"_user_id": someone.fs_uniquifier, "_fresh": True, SESSION_KEY: signed_in(app, someone)}
                )

    def get(self, path: str, **options: Any) -> TestResponse:
        """Look at a page."""
        return self.client.get(path, **options)

    def post(self, path: str, **form: Any) -> TestResponse:
        """Send a form, with its token."""
        token = URLSafeTimedSerializer(str(self._key), salt="wtf-csrf-token").dumps("raw")
        return self.client.post(path, data={"csrf_token": token, **form})
