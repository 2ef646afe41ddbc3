"""Somebody leaves: so far, from that day on, and why. Nothing is cancelled or deleted by it.

A day to come takes effect by the clock, and can be undone until then. A lock stops the study's time, so no day comes
in it: what was recorded before takes effect once the study is unlocked. Whoever left so far may leave farther; what was
recorded by mistake, and is in effect, is corrected as any record is (`app.participants.correcting`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select

from app.core.audit import declaration
from app.core.database import alone, db, lock
from app.core.problems import BadInput, Conflict, NotFound
from app.core.time import AnyNow, instants
from app.participants.grades import ENDS_QUESTIONNAIRES, FOLLOWS, LeavingGrade
from app.participants.models import Departure, Participant
from app.studies.guarding import allow, goes_on
from app.studies.states import Act, may

FARTHEST = timedelta(days=366)
"""So long beforehand may somebody say that she will leave."""


def leave(participant: Participant, grade: LeavingGrade, on: date | None, reason: str, now: datetime) -> Departure:
    """She leaves so far from `on` (today, if left out). In effect at once, or by the clock on a day to come.

    BadInput where the day or the reason is none; Conflict where she has left so far, or has said so, already.
    """
    allow(participant.study, Act.LEAVE)
    lock(f"leave:{participant.id}")
    db.session.refresh(participant)
    today = now.astimezone(ZoneInfo(participant.zone)).date()
    day = on or today
    _check(participant, grade, day, today, reason)
    from_at = now if day == today else _begins(day, participant)
    leaving = Departure(
        participant=participant, grade=grade, on=day, from_at=from_at, reason=reason.strip(),
        recorded_by=declaration()["actor"], recorded_at=now,
    )  # fmt: skip
    db.session.add(leaving)
    db.session.flush()
    if day <= today:
        _take_effect(leaving, now)
    return leaving


def take_effect(now: datetime, faults: list[Exception] | None = None) -> int:
    """Let every leaving whose day has come take effect, in no locked study; returns how many. Twice changes nothing."""
    rows = db.session.scalars(_due(), instants(now)).all()
    for leaving in rows:
        with alone(faults):
            _take_effect(leaving, now)
    return len(rows)


@cache
def _due() -> Select[Departure]:
    """The leavings whose day has come, first come first."""
    due = select(Departure).join(Departure.participant).join(Participant.study).where(goes_on(), *coming())
    return due.where(Departure.from_at <= AnyNow()).order_by(Departure.from_at, Departure.id)


def undo(leaving: Departure, now: datetime) -> None:
    """She stays after all, before the day came. Conflict once it is in effect: then the record is corrected."""
    allow(leaving.participant.study, Act.LEAVE)
    db.session.refresh(leaving, with_for_update={"key_share": True})
    if leaving.undone_at is not None:
        raise Conflict("This is undone already.")
    if leaving.in_effect_at is not None:
        raise Conflict("This is in effect already. If it is wrong, correct the record: she did not withdraw.")
    leaving.undone_at, leaving.undone_by = now, declaration()["actor"]
    db.session.flush()


class LeftAs(NamedTuple):
    """How somebody left, as it was recorded."""

    grade: LeavingGrade
    on: date
    reason: str


def take_back(participant: Participant, now: datetime) -> LeftAs:
    """The last leaving in effect was recorded wrongly; what was in effect before it holds again. Returns what it said.

    Withdrawals from before there were grades are on the participant alone.
    """
    lock(f"leave:{participant.id}")
    db.session.refresh(participant)
    in_effect = [row for row in departures_of(participant) if row.in_effect_at is not None and row.undone_at is None]
    if not in_effect:
        at = participant.withdrawn_at or now
        day = at.astimezone(ZoneInfo(participant.zone)).date()
        was = LeftAs(LeavingGrade.NO_QUESTIONNAIRES, day, participant.withdrawal_reason or "")
    else:
        last = in_effect.pop()
        was = LeftAs(last.grade, last.on, last.reason)
        last.undone_at, last.undone_by = now, declaration()["actor"]
    participant.left_as = participant.texts_ended_at = None
    participant.withdrawn_at = participant.withdrawal_reason = None
    for leaving in in_effect:
        _write(leaving)
    db.session.flush()
    return was


def departures_of(participant: Participant) -> Sequence[Departure]:
    """What was recorded of her leaving, in the order in which it was."""
    query = select(Departure).where(Departure.participant_id == participant.id).order_by(Departure.id)
    return db.session.scalars(query).all()


def coming_departure(participant: Participant) -> Departure | None:
    """What will take effect on a day to come, if anything."""
    query = select(Departure).where(Departure.participant_id == participant.id, *coming())
    return db.session.scalar(query.order_by(Departure.from_at, Departure.id).limit(1))


def coming() -> tuple[ColumnElement[bool], ...]:
    """Of leavings: that they are to come, and nobody undid them."""
    return Departure.in_effect_at.is_(None), Departure.undone_at.is_(None)


def find_departure(participant: Participant, leaving_id: int) -> Departure:
    """The leaving of this id, if it is hers; NotFound otherwise."""
    leaving = db.session.get(Departure, leaving_id)
    if leaving is None or leaving.participant_id != participant.id:
        raise NotFound(f"{participant.code} has recorded no such thing.")
    return leaving


def _check(participant: Participant, grade: LeavingGrade, day: date, today: date, reason: str) -> None:
    held = participant.left_as or (LeavingGrade.NO_QUESTIONNAIRES if participant.withdrawn_at is not None else None)
    if grade not in FOLLOWS[held]:
        raise Conflict(f"{participant.code} has left already ({held}), so “{grade}” cannot be recorded.")
    if coming_departure(participant) is not None:
        raise Conflict(f"It is recorded that {participant.code} will leave. Undo that first.")
    errors = {}
    if not reason.strip():
        errors["reason"] = "Say why, in the participant's words or “no reason given”."
    if wrong := _wrong_day(participant, grade, day, today):
        errors["on"] = wrong
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)


def _wrong_day(participant: Participant, grade: LeavingGrade, day: date, today: date) -> str:
    if day < participant.enrolled_on:
        return f"{participant.code} was enrolled on {participant.enrolled_on}; nobody leaves before that."
    if grade is LeavingGrade.DIED and day > today:
        return "This day lies in the future."
    if day > today and not may(participant.study.state, Act.RECORD):
        return "The study is locked, so its time stands still and no day to come is reached. Record it for today."
    return f"{day} is more than a year away. Check the year." if day - today > FARTHEST else ""


def _begins(day: date, participant: Participant) -> datetime:
    """The first instant of a day on her calendar."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(participant.zone))


def _take_effect(leaving: Departure, now: datetime) -> None:
    leaving.in_effect_at = now
    _write(leaving)
    db.session.flush()


def _write(leaving: Departure) -> None:
    """What follows for her, upon what was in effect before."""
    participant = leaving.participant
    participant.left_as = leaving.grade
    if participant.texts_ended_at is None:
        participant.texts_ended_at = leaving.from_at
    if leaving.grade in ENDS_QUESTIONNAIRES and participant.withdrawn_at is None:
        participant.withdrawn_at, participant.withdrawal_reason = leaving.from_at, leaving.reason


def gets_no_texts(participant: Participant) -> bool:
    """Whether she left the study or its texts, or will on a day that is known: no act begins texts anew."""
    return participant.withdrawn_at is not None or participant.texts_ended_at is not None
