"""The books: every text owed is delivered, accepted, failed, suppressed, unknown or pending - to the row.

What is owed is worked out from the plan, not from the outbox: a visit whose invitation was due and has no row at all is
`missing`, and the books do not close.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select

from app.core.database import db
from app.core.problems import BadInput
from app.messages.models import Attempt, Message, MessageState
from app.messages.queueing.never_asked import ASKED_WITHIN, unasked
from app.participants.models import Participant
from app.schedule.calendar import end_of, start_of
from app.schedule.models import Assessment
from app.studies.installing import current_protocol
from app.studies.models import Study

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
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
    if day is not None and not EARLIEST <= day <= LATEST:
        raise BadInput(f"Ask for a day from {EARLIEST} to {LATEST}.", errors={"day": "out of range"})
    zone = current_protocol(study).plan.zone_info
    within: list[ColumnElement[bool]] = [Message.study_id == study.id]
    start = end = None
    if day is not None:
        start, end = start_of(day, zone), end_of(day, zone)
        within += [Message.owed_at >= start, Message.owed_at < end]
    counts, reasons = _counts(within)
    silent = _never_asked(study, start, end, now - ASKED_WITHIN) if now else 0
    return Books(
        owed=sum(counts.values()) + silent,
        delivered=counts.get(MessageState.DELIVERED, 0),
        accepted=counts.get(MessageState.ACCEPTED, 0),
        failed=counts.get(MessageState.FAILED, 0),
        suppressed=counts.get(MessageState.SUPPRESSED, 0),
        unknown=counts.get(MessageState.UNKNOWN, 0),
        pending=sum(counts.get(state, 0) for state in UNSENT),
        reasons=reasons,
        contradictions=tuple(_contradictions(within, silent)),
    )


def _counts(within: list[ColumnElement[bool]]) -> tuple[dict[MessageState, int], dict[str, int]]:
    counts: dict[MessageState, int] = {}
    reasons: dict[str, int] = {}
    query = select(Message.state, Message.reason, func.count()).where(*within).group_by(Message.state, Message.reason)
    for state, reason, count in db.session.execute(query):
        counts[state] = counts.get(state, 0) + count
        if state is MessageState.SUPPRESSED:
            reasons[reason or ""] = count
    return counts, dict(sorted(reasons.items()))


def _never_asked(study: Study, start: datetime | None, end: datetime | None, planned_by: datetime) -> int:
    """Visits whose invitation was due, of people who took part and had not answered, and which have no text at all.

    Of those planned by then: a day that was planned after it had passed is asked about as well.
    """
    query = (
        select(func.count())
        .select_from(Assessment)
        .join(Participant, Participant.id == Assessment.participant_id)
        .where(
            Participant.study_id == study.id,
            Assessment.send_at < min(end or planned_by, planned_by),
            Assessment.planned_at < planned_by,
            *unasked(),
        )
    )
    if start is not None:
        query = query.where(Assessment.send_at >= start)
    return db.session.scalar(query) or 0


def _contradictions(within: list[ColumnElement[bool]], silent: int) -> list[str]:
    """What cannot be true at once."""
    tries = select(func.count()).where(Attempt.message_id == Message.id).scalar_subquery()
    left = (MessageState.ACCEPTED, MessageState.DELIVERED)
    questions = {
        "visits were due and have no text": silent,
        "texts left without an attempt": _count(within, Message.state.in_(left), Message.attempts == 0),
        "texts left without the provider's number": _count(within, Message.state.in_(left), Message.sid.is_(None)),
        "texts whose attempts were not all kept": _count(within, Message.attempts != tries),
    }
    return [f"{count} {what}" for what, count in questions.items() if count]


def _count(within: list[ColumnElement[bool]], *conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).where(*within, *conditions)) or 0
