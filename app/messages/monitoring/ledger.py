"""The books: every text owed is delivered, accepted, failed, suppressed, unknown or pending - to the row.

What is owed is worked out from the plan, not from the outbox: a visit whose invitation was due and has no row at all is
`missing`, and the books do not close.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Date, Select, and_, case, cast, func, null, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core.database import db
from app.core.problems import BadInput
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.queueing.never_asked import ASKED_WITHIN, unasked
from app.participants.models import Participant
from app.schedule.calendar import end_of, start_of
from app.schedule.models import Assessment
from app.studies.guarding import goes_on
from app.studies.installing import current_protocol
from app.studies.models import Study

FIRST_OF_ALL, LAST_OF_ALL = date(1900, 1, 1), date(2999, 12, 31)
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
        return _assembled(_sums(study, None, now).values())
    span = _span(study, day, 1)
    return _assembled(_sums(study, span, now, alone=True).values())


def books_and_days(study: Study, last: date, days: int, now: datetime) -> tuple[Books, list[tuple[date, Books]]]:
    """The books of a study, and of each of so many local days up to `last`, the last first. BadInput as `books`."""
    sums = _sums(study, _span(study, last, days), now)
    shown = [last - timedelta(days=ago) for ago in range(days)]
    return _assembled(sums.values()), [(day, _assembled([sums[day]])) for day in shown]


class DaySpan(NamedTuple):
    """Some local days of a zone, by the instants at which they begin and end."""

    start: datetime
    end: datetime
    zone: str

    def holds(self, at: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
        """That an instant is on one of these days."""
        return and_(at >= self.start, at < self.end)

    def day(self, at: InstrumentedAttribute[datetime]) -> ColumnElement[date]:
        """The local day of an instant; nothing of those on other days."""
        return case((self.holds(at), cast(func.timezone(self.zone, at), Date)))


class _Sums(NamedTuple):
    """Texts owed, by what became of them, and what is wrong with them."""

    counts: Counter[tuple[MessageState, Reason | None]]
    wrong: Counter[str]


def _span(study: Study, last: date, days: int) -> DaySpan:
    if not FIRST_OF_ALL <= last <= LAST_OF_ALL:
        raise BadInput(f"Ask for a day from {FIRST_OF_ALL} to {LAST_OF_ALL}.", errors={"day": "out of range"})
    zone = current_protocol(study).plan.zone_info
    return DaySpan(start_of(last - timedelta(days=days - 1), zone), end_of(last, zone), str(zone))


def _sums(
    study: Study, span: DaySpan | None, now: datetime | None, *, alone: bool = False
) -> defaultdict[date | None, _Sums]:
    """What is owed on each day of the span, and on all others together, under None, unless the span is asked `alone`.

    One pass over the texts, and one over the visits: in a large study each costs more than all else on a page.
    """
    sums: defaultdict[date | None, _Sums] = defaultdict(lambda: _Sums(Counter(), Counter()))
    for day, state, reason, count, *wrong in db.session.execute(_owed(study, span, alone)):
        sums[day].counts[state, reason] += count
        sums[day].wrong.update(dict(zip(CONTRADICTIONS, wrong, strict=True)))
    if now is not None:
        for day, count in db.session.execute(_never_asked(study, span, alone, now - ASKED_WITHIN)):
            sums[day].wrong[SILENT] += count
    return sums


def _assembled(sums: Iterable[_Sums]) -> Books:
    counts: Counter[tuple[MessageState, Reason | None]] = Counter()
    wrong: Counter[str] = Counter()
    for part in sums:
        counts.update(part.counts)
        wrong.update(part.wrong)
    states: Counter[MessageState] = Counter()
    for (state, _), number in counts.items():
        states[state] += number
    suppressed = {reason or "": n for (state, reason), n in counts.items() if state is MessageState.SUPPRESSED}
    return Books(
        owed=states.total() + wrong[SILENT],
        delivered=states[MessageState.DELIVERED],
        accepted=states[MessageState.ACCEPTED],
        failed=states[MessageState.FAILED],
        suppressed=states[MessageState.SUPPRESSED],
        unknown=states[MessageState.UNKNOWN],
        pending=sum(states[state] for state in UNSENT),
        reasons={str(reason): number for reason, number in sorted(suppressed.items())},
        contradictions=tuple(f"{wrong[what]} {what}" for what in (SILENT, *CONTRADICTIONS) if wrong[what]),
    )


def _never_asked(study: Study, span: DaySpan | None, alone: bool, planned_by: datetime) -> Select[date | None, int]:
    """Visits whose invitation was due, of people who took part and had not answered, and which have no text at all.

    Of those planned by then: a day that was planned after it had passed is asked about as well. While a study is
    locked nothing comes due in it.
    """
    of_day = span.day(Assessment.send_at) if span else cast(null(), Date)
    query = (
        select(of_day, func.count())
        .select_from(Assessment)
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .where(
            Study.id == study.id,
            goes_on(),
            Assessment.send_at < planned_by,
            Assessment.planned_at < planned_by,
            *unasked(of_all=True),
        )
        .group_by(of_day)
    )
    return query.where(span.holds(Assessment.send_at)) if span and alone else query


def _owed(study: Study, span: DaySpan | None, alone: bool) -> Select[*tuple[Any, ...]]:
    """Texts by day, state and reason: how many, and in how many of them what cannot be true at once is."""
    of_day = span.day(Message.owed_at) if span else cast(null(), Date)
    left = Message.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED)) & Message.sent_with_id.is_(None)
    unkept = select(func.attempts_not_kept(study.id, type_=BigInteger).column_valued())
    carrier = aliased(Message)
    otherwise = select(carrier.id).where(carrier.id == Message.sent_with_id, carrier.state != Message.state).exists()
    wrong = (
        left & (Message.attempts == 0),
        left & Message.sid.is_(None),
        Message.id.in_(unkept),
        Message.sent_with_id.is_not(None) & otherwise,
    )
    by = (of_day, Message.state, Message.reason)
    query = select(*by, func.count(), *(func.count().filter(which) for which in wrong))
    query = query.where(Message.study_id == study.id).group_by(*by)
    return query.where(span.holds(Message.owed_at)) if span and alone else query
