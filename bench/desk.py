"""How long a coordinator waits for the pages of the desk in a large study: 10,000 people with all their visits.

    python -m bench.desk [--participants 10000] [--every 3]

Every third visit of the protocol stays planned, so that 10,000 people have 60,000; `--every 1` keeps all 180,000.

Prints one line per page with its seconds (p95), statements and kilobytes beside those of a bare page, and ends with 1
if a promise is not kept.
"""

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from flask import Flask
from sqlalchemy import (
    Insert,
    Update,
    case,
    create_engine,
    delete,
    event,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    update,
)

from app.accounts.roles import Role
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.messages.kinds import MessageKind
from app.messages.models import Attempt, Message, MessageState
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from app.studies.models import Study
from bench.delivery import count_rows, plan, service
from bench.promises import Bound, Promise, settle
from tests import factories
from tests.factories import Browser
from tests.messages.people import INVITED

SECONDS, KILOBYTES, STATEMENTS = 0.3, 60, 40
ROUNDS = 20
AT = INVITED + timedelta(days=100)
"""Seventy days after everybody's day 0: eight visits of each are past."""
DESK = "/desk/backtobasic/"
PAGES = {
    "Today": "today/",
    "Participants": "participants/",
    "Participants, open now, a later page": "participants/?standing=open+now&after=02-00150",
    "One participant": "participants/02-00100",
    "Compliance": "compliance/",
    "Missing visits": "compliance/visits/?state=missing",
    "Messages": "messages/",
    "Upcoming": "messages/upcoming",
    "Ledger": "messages/ledger",
    "Inbox": "inbox/",
}


class Seen(NamedTuple):
    """A page: seconds that 19 of 20 of its calls stay under, its statements, its size."""

    seconds: float
    statements: int
    kilobytes: float


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--participants", type=int, default=10_000)
    arguments.add_argument("--every", type=int, default=3)
    chosen = arguments.parse_args()
    with TemporaryDirectory() as folder, service(Path(folder)) as app:
        _fill(app, chosen.participants, chosen.every)
        settle(_promises(app))


def _fill(app: Flask, participants: int, every: int) -> None:
    """So many people; of the visits that are past eight of ten are answered, of the texts one in fifty failed.

    Answers come over four days, and each text has the try that a text has: what is counted has as many groups, and is
    looked at through as many policies, as in a study.
    """
    plan(participants)
    _thin_out(app, every)
    nobody_reached = select(Participant.id).where(~Participant.contact.has())
    with acting("bench"), transaction():
        db.session.execute(insert(Contact), [{"participant_id": id_} for id_ in db.session.scalars(nobody_reached)])
    with acting("bench"), transaction():
        db.session.execute(_answered())
        db.session.execute(_texts())
        db.session.execute(_tries())
    count_rows(app)


def _thin_out(app: Flask, every: int) -> None:
    """Leave one day of every so many, with its visits; only the owner of the tables may take away what is planned."""
    days = select(Assessment.day).distinct().order_by(Assessment.day)
    kept = db.session.scalars(days).all()[::every]
    db.session.commit()
    owner = create_engine(app.extensions["settings"].owner_url)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('svar.sites', '*', true), set_config('svar.actor', 'bench', true)"))
        connection.execute(delete(Assessment).where(Assessment.day.not_in(kept)))
    owner.dispose()


def _answered() -> Update:
    opens_at = Assessment.opens_at
    answered = update(Assessment).where(Assessment.grace_until < AT, Assessment.id % 10 < 8)
    return answered.values(
        opened_at=opens_at + literal_column("interval '3 hours'"),
        submitted_at=opens_at + literal_column("interval '4 hours'") * (1 + Assessment.id % 24),
        partial=Assessment.id % 20 == 0,
    )


def _texts() -> Insert:
    """An invitation to each visit that is past, of which one in fifty failed."""
    failed = case((Assessment.id % 50 == 0, MessageState.FAILED.value), else_=MessageState.DELIVERED.value)
    at = Assessment.send_at
    columns = {
        "dedupe_key": func.concat("bench:", Assessment.id),
        "study_id": Participant.study_id,
        "participant_id": Participant.id,
        "assessment_id": Assessment.id,
        "kind": literal(MessageKind.INVITATION.value),
        "language": Participant.language,
        "state": failed,
        "sid": func.concat("SM", Assessment.id),
        **dict.fromkeys(("attempts", "epoch"), literal_column("1")),
        "possible_duplicate": literal_column("false"),
        **dict.fromkeys(("owed_at", "not_before", "queued_at", "sent_at", "settled_at"), at),
    }
    rows = select(*columns.values()).join(Assessment.participant).where(at < AT)
    return insert(Message).from_select(list(columns), rows)


def _tries() -> Insert:
    columns = {
        "message_id": Message.id,
        "number": literal_column("1"),
        "epoch": Message.epoch,
        "started_at": Message.sent_at,
        "finished_at": Message.sent_at,
        "outcome": literal("accepted"),
        "sid": Message.sid,
    }
    return insert(Attempt).from_select(list(columns), select(*columns.values()))


def _promises(app: Flask) -> list[Promise]:
    study = db.session.scalars(select(Study)).one()
    browser = Browser(app, factories.user(study, Role.COORDINATOR))
    visits = db.session.scalar(select(func.count()).select_from(Assessment))
    people = db.session.scalar(select(func.count()).select_from(Participant))
    db.session.commit()
    bare = _seen(browser, "/desk/studies/")
    print(f"{people:,} people, {visits:,} visits; a bare page of the desk {bare.seconds * 1000:.0f} ms", flush=True)
    promises = []
    for name, path in PAGES.items():
        seen = _seen(browser, DESK + path)
        figures = f"{seen.seconds * 1000:.0f} ms, {seen.statements} statements, {seen.kilobytes:.0f} kB"
        print(f"{name}: {figures}", flush=True)
        promises += [
            Promise(f"{name}: the page", seen.seconds, Bound.MOST, SECONDS, "s"),
            Promise(f"{name}: its size", seen.kilobytes, Bound.MOST, KILOBYTES, "kB"),
            Promise(f"{name}: statements", seen.statements, Bound.MOST, STATEMENTS, ""),
        ]
    return promises


def _seen(browser: Browser, path: str) -> Seen:
    statements: list[str] = []
    listen = (db.engine, "before_cursor_execute", lambda *of: statements.append(of[2]))
    event.listen(*listen)
    size = 0

    def ask() -> None:
        nonlocal size
        statements.clear()
        answer = browser.get(path)
        assert answer.status_code == 200, answer.text
        size = len(answer.data)

    with moved_clock(lambda: AT):
        ask()
        seconds = _p95(ask)
    event.remove(*listen)
    return Seen(seconds, len(statements), size / 1024)


def _p95(work: Callable[[], object]) -> float:
    """Seconds that 19 of 20 runs stay under."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return sorted(took)[-2]


if __name__ == "__main__":
    main()
