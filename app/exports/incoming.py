"""How answers came in, counted by the database: why there is none, week by week, and day by day after the text.

Of windows that are past their grace alone, so that nobody is counted before she could have answered. The reasons are
those of the export, told by the same rule.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, Subquery, cast, func, select, true

from app.core.database import db
from app.exports.queries.visits import how_far
from app.exports.reasons import AbsenceReason, reason
from app.messages.kinds import REMINDERS
from app.messages.models import Message, of_this_window
from app.participants.models import Event, EventState, Participant
from app.participants.visible import visible
from app.responses.late_attempts import was_too_late
from app.schedule.compliance import LAST_DAY_COUNTED, Cell
from app.schedule.models import ANSWERED, Assessment, State, state_at
from app.schedule.states import MISSING
from app.studies.access import Scope
from app.studies.models import Site
from app.studies.protocol import RANDOMISATION
from app.studies.texts import LINK_KINDS

COUNTED = (*ANSWERED, *MISSING)


class Absence(NamedTuple):
    """How many visits at a site have no complete answer, for one reason."""

    visit: str
    site: str
    reason: AbsenceReason
    number: int


class Week(NamedTuple):
    """The windows that closed in one week at a site: it begins on this Monday."""

    monday: date
    site: str
    expected: int
    answered: int


@dataclass(frozen=True)
class Curve:
    """How many of `expected` had answered by the end of each day after the text, and when reminders mostly left."""

    expected: int
    by_day: tuple[int, ...]
    reminders: tuple[int, ...]


def absences(scope: Scope, now: datetime) -> list[Absence]:
    """Of the visits that were expected, those without a complete answer, by visit, site and reason."""
    unanswered = _unanswered(scope, now)
    by = (unanswered.c.visit, unanswered.c.site, unanswered.c.reason)
    counted = select(*by, func.count()).group_by(*by).order_by(func.min(unanswered.c.day), *by)
    return [Absence(visit, site, AbsenceReason(why), n) for visit, site, why, n in db.session.execute(counted)]


def is_absent_for(scope: Scope, why: AbsenceReason, now: datetime) -> ColumnElement[bool]:
    """That a visit is one that `absences` counts for this reason."""
    unanswered = _unanswered(scope, now)
    return Assessment.id.in_(select(unanswered.c.id).where(unanswered.c.reason == why.value))


def _unanswered(scope: Scope, now: datetime) -> Subquery:
    about = of_this_window() | Assessment.submitted_at.is_not(None)
    texts = (
        select(*how_far())
        .where(Message.assessment_id == Assessment.id, Message.kind.in_(LINK_KINDS), about)
        .correlate(Assessment)
        .lateral("texts")
    )
    begun = Assessment.opened_at.is_not(None) | Assessment.draft_existed
    state = state_at(now)
    return (
        select(
            Assessment.id,
            Assessment.visit,
            Site.code.label("site"),
            func.min(Assessment.day).over(partition_by=Assessment.visit).label("day"),
            reason(state, begun, was_too_late(), texts).label("reason"),
        )
        .join(Assessment.participant)
        .join(Participant.site)
        .join(texts, true())
        .where(*expected_here(scope, now), state.not_in([State.COMPLETED.value, State.LATE.value]))
        .subquery()
    )


def weeks(scope: Scope, now: datetime, zone: str) -> list[Week]:
    """Expected and answered by the week, on the clocks of `zone`, in which the window closed."""
    monday = _monday(zone)
    answered = func.count().filter(state_at(now).in_([state.value for state in ANSWERED]))
    query = (
        select(monday, Site.code, func.count(), answered)
        .join(Assessment.participant)
        .join(Participant.site)
        .where(*expected_here(scope, now))
        .group_by(monday, Site.code)
        .order_by(monday, Site.code)
    )
    return [Week(*row) for row in db.session.execute(query)]


def closed_in_week(monday: date, zone: str) -> ColumnElement[bool]:
    """That the window of a visit closed in this week, as `weeks` counts it."""
    return _monday(zone) == monday


def _monday(zone: str) -> ColumnElement[date]:
    return cast(func.date_trunc("week", func.timezone(zone, Assessment.closes_at)), Date)


def curve(scope: Scope, everything: Cell) -> Curve:
    """How answers come in after the text, over all visits, whose counts are `everything`."""
    by_day = accumulate(everything.after[day] for day in range(LAST_DAY_COUNTED + 1))
    return Curve(everything.expected, tuple(by_day), _reminders(scope))


def remaining(scope: Scope, visit: str, now: datetime) -> int:
    """How many windows of a visit are still to be past, of people who take part."""
    query = (
        select(func.count())
        .select_from(Assessment)
        .join(Assessment.participant)
        .where(
            visible(scope),
            Assessment.visit == visit,
            Assessment.grace_until > now,
            state_at(now).not_in([State.WITHDRAWN.value, State.CANCELLED.value]),
        )
    )
    return db.session.scalar(query) or 0


def randomised(scope: Scope) -> int:
    """How many people at these sites have been randomised."""
    randomisation = (Event.kind == RANDOMISATION, Event.state == EventState.HAPPENED)
    query = (
        select(func.count(Event.participant_id.distinct()))
        .join(Event.participant)
        .where(visible(scope), *randomisation)
    )
    return db.session.scalar(query) or 0


def expected_here(scope: Scope, now: datetime) -> list[ColumnElement[bool]]:
    """That a visit, joined with its participant, is at her sites, past its grace, and counts."""
    return [
        visible(scope),
        Assessment.grace_until <= now,
        state_at(now).in_([state.value for state in COUNTED]),
    ]


def _reminders(scope: Scope) -> tuple[int, ...]:
    """The day after the text on which each kind of reminder mostly left."""
    after = func.extract("epoch", Message.sent_at - Assessment.send_at) / 86_400
    middle = func.percentile_cont(0.5).within_group(after)
    query = (
        select(Message.kind, middle)
        .join(Message.assessment)
        .where(Message.study_id == scope.study.id, Message.kind.in_(REMINDERS), Message.sent_at.is_not(None))
        .group_by(Message.kind)
        .order_by(Message.kind)
    )
    return tuple(round(float(day)) for _, day in db.session.execute(query))
