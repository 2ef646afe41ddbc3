"""Who stands on Today, in which order, by one statement: only who is shown is loaded, and the count is kept by SQL.

The reasons are those of `calling`, told there to a person; one table of cases holds both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core.database import db
from app.core.time import AnyNow, instants
from app.messages.kinds import ASKING, Reason
from app.messages.models import Message, MessageState, TextsPause, of_this_window
from app.participants.models import CallMade, Contact, Owner, Participant, Task, TaskKind
from app.participants.visible import visible
from app.responses.at_risk import CALLED_AGAIN_AFTER, NEAR, PRIMARY, is_near, is_primary, may_be_missed
from app.responses.urgency import RECENT, SOON, Turn, Urgency
from app.schedule.models import Assessment, open_at
from app.studies.access import Scope
from app.studies.states import Act, may

NOT_REACHED = (MessageState.FAILED, MessageState.UNKNOWN)
LEFT_OR_LEAVING = (MessageState.SENDING, MessageState.ACCEPTED, MessageState.DELIVERED, *NOT_REACHED)
HELD_BACK = (
    Reason.SITE_INACTIVE,
    Reason.COUNTRY,
    Reason.DEMONSTRATION,
    Reason.NOT_LIVE,
    Reason.CANCELLED,
    Reason.STALE,
    Reason.OVER_BUDGET,
    Reason.UNREADABLE,
    Reason.PAUSED,
)
"""Why a text is not sent to somebody who could be reached: she does not know that she is asked."""
WAITS_TOO_LONG = timedelta(days=1)
CALLS_ON_PAGE = 30
Moment = ColumnElement[datetime] | InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
Rows = Select[int, str, int, datetime | None, datetime | None, bool]


@dataclass(frozen=True)
class WhomToCall:
    """Which people of Today: all, or those of one part of it, of one of the staff, or of nobody."""

    turn: Turn | None = None
    of_user: int | None = None
    of_nobody: bool = False

    @property
    def whoever(self) -> "WhomToCall":
        """The same of any user: what one statement asks, of whomever its parameters name."""
        return self if self.of_user is None else replace(self, of_user=0)


EVERYBODY = WhomToCall()


def count(scope: Scope, now: datetime, whom: WhomToCall = EVERYBODY) -> int:
    """How many people stand on Today."""
    values = parameters(scope, now, whom)
    return db.session.scalar(_counting(may(scope.study.state, Act.ANSWER), whom.whoever), values) or 0


@cache
def _counting(takes_answers: bool, whom: WhomToCall) -> Select[int]:
    if whom == EVERYBODY:
        return select(func.count(every_reason(takes_answers).c.participant_id.distinct()))
    return select(func.count()).select_from(_first_reasons(takes_answers, whom).subquery())


def parameters(scope: Scope, now: datetime, whom: WhomToCall = EVERYBODY) -> dict[str, object]:
    """Of statements about `every_reason`, which are built once: she looks at them from here, now."""
    moments = instants(now, SOON, NEAR, -RECENT, -WAITS_TOO_LONG, -CALLED_AGAIN_AFTER)
    return {"study_id": scope.study.id, "site_ids": scope.site_ids, "user_id": whom.of_user, **moments}


def listed(scope: Scope, now: datetime, page: int = 0, whom: WhomToCall = EVERYBODY) -> Sequence[int]:
    """The ids of the people on this page of Today, in the order in which they are called."""
    values = {**parameters(scope, now, whom), "shown": CALLS_ON_PAGE, "before": page * CALLS_ON_PAGE}
    return db.session.scalars(_listing(may(scope.study.state, Act.ANSWER), whom.whoever), values).all()


@cache
def _listing(takes_answers: bool, whom: WhomToCall) -> Select[int]:
    people = _first_reasons(takes_answers, whom).subquery()
    order = (*(column for column in people.c if column.key not in ("participant_id", "code")), people.c.code)
    shown, before = bindparam("shown", type_=BigInteger()), bindparam("before", type_=BigInteger())
    return select(people.c.participant_id).order_by(*order).limit(shown).offset(before)


def _first_reasons(takes_answers: bool, whom: WhomToCall) -> Select[*tuple[Any, ...]]:
    """Each person once, with what her first reason is worth; its turn is the part of Today in which she stands."""
    reasons = every_reason(takes_answers)
    worth = (
        reasons.c.turn,
        case((reasons.c.urgency == Urgency.SAFETY, 0), else_=1),
        case((reasons.c.primary, 0), else_=1),
        func.coalesce(reasons.c.until, cast(literal("-infinity"), DateTime(timezone=True))),
        reasons.c.urgency,
    )
    first = select(reasons.c.participant_id, reasons.c.code, *(part.label(f"w{n}") for n, part in enumerate(worth)))
    first = first.ext(distinct_on(reasons.c.participant_id)).order_by(reasons.c.participant_id, *worth)
    people = first.subquery()
    chosen = select(people)
    taken = select(Owner.id).where(Owner.participant_id == people.c.participant_id)
    if whom.turn is not None:
        chosen = chosen.where(people.c.w0 == whom.turn)
    if whom.of_user is not None:
        chosen = chosen.where(taken.where(Owner.user_id == bindparam("user_id")).exists())
    return chosen.where(~taken.exists()) if whom.of_nobody else chosen


def waiting_until_due(scope: Scope, now: datetime) -> int:
    """How many visits are open and can wait: nobody is called for them. None of a study that takes no answers."""
    query = select(func.count()).select_from(Assessment).join(Assessment.participant)
    return db.session.scalar(query.where(visible(scope), can_wait(scope, now))) or 0


def can_wait(scope: Scope, now: datetime) -> ColumnElement[bool]:
    """That a visit, joined with its participant, is one that `waiting_until_due` counts."""
    if not may(scope.study.state, Act.ANSWER):
        return false()
    return and_(open_at(now), Assessment.due_at > now)


def _here() -> tuple[ColumnElement[bool], ...]:
    return Participant.study_id == bindparam("study_id"), Participant.site_id.in_(bindparam("site_ids", expanding=True))


def every_reason(takes_answers: bool) -> CTE:
    """Every reason that does not wait for another call: whose, how urgent, until when, whether of the primary visit."""
    now = AnyNow()
    visits = (_open(now), _missed(now), _at_risk(now)) if takes_answers else ()
    reasons = union_all(_tasks(), *visits).cte("reasons")
    later = aliased(CallMade)
    newer = select(later.id).where(
        later.participant_id == CallMade.participant_id,
        tuple_(later.made_at, later.id) > tuple_(CallMade.made_at, CallMade.id),
    )
    put_off = select(CallMade.id).where(
        CallMade.participant_id == reasons.c.participant_id,
        CallMade.again_at > now,
        or_(reasons.c.since.is_(None), reasons.c.since <= CallMade.made_at),
        ~newer.exists(),
    )
    turn = case(
        (reasons.c.urgency == Urgency.TO_READ, Turn.TO_READ),
        (reasons.c.urgency.in_((Urgency.MISSED, Urgency.AT_RISK)), Turn.THIS_WEEK),
        (or_(reasons.c.urgency == Urgency.SAFETY, reasons.c.until <= now + SOON), Turn.NOW),
        else_=Turn.TODAY,
    )
    standing = select(reasons, turn.label("turn"))
    return standing.where(or_(reasons.c.urgency == Urgency.SAFETY, ~put_off.exists())).cte("standing")


def _tasks() -> Rows:
    urgency = case(
        (Task.kind == TaskKind.SAFETY, Urgency.SAFETY),
        (Task.kind.in_((TaskKind.FREE_TEXT, TaskKind.TWO_ANSWERS, TaskKind.TO_JUDGE)), Urgency.TO_READ),
        else_=Urgency.TASK,
    )
    return (
        _row(urgency, Task.due_at, Task.created_at, literal(False))
        .select_from(Task)
        .join(Participant, Participant.id == Task.participant_id)
        .where(*_here(), Task.done_at.is_(None))
    )


def _open(now: AnyNow) -> Rows:
    newer = aliased(Message)
    arrived = select(newer.id).where(
        newer.assessment_id == Message.assessment_id,
        newer.state == MessageState.DELIVERED,
        tuple_(newer.owed_at, newer.id) > tuple_(Message.owed_at, Message.id),
    )
    failed = select(Message.id).where(
        Message.assessment_id == Assessment.id, not_arrived(), Message.state.in_(NOT_REACHED), ~arrived.exists()
    )
    failed = failed.offset(0)  # asked of each open visit by the index, and not once of all texts there are
    unsent = never_sent(now)
    stopped = Contact.opted_out_at.is_not(None) | Participant.texts_ended_at.is_not(None)
    closed = stopped | Contact.unusable_since.is_not(None)
    is_due = Assessment.due_at <= now
    urgency = case(
        (closed, Urgency.UNREACHABLE),
        (failed.exists(), Urgency.UNDELIVERED),
        (unsent, Urgency.NEVER_SENT),
        (is_due, Urgency.LATE),
    )
    rows = _visits(_row(urgency, Assessment.grace_until, cast(null(), DateTime(timezone=True)), is_primary()))
    rows = rows.join(Contact, Contact.participant_id == Participant.id)
    return rows.where(open_at(now), Participant.withdrawn_at.is_(None), or_(closed, is_due, failed.exists(), unsent))


def not_arrived(text: type[Message] = Message) -> ColumnElement[bool]:
    """What `ix_messages_not_arrived` holds, in its own words: few texts of many."""
    return text.state.not_in([literal_column("'accepted'"), literal_column("'delivered'")])


def never_sent(now: datetime | AnyNow) -> ColumnElement[bool]:
    """That no text about a visit has left: it was held back for a reason that stands, or has waited for a day."""
    text = aliased(Message)
    about = select(text.id).where(
        text.assessment_id == Assessment.id, text.kind.in_(ASKING), of_this_window(text.owed_at)
    )
    waits = and_(text.state == MessageState.QUEUED, text.owed_at <= now - WAITS_TOO_LONG, ~is_paused(now))
    held = and_(text.state == MessageState.SUPPRESSED, text.reason.in_(HELD_BACK))
    kept = about.where(not_arrived(text), or_(waits, held)).offset(0)
    return and_(kept.exists(), ~about.where(text.state.in_(LEFT_OR_LEAVING)).exists())


def is_paused(now: datetime | AnyNow) -> ColumnElement[bool]:
    """Of visits: that the staff lets the texts of whoever is asked wait."""
    until_at = func.coalesce(TextsPause.ended_at, TextsPause.until_at)
    return exists().where(TextsPause.participant_id == Assessment.participant_id, until_at > now)


def _at_risk(now: AnyNow) -> Rows:
    """The few that are near are found first: what else would be asked of everybody's last visits is costly."""
    columns = Assessment.participant_id, Participant.code, Assessment.opens_at
    rows = select(*columns).select_from(Assessment).join(Participant, Participant.id == Assessment.participant_id)
    rows = rows.join(PRIMARY, PRIMARY.c.id == Assessment.protocol_id).where(*_here(), is_near(now))
    near = rows.cte("near").prefix_with("MATERIALIZED")
    return select(
        near.c.participant_id,
        near.c.code,
        literal(int(Urgency.AT_RISK)).label("urgency"),
        near.c.opens_at.label("until"),
        cast(null(), DateTime(timezone=True)).label("since"),
        literal(True).label("primary"),
    ).where(may_be_missed(near, now))


def _missed(now: AnyNow) -> Rows:
    urgency = literal(int(Urgency.MISSED))
    rows = _visits(_row(urgency, Assessment.grace_until, cast(null(), DateTime(timezone=True)), is_primary()))
    unanswered = and_(Assessment.submitted_at.is_(None), Assessment.cancelled_at.is_(None))
    lately = and_(Assessment.grace_until <= now, Assessment.grace_until > now - RECENT)
    return rows.where(unanswered, lately, Participant.withdrawn_at.is_(None))


def _row(
    urgency: ColumnElement[int],
    until: Moment,
    since: Moment,
    primary: ColumnElement[bool],
) -> Rows:
    return select(
        Participant.id.label("participant_id"),
        Participant.code.label("code"),
        urgency.label("urgency"),
        until.label("until"),
        since.label("since"),
        primary.label("primary"),
    )


def _visits(rows: Rows) -> Rows:
    joined = rows.select_from(Assessment).join(Participant, Participant.id == Assessment.participant_id)
    return joined.join(PRIMARY, PRIMARY.c.id == Assessment.protocol_id).where(*_here())
