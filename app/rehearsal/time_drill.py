"""`flask ops drill`, its third act: the machine's time is set back an hour, then two days ahead, and put right.

It has no moved clock of a rehearsal, which is the database's too: here the database keeps its own time, as it does in a
hospital. The trial's zone is one in which it is about noon now, so that texts may leave whenever this is played.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app import clock
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import machine_set_by, now
from app.exports.models import Snapshot
from app.messages.monitoring import heartbeats
from app.participants.models import Participant
from app.rehearsal.carrier import Carrier
from app.rehearsal.drilled_trial import enrolled, not_ready_for, number_of
from app.responses.drafts import save_draft
from app.responses.models import Draft
from app.schedule.models import Assessment

WRONG = {"an hour back": timedelta(hours=-1), "two days ahead": timedelta(days=2)}
LEAVES_OR_ENDS = ("deliver", "export", "expire")
BY_THE_HOUR = ("plan", "queue", *LEAVES_OR_ENDS)
VISIT_OF_DRILL, ANSWER_OF_DRILL = "d7", {"nrs_lbp_week.mean": "4"}


def with_a_wrong_time(due: range, tomorrows: range, carrier: Carrier) -> Iterator[str]:
    """Play it, and say what did not hold. `due` are texted once it is right, `tomorrows` not before tomorrow."""
    _turns(carrier)  # a new installation has a clock that knows it before it has people
    zone = zone_of_noon(now())
    today = now().astimezone(ZoneInfo(zone)).date()
    enrolled(due, today - timedelta(days=9), zone)  # their last day to answer, and the day after is of grace
    enrolled(tomorrows, today - timedelta(days=6), zone)
    _keep_a_draft()
    _turns(carrier, without=LEAVES_OR_ENDS)
    for words, by in WRONG.items():
        before = _last()
        with machine_set_by(by):
            _turns(carrier)  # in the first one after a leap texts wait anyhow
            _turns(carrier)
            complaints = not_ready_for()
        yield from _stood_still(words, carrier, before, complaints)
    _turns(carrier)
    _turns(carrier)
    often = Counter(text.number for text in carrier.rang)
    if often != Counter(map(number_of, due)):
        yield f"with the time right {often.total()} texts rang for {len(due)} that were due"
    if _exported() != [today]:
        yield "with the time right not one export was made, of today"
    if "time" in not_ready_for():
        yield "readiness says that the time is wrong when it is right"


def zone_of_noon(at: datetime) -> str:
    """A zone in which it is between twelve and one; its name has the sign turned round, as these names do."""
    return f"Etc/GMT{at.astimezone(UTC).hour - 12:+d}"


def _turns(carrier: Carrier, without: tuple[str, ...] = ()) -> None:
    """One round, in which each job asks whether it may run at all."""
    for job in (*clock.JOBS, *clock.SLOW_JOBS):
        if job.name not in without:
            clock.take_turn(job, carrier)


def _keep_a_draft() -> None:
    """The first of them begins to answer."""
    query = select(Assessment).join(Participant).filter(Assessment.visit == VISIT_OF_DRILL)
    with acting("drill"), transaction():
        save_draft(db.session.scalars(query.order_by(Participant.id).limit(1)).one(), ANSWER_OF_DRILL, now())


def _last() -> dict[str, datetime | None]:
    db.session.rollback()
    beats = heartbeats.last()
    return {job: beats.get(job) for job in BY_THE_HOUR}


def _exported() -> list[date]:
    db.session.rollback()
    return list(db.session.scalars(select(Snapshot.day).order_by(Snapshot.id)))


def _stood_still(
    words: str, carrier: Carrier, before: dict[str, datetime | None], complaints: dict[str, str]
) -> Iterator[str]:
    if carrier.rang:
        yield f"{words}, {len(carrier.rang)} texts left"
    if _exported():
        yield f"{words}, an export was made"
    if db.session.scalar(select(func.count()).select_from(Draft)) != 1:
        yield f"{words}, a draft expired"
    ran = sorted(job for job, at in _last().items() if at != before[job])
    if ran:
        yield f"{words}, these jobs of the clock ran: {', '.join(ran)}"
    if "time" not in complaints:
        yield f"{words}, readiness did not say that the time is wrong"
