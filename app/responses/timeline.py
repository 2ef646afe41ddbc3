"""What happened to a participant, in one line of time: each source tells its moments, one merge orders them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from app.messages.kinds import MessageState
from app.messages.models import Message, TextsPause
from app.participants.models import CallMade, Consent, Event, EventState, Participant, StaffNote
from app.responses.models import Correction, Draft, LateAttempt, StaffEntry
from app.schedule.calendar import instant
from app.schedule.models import Assessment, VisitNotDone

NOON = time(12)


class TraceKind(StrEnum):
    """What a moment is; of two at one instant the earlier of this list comes first."""

    ENROLLED = "enrolled"
    CONSENTED = "consent given"
    RANDOMISED = "randomised"
    PLANNED = "visits planned"
    EVENT_PLANNED = "planned"
    HAPPENED = "happened"
    CALLED_OFF = "called off"
    SENT = "text sent"
    DELIVERED = "text delivered"
    NOT_DELIVERED = "text not delivered"
    OPENED = "visit opened"
    SAVED = "answers saved, not sent"
    SUBMITTED = "answers received"
    TOO_LATE = "answers came too late"
    TYPED = "typed by staff"
    NOT_DONE = "noted as not done"
    CALLED = "called"
    NOTED = "note"
    CORRECTION_ASKED = "correction asked"
    CORRECTION_DECIDED = "correction decided"
    VOIDED = "voided"
    PAUSED = "texts paused"
    RESUMED = "texts go on"
    STOPPED = "said STOP"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Trace:
    """Something that happened to her: when, what, of which visit, and in the words of its source."""

    at: datetime
    kind: TraceKind
    visits: tuple[str, ...] = ()
    words: str = ""
    by: str = ""
    """Who of the staff did it, as the audit trail names people."""
    day_only: bool = False
    """Whether only the day is known: then `at` is its noon."""


def merged(*sources: Iterable[Trace]) -> tuple[Trace, ...]:
    """All moments, the newest first; what happened to several visits at one instant is one moment."""
    order = list(TraceKind)
    moments = sorted(
        (each for source in sources for each in source), key=lambda each: (each.at, order.index(each.kind))
    )
    return tuple(reversed([_one(list(alike)) for _, alike in groupby(moments, _sameness)]))


def of_person(person: Participant) -> Iterator[Trace]:
    """Enrolment, randomisation where its day alone is noted, STOP, withdrawal."""
    zone = ZoneInfo(person.zone)
    yield Trace(instant(person.enrolled_on, NOON, zone), TraceKind.ENROLLED, day_only=True)
    if person.protocol.plan.randomised_by_day and person.randomised_on is not None:
        yield Trace(instant(person.randomised_on, NOON, zone), TraceKind.RANDOMISED, day_only=True)
    if person.contact.opted_out_at is not None:
        yield Trace(person.contact.opted_out_at, TraceKind.STOPPED)
    if person.withdrawn_at is not None:
        yield Trace(person.withdrawn_at, TraceKind.WITHDRAWN, words=person.withdrawal_reason or "")


def of_consent(consent: Consent, zone: ZoneInfo) -> Iterator[Trace]:
    """Which version she agreed to."""
    yield Trace(instant(consent.given_on, NOON, zone), TraceKind.CONSENTED, words=consent.document, day_only=True)


def of_event(event: Event, title: str, zone: ZoneInfo) -> Iterator[Trace]:
    """An event of the protocol, as it stands."""
    kinds = {
        EventState.PLANNED: TraceKind.EVENT_PLANNED,
        EventState.HAPPENED: TraceKind.HAPPENED,
        EventState.CANCELLED: TraceKind.CALLED_OFF,
    }
    yield Trace(event.at or instant(event.on, NOON, zone), kinds[event.state], words=title, day_only=event.at is None)


def of_visit(visit: Assessment) -> Iterator[Trace]:
    """A visit as it was planned, opened and received."""
    yield Trace(visit.planned_at, TraceKind.PLANNED, (visit.visit,))
    if visit.opened_at is not None:
        yield Trace(visit.opened_at, TraceKind.OPENED, (visit.visit,))
    if visit.submitted_at is not None:
        yield Trace(visit.submitted_at, TraceKind.SUBMITTED, (visit.visit,))
    if visit.voided_at is not None:
        yield Trace(visit.voided_at, TraceKind.VOIDED, (visit.visit,))


def of_draft(draft: Draft, visit: str) -> Iterator[Trace]:
    """What is saved and not sent."""
    yield Trace(draft.updated_at, TraceKind.SAVED, (visit,))


def of_text(text: Message, visit: str) -> Iterator[Trace]:
    """Sent, and what was reported of it."""
    about = (visit,) if visit else ()
    if text.sent_at is not None:
        yield Trace(text.sent_at, TraceKind.SENT, about, text.kind.value)
    if text.settled_at is not None and text.state is MessageState.DELIVERED:
        yield Trace(text.settled_at, TraceKind.DELIVERED, about, text.kind.value)
    if text.settled_at is not None and text.state is MessageState.FAILED:
        yield Trace(text.settled_at, TraceKind.NOT_DELIVERED, about, text.kind.value)


def of_pause(pause: TextsPause) -> Iterator[Trace]:
    """That the staff let her texts wait, why, and until when."""
    yield Trace(pause.from_at, TraceKind.PAUSED, words=pause.reason, by=pause.recorded_by)
    yield Trace(pause.ended_at or pause.until_at, TraceKind.RESUMED, by=pause.ended_by or "")


def of_call(call: CallMade) -> Iterator[Trace]:
    """A call and what came of it."""
    yield Trace(call.made_at, TraceKind.CALLED, words=call.outcome.value, by=call.made_by)


def of_note(note: StaffNote) -> Iterator[Trace]:
    """What a colleague wrote."""
    yield Trace(note.written_at, TraceKind.NOTED, words=note.words, by=note.written_by)


def of_entry(entry: StaffEntry, visit: str) -> Iterator[Trace]:
    """What somebody of the staff typed."""
    yield Trace(entry.typed_at, TraceKind.TYPED, (visit,), entry.mode.value, f"user:{entry.typed_by_id}")


def of_attempt(attempt: LateAttempt, visit: str) -> Iterator[Trace]:
    """That answers came when none were taken any more."""
    yield Trace(attempt.attempted_at, TraceKind.TOO_LATE, (visit,), attempt.mode.value)


def of_not_done(row: VisitNotDone, visit: str) -> Iterator[Trace]:
    """That a visit is not done, and why."""
    yield Trace(row.recorded_at, TraceKind.NOT_DONE, (visit,), row.reason.value, row.recorded_by)


def of_correction(correction: Correction, visit: str) -> Iterator[Trace]:
    """A query, and its end."""
    about = f"{correction.instrument}.{correction.item}" if correction.item else ""
    yield Trace(correction.asked_at, TraceKind.CORRECTION_ASKED, (visit,), about, f"user:{correction.asked_by_id}")
    if correction.decided_at is not None and correction.outcome is not None:
        by = f"user:{correction.decided_by_id}"
        yield Trace(correction.decided_at, TraceKind.CORRECTION_DECIDED, (visit,), correction.outcome.value, by)


def _sameness(moment: Trace) -> tuple[object, ...]:
    return moment.at, moment.kind, moment.words, moment.by


def _one(alike: list[Trace]) -> Trace:
    first = alike[0]
    visits = tuple(dict.fromkeys(visit for each in alike for visit in each.visits))
    return Trace(first.at, first.kind, visits, first.words, first.by, first.day_only)
