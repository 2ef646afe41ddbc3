"""`flask ops drill`: a trial of synthetic people loses its database in the middle of a day, and comes back elsewhere.

Two PostgreSQL servers, a provider that outlives both, and the commands that an operator would use. Some people were
texted before the back-up; some have a text that leaves only after it; some are enrolled only after it; one writes STOP,
and one writes something else. Then the first server is gone. What must hold on the second is asked at the end.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import select

from app import clock, create_app
from app.cli import ops, who
from app.config import ROOT, Settings
from app.core import embedded, migrating
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Conflict, Problem
from app.core.time import moved_clock, now
from app.messages.models import Message, MessageState
from app.messages.receiving import replies
from app.participants.enrolment import Person, enrol
from app.participants.events import plan_event
from app.participants.models import Participant
from app.rehearsal.approvals import approve_sites
from app.rehearsal.carrier import Carrier
from app.schedule.links import resolve
from app.schedule.planning import plan
from app.studies.installing import current_protocol, install, site, study
from app.studies.models import Protocol, StudyState

EXAMPLE = ROOT / "examples" / "backtobasic" / "protocol.yaml"
NOON = 11
"""In UTC: the drill is held at any hour, and played at an hour at which texts leave in Oslo, on a holiday too."""
GROUP = 6
EARLY, LATE, LOST, AFTER = (range(first, first + GROUP) for first in (0, 100, 200, 300))
"""Who is texted before the back-up; after it; who is enrolled after it, and lost; who is enrolled in their place."""


@dataclass(frozen=True)
class Drilled:
    """How it went: what was lost and how long it took, how many texts rang, and what did not hold."""

    rpo_seconds: float
    rto_seconds: float
    texts: int
    wrong: tuple[str, ...]


def drill(settings: Settings) -> Drilled:
    """Play it, with servers and folders of its own that are gone afterwards."""
    begun, noon = now(), now().replace(hour=NOON, minute=0)
    ahead = noon - begun if noon > begun else noon + timedelta(days=1) - begun
    with TemporaryDirectory(prefix="svar-drill-") as folder, moved_clock(lambda: datetime.now(UTC) + ahead):
        first, second = Path(folder, "first"), Path(folder, "second")
        try:
            return _played(settings, first, second)
        finally:
            for place in (first, second):
                embedded.discard(place / "postgres")


def _played(settings: Settings, first: Path, second: Path) -> Drilled:
    carrier, backup = Carrier(settings.public_base_url), first.parent / "night.backup"
    with _serving(settings, first) as app:
        migrating.upgrade(app.extensions["settings"].owner_url)
        _clock(carrier)  # a new installation has a clock that knows it before it has people
        _texted(EARLY, carrier)
        _enrolled(LATE)
        _clock(carrier, without="deliver")
        ops.back_up(backup)
        made_at = now()
        _after_the_back_up(carrier)
    embedded.discard(first / "postgres")
    lost, begun, rang = (now() - made_at).total_seconds(), time.monotonic(), len(carrier.rang)
    with _serving(settings, second) as app:
        ops.load(backup)
        _enrolled(AFTER)
        wrong = list(_held(carrier, rang))
        ops.let_leave(carrier, who.SHELL, nothing_lost=False)
        took = time.monotonic() - begun
        _clock(carrier)
        wrong += [*_rang_twice(carrier), *_crossed(carrier), *_wrote_stop(carrier), *_forgotten()]
    return Drilled(lost, took, len(carrier.rang), tuple(wrong))


@contextmanager
def _serving(settings: Settings, place: Path) -> Iterator[Flask]:
    """The service on a server of its own, and a clock's disk that remembers nothing."""
    server = embedded.start(place / "postgres")
    server.ensure_database("drill")
    there = replace(
        settings,
        database_url=server.url("svar_app", "drill"),
        owner_url=server.url("svar_owner", "drill"),
        instance=place / "instance",
        exports=place / "exports",
    )
    app = create_app(there)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.close()
            db.engine.dispose()


def _enrolled(people: range) -> None:
    with acting("drill"), transaction():
        protocol = current_protocol(study("drill")) if people is not EARLY else _installed()
        for number in people:
            person = Person(phone=f"+474{number:07d}")
            day_0 = (now() - timedelta(days=8)).date()
            someone = enrol(site(protocol.study, "01"), protocol, person, "1.0", day_0, now())
            plan_event(someone, "first_infusion", day_0, None, now())
            plan(someone, now())


def _installed() -> Protocol:
    text = EXAMPLE.read_text("utf-8").replace("holidays: wait", "holidays: send")
    protocol = install(text, now(), state=StudyState.LIVE, code="drill")
    approve_sites(protocol.study, now().date())
    return protocol


def _texted(people: range, carrier: Carrier) -> None:
    _enrolled(people)
    _clock(carrier)


def _clock(carrier: Carrier, without: str = "") -> None:
    """One round of the clock's jobs."""
    for job in (*clock.JOBS, *clock.SLOW_JOBS):
        if job.name != without:
            clock.run(job, carrier, now())


def _after_the_back_up(carrier: Carrier) -> None:
    """What the back-up does not know: texts leave, people are enrolled, two write to us and are answered."""
    _texted(LOST, carrier)
    for number, words in ((LATE[0], "STOPP"), (LATE[1], "Ring meg, takk")):
        text = carrier.write(f"+474{number:07d}", words, now())
        with acting("drill"), transaction():
            replies.keep({"MessageSid": text.sid, "From": text.number, "Body": text.body}, now())
    _clock(carrier)
    _clock(carrier)


def _held(carrier: Carrier, rang: int) -> Iterator[str]:
    """Nothing leaves from the restored database, and nobody lets it before the clock has planned and queued."""
    try:
        ops.let_leave(carrier, who.SHELL, nothing_lost=False)
        yield "texts were released before the plan and the queue were made"
    except Conflict:
        pass
    _clock(carrier)
    if len(carrier.rang) != rang:
        yield f"{len(carrier.rang) - rang} texts left while they were held"


def _rang_twice(carrier: Carrier) -> Iterator[str]:
    often = Counter((rang.number, rang.body) for rang in carrier.rang)
    yield from (f"a text rang {count} times" for count in often.values() if count > 1)


def _crossed(carrier: Carrier) -> Iterator[str]:
    """Links of texts that rang open a visit of whom they rang, or nothing."""
    opened = Counter[str]()
    for rang in carrier.rang:
        for token in rang.tokens:
            try:
                opens_for = db.session.get_one(Participant, resolve(token).participant_id).contact.phone
            except Problem:
                opened["nothing"] += 1
                continue
            opened["own"] += 1
            if opens_for != rang.number:
                yield "a link opened the visit of somebody else"
    if opened != Counter(own=3 * GROUP, nothing=GROUP):
        yield f"{opened['own']} links open and {opened['nothing']} do not, not {3 * GROUP} and {GROUP}"


def _wrote_stop(carrier: Carrier) -> Iterator[str]:
    stopped = {text.number for text in carrier.written if carrier.said[text.sid] == "STOPP"}
    for someone in db.session.scalars(select(Participant).order_by(Participant.id)):
        opted_out = someone.contact.opted_out_at is not None
        if opted_out != (someone.contact.phone in stopped):
            yield f"{someone.code} {'was silenced' if opted_out else 'said STOP and was forgotten'}"


def _forgotten() -> Iterator[str]:
    """Everybody who takes part has her text."""
    query = select(Participant.code, Message.state).outerjoin(Message, Message.participant_id == Participant.id)
    states = db.session.execute(query.order_by(Participant.id, Message.id)).all()
    left = (MessageState.ACCEPTED, MessageState.DELIVERED)
    reached = {row.code for row in states if row.state in left}
    yield from (f"{code} has no text that left" for code in sorted({row.code for row in states} - reached))
