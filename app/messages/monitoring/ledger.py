"""The books: every text owed is delivered, accepted, failed, suppressed, unknown or pending - to the row.

What is owed is worked out from the plan, not from the outbox: a visit whose invitation was due and has no row at all is
`missing`, and the books do not close.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, cast, func, null, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core.database import db
from app.core.problems import BadInput
from app.messages.kinds import Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.queueing.never_asked import ASKED_WITHIN, unasked
from app.participants.models import Participant
from app.schedule.calendar import end_of, start_of
from app.schedule.models import Assessment
from app.studies.installing import current_protocol
from app.studies.models import Study

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
SILENT = "visits were due and have no text"
CONTRADICTIONS = (
    "texts left without an attempt",
    "texts left without the provider's number",
    "texts whose attempts were not all kept",
    "visits in another's text that say otherwise than it",
)
UNSENT = (MessageState.QUEUED, MessageState.SENDING)


@dataclass(frozen=True)
class Books:
    """Texts owed in a study (on a day), by what became of them. They close when nothing is missing or contradictory."""

    owed: int
    delivered: int
    accepted: int
    failed: int
    suppressed: int
    unknown: int
    pending: int
    reasons: dict[str, int] = field(default_factory=dict)
    contradictions: tuple[str, ...] = ()

    @property
    def accounted(self) -> int:
        return self.delivered + self.accepted + self.failed + self.suppressed + self.unknown + self.pending

    def as_dict(self) -> dict[str, int]:
        """The figures by name."""
        parts = ("owed", "delivered", "accepted", "failed", "suppressed", "unknown", "pending")
        return {name: getattr(self, name) for name in parts}

    @property
    def balanced(self) -> bool:
        return self.owed == self.accounted and not self.contradictions


def books(study: Study, day: date | None = None, now: datetime | None = None) -> Books:
    """The books of a study, or of one local day of it, by the instant at which each text was owed.

    With `now` the plan is asked as well: what was due by then and has no text at all is owed and missing. BadInput for
    a day that no calendar of a trial holds.
    """
    if day is None:
        return _books(study, [Message.study_id == study.id], None, now).get(None, _assembled(Counter(), {}))
    return dict(books_by_day(study, day, 1, now))[day]


def books_by_day(study: Study, last: date, days: int, now: datetime | None = None) -> list[tuple[date, Books]]:
    """The books of each of so many local days up to `last`, the last first. BadInput as `books`."""
    if not EARLIEST <= last <= LATEST:
        raise BadInput(f"Ask for a day from {EARLIEST} to {LATEST}.", errors={"day": "out of range"})
    shown = [last - timedelta(days=ago) for ago in range(days)]
    zone = current_protocol(study).plan.zone_info
    start, end = start_of(shown[-1], zone), end_of(last, zone)
    within = [Message.study_id == study.id, Message.owed_at >= start, Message.owed_at < end]
    of_days = _books(study, within, DaySpan(start, end, str(zone)), now)
    return [(day, of_days.get(day, _assembled(Counter(), {}))) for day in shown]


class DaySpan(NamedTuple):
    """Some local days of a zone, by the instants at which they begin and end."""

    start: datetime
    end: datetime
    zone: str

    def day(self, at: InstrumentedAttribute[datetime]) -> ColumnElement[date]:
        """The local day of an instant."""
        return cast(func.timezone(self.zone, at), Date)


def _books(
    study: Study, within: list[ColumnElement[bool]], span: DaySpan | None, now: datetime | None
) -> dict[date | None, Books]:
    """The books of each day of the span; without one, those of all days under None."""
    of_day = span.day(Message.owed_at) if span else cast(null(), Date)
    counts: dict[date | None, Counter[tuple[MessageState, Reason | None]]] = defaultdict(Counter)
    by = (of_day, Message.state, Message.reason)
    for day, state, reason, count in db.session.execute(select(*by, func.count()).where(*within).group_by(*by)):
        counts[day][state, reason] = count
    wrong = _contradictions(within, of_day)
    if now is not None:
        for silent_on, number in _never_asked(study, span, now - ASKED_WITHIN).items():
            wrong[silent_on][SILENT] = number
    return {day: _assembled(counts[day], wrong[day]) for day in {*counts, *wrong}}


def _assembled(counts: Counter[tuple[MessageState, Reason | None]], wrong: dict[str, int]) -> Books:
    states: Counter[MessageState] = Counter()
    for (state, _), number in counts.items():
        states[state] += number
    suppressed = {reason or "": n for (state, reason), n in counts.items() if state is MessageState.SUPPRESSED}
    return Books(
        owed=states.total() + wrong.get(SILENT, 0),
        delivered=states[MessageState.DELIVERED],
        accepted=states[MessageState.ACCEPTED],
        failed=states[MessageState.FAILED],
        suppressed=states[MessageState.SUPPRESSED],
        unknown=states[MessageState.UNKNOWN],
        pending=sum(states[state] for state in UNSENT),
        reasons={str(reason): number for reason, number in sorted(suppressed.items())},
        contradictions=tuple(f"{number} {what}" for what, number in sorted(wrong.items(), key=_place) if number),
    )


def _never_asked(study: Study, span: DaySpan | None, planned_by: datetime) -> dict[date | None, int]:
    """Visits whose invitation was due, of people who took part and had not answered, and which have no text at all.

    Of those planned by then: a day that was planned after it had passed is asked about as well.
    """
    of_day = span.day(Assessment.send_at) if span else cast(null(), Date)
    query = (
        select(of_day, func.count())
        .select_from(Assessment)
        .join(Participant, Participant.id == Assessment.participant_id)
        .where(
            Participant.study_id == study.id,
            Assessment.send_at < (min(span.end, planned_by) if span else planned_by),
            Assessment.planned_at < planned_by,
            *unasked(),
        )
        .group_by(of_day)
    )
    if span is not None:
        query = query.where(Assessment.send_at >= span.start)
    return dict(db.session.execute(query).all())


def _contradictions(
    within: list[ColumnElement[bool]], of_day: ColumnElement[date]
) -> defaultdict[date | None, dict[str, int]]:
    """What cannot be true at once, by day."""
    tries = select(func.count()).where(Attempt.message_id == Message.id).scalar_subquery()
    left = Message.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED)) & Message.sent_with_id.is_(None)
    carrier = aliased(Message)
    otherwise = select(carrier.id).where(carrier.id == Message.sent_with_id, carrier.state != Message.state).exists()
    counts = [
        func.count().filter(left & (Message.attempts == 0)),
        func.count().filter(left & Message.sid.is_(None)),
        func.count().filter(Message.attempts != tries),
        func.count().filter(otherwise),
    ]
    wrong: defaultdict[date | None, dict[str, int]] = defaultdict(dict)
    for day, *numbers in db.session.execute(select(of_day, *counts).where(*within).group_by(of_day)):
        wrong[day] = dict(zip(CONTRADICTIONS, numbers, strict=True))
    return wrong


def _place(of: tuple[str, int]) -> int:
    return (SILENT, *CONTRADICTIONS).index(of[0])
