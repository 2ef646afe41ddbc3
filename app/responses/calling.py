"""Whom to call and why: nobody without a reason that a call can mend, in the order of what it is worth.

A reason is an open task, a visit whose texts do not arrive or never left, a visit that is due, one missed of late, or
the primary visit of somebody who answers little. Who has one is found by the database (`waiting`); here it is told, of
those who are shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload

from app.core.database import db
from app.messages.kinds import ASKING
from app.messages.models import Message, MessageState
from app.participants.following import last_calls, owners
from app.participants.models import CallMade, Owner, Participant, Task, TaskKind
from app.participants.visible import visible
from app.responses.at_risk import CALLED_AGAIN_AFTER, is_few, last_visits, primary_visits
from app.responses.urgency import RECENT, Turn, turn
from app.responses.urgency import Urgency as Urgency
from app.responses.waiting import EVERYBODY, NOT_REACHED, WhomToCall, listed, never_sent
from app.schedule.models import Assessment, State
from app.studies.access import Scope

TO_READ = (TaskKind.FREE_TEXT, TaskKind.SAFETY, TaskKind.INBOUND, TaskKind.TWO_ANSWERS, TaskKind.TO_JUDGE)
"""Tasks that are about something she answered or wrote."""
WAITS = "it waits to be sent"
WHERE_ALONE = "%(where)s"
ALWAYS = datetime.min.replace(tzinfo=UTC)


class CallSentence(StrEnum):
    """The sentences that say why, with `%(visit)s` for the visit; each language has them all."""

    STOPPED = "%(visit)s is open, and no text may be sent"
    UNUSABLE = "%(visit)s is open, and the number does not work"
    FAILED_ONCE = "%(visit)s is open, and a text failed once"
    FAILED = "%(visit)s is open, and a text failed %(times)s times"
    NOT_BEGUN = "%(visit)s is due and not answered"
    NOT_SENT = "%(visit)s is due and begun, not sent"
    NEVER_SENT = "%(visit)s is open, and no text was sent: %(reason)s"
    AT_RISK = "%(visit)s is near, and %(answered)s of the last %(times)s visits were answered"
    MISSED = "%(visit)s was not answered"
    WRITTEN = "%(visit)s: something was written under %(where)s"
    TWICE = "%(visit)s: a question was answered in two ways under %(where)s"
    ELSEWHEN = "%(visit)s: answers came that were given at another time, under %(where)s"
    CAME = "%(visit)s: answers came, and nothing of them was kept"


SENTENCE_OF_TASK = {
    TaskKind.FREE_TEXT: CallSentence.WRITTEN,
    TaskKind.TWO_ANSWERS: CallSentence.TWICE,
    TaskKind.TO_JUDGE: CallSentence.ELSEWHEN,
    TaskKind.SAFETY: WHERE_ALONE,
}
"""Tasks to read what was answered, by what they say: of safety, no more than which question it is."""


@dataclass(frozen=True)
class CallReason:
    """Why to call: how urgent, in one word, and in a sentence; `until` or `by` when (`term`)."""

    urgency: Urgency
    word: str
    because: str = ""
    until: datetime | None = None
    task: Task | None = None
    term: str = "until"
    parts: Mapping[str, str] = field(default_factory=dict)
    primary: bool = False
    """Whether it is about the visit that the trial is about."""
    fields: tuple[str, ...] = ()
    """The questions that it is about, as fields of the page; `where` in its parts are the questionnaires' codes."""

    @property
    def sentence(self) -> str:
        """The sentence in English."""
        return self.because % self.parts if self.parts else self.because

    def is_overdue(self, now: datetime) -> bool:
        """Whether it waits for longer than it should: a task whose hour has passed."""
        return self.task is not None and self.until is not None and self.until < now

    def is_put_off(self, last: CallMade | None, now: datetime) -> bool:
        """Whether it waits because she was called since, and can be called again later. Safety never waits."""
        if self.urgency is Urgency.AT_RISK:
            return last is not None and last.made_at > now - CALLED_AGAIN_AFTER
        if last is None or last.again_at is None or last.again_at <= now or self.urgency is Urgency.SAFETY:
            return False
        return self.task is None or self.task.created_at <= last.made_at


@dataclass(frozen=True)
class Call:
    """A participant and the reasons to call her; the last call, and who takes care of her."""

    participant: Participant
    reasons: tuple[CallReason, ...]
    last: CallMade | None = None
    owner: Owner | None = None

    @property
    def is_untaken(self) -> bool:
        """Whether something came up that nobody has taken, also since whoever takes care of her did."""
        return any(reason.task is not None and reason.task.taken_at is None for reason in self.reasons)


def calls(scope: Scope, now: datetime, page: int = 0, whom: WhomToCall = EVERYBODY) -> list[Call]:
    """Whom to call at `now`: one page of it, in order."""
    ids = listed(scope, now, page, whom)
    people = {person.id: person for person in _people(ids)}
    reasons = reasons_of(list(people.values()), now)
    last, taken = last_calls(ids), owners(ids)
    shown = []
    for person_id in ids:
        hers = [reason for reason in reasons[person_id] if not reason.is_put_off(last.get(person_id), now)]
        ordered = tuple(sorted(hers, key=lambda reason: worth(reason, now)))
        shown.append(Call(people[person_id], ordered, last.get(person_id), taken.get(person_id)))
    return [call for call in shown if call.reasons]


def reasons_of(people: Sequence[Participant], now: datetime) -> dict[int, list[CallReason]]:
    """The reasons to call each of these participants, by their ids."""
    ids = [person.id for person in people]
    reasons: dict[int, list[CallReason]] = defaultdict(list)
    for task in db.session.scalars(_open_tasks().where(Task.participant_id.in_(ids))):
        reasons[task.participant_id].append(of_task(task))
    planned = _worth_a_look(ids, now)
    failures = _failures(assessment.id for assessment in planned)
    unsent = _unsent([assessment.id for assessment in planned], now)
    for assessment in planned:
        times, held = failures.get(assessment.id, 0), unsent.get(assessment.id, "")
        reasons[assessment.participant_id] += of_visit(assessment, times, now, held)
    near = primary_visits(ids, now)
    last = last_visits([primary.participant_id for primary in near], now)
    for primary in near:
        reasons[primary.participant_id] += of_primary(primary, last.get(primary.participant_id, []))
    return reasons


def _people(ids: Sequence[int]) -> Sequence[Participant]:
    """These participants with what is asked of each: her contact, her site, her protocol."""
    people = select(Participant).where(Participant.id.in_(ids)).order_by(Participant.id)
    with_all = joinedload(Participant.contact), joinedload(Participant.site), joinedload(Participant.protocol)
    return db.session.scalars(people.options(*with_all)).all()


def in_order(reasons: Mapping[Participant, Iterable[CallReason]], now: datetime) -> list[Call]:
    """Everybody who has a reason, the one worth most first; by it, and then by pseudonym."""
    people = [
        Call(participant, tuple(sorted(hers, key=lambda reason: worth(reason, now))))
        for participant, hers in reasons.items()
    ]
    with_reasons = [call for call in people if call.reasons]
    return sorted(with_reasons, key=lambda call: (worth(call.reasons[0], now), call.participant.code))


def worth(reason: CallReason, now: datetime) -> tuple[Turn, bool, bool, datetime, Urgency]:
    """What comes first is worth most: its turn, safety, the primary visit, what ends first, what is more urgent."""
    is_safety = reason.urgency is Urgency.SAFETY
    place = turn(reason.urgency, reason.until, now)
    return place, not is_safety, not reason.primary, reason.until or ALWAYS, reason.urgency


def of_task(task: Task) -> CallReason:
    """The reason that an open task is."""
    urgency = Urgency.SAFETY if task.kind is TaskKind.SAFETY else Urgency.TASK
    if task.kind in SENTENCE_OF_TASK:
        because, parts = _where_written(task)
        urgency = urgency if task.kind is TaskKind.SAFETY else Urgency.TO_READ
        word = task.kind.value if task.kind is TaskKind.SAFETY else "to be read"
        return CallReason(urgency, word, because, task.due_at, task, "by", parts, fields=fields_of(task))
    return CallReason(urgency, task.kind.value, task.note or "", task.due_at, task, "by")


def fields_of(task: Task) -> tuple[str, ...]:
    """The questions that a task about answers names, as fields of the page."""
    return tuple((task.note or "").split(", ")) if task.kind in SENTENCE_OF_TASK and task.note else ()


def _where_written(task: Task) -> tuple[str, Mapping[str, str]]:
    if task.kind is TaskKind.SAFETY:
        return WHERE_ALONE, {"where": task.note or ""}
    fields = fields_of(task)
    where = ", ".join(dict.fromkeys(name.partition(".")[0].replace("_", " ") for name in fields))
    if not task.visit:
        return WHERE_ALONE, {"where": where}
    title = task.participant.protocol.plan.visit_title(task.visit)
    if not fields:
        return CallSentence.CAME, {"visit": title}
    return SENTENCE_OF_TASK[task.kind], {"visit": title, "where": where}


def of_visit(assessment: Assessment, failures: int, now: datetime, unsent: str = "") -> Iterator[CallReason]:
    """The reasons that a visit gives, `failures` of whose texts did not arrive; none of somebody who withdrew.

    `unsent` says why none of them has left, if none has.
    """
    if assessment.participant.withdrawn_at is not None:
        return
    state = assessment.state(now)
    if state is State.OPEN:
        yield from _unreached(assessment, failures, unsent)
        if now >= assessment.due_at:
            begun = CallSentence.NOT_SENT if assessment.opened_at else CallSentence.NOT_BEGUN
            yield _about(assessment, Urgency.LATE, "due", begun)
    elif state is State.MISSED and now - assessment.grace_until < RECENT:
        yield _about(assessment, Urgency.MISSED, "missed", CallSentence.MISSED, "last day")


def of_primary(assessment: Assessment, answered: Sequence[bool]) -> Iterator[CallReason]:
    """The reason that the primary visit is before it opens, for who `answered` few of her last ones."""
    if is_few(answered):
        counts = {"answered": str(sum(answered)), "times": str(len(answered))}
        reason = _about(assessment, Urgency.AT_RISK, "at risk", CallSentence.AT_RISK, "opens", **counts)
        yield replace(reason, until=assessment.opens_at)


def _unreached(assessment: Assessment, failures: int, unsent: str) -> Iterator[CallReason]:
    contact = assessment.participant.contact
    if assessment.participant.texts_ended_at is not None:
        yield _about(assessment, Urgency.UNREACHABLE, "wants no texts", CallSentence.STOPPED)
    elif contact.opted_out_at is not None:
        yield _about(assessment, Urgency.UNREACHABLE, "said STOP", CallSentence.STOPPED)
    elif contact.unusable_since is not None:
        yield _about(assessment, Urgency.UNREACHABLE, "number unusable", CallSentence.UNUSABLE)
    elif failures:
        because = CallSentence.FAILED_ONCE if failures == 1 else CallSentence.FAILED
        yield _about(assessment, Urgency.UNDELIVERED, "not delivered", because, times=str(failures))
    elif unsent:
        yield _about(assessment, Urgency.NEVER_SENT, "never sent", CallSentence.NEVER_SENT, reason=unsent)


def _about(
    assessment: Assessment, urgency: Urgency, word: str, because: str, term: str = "until", **parts: str
) -> CallReason:
    plan = assessment.protocol.plan
    parts = {"visit": plan.visit_title(assessment.visit), **parts}
    is_primary = plan.primary_visit == assessment.visit
    return CallReason(urgency, word, because, assessment.grace_until, None, term, parts, is_primary)


def open_tasks(scope: Scope) -> list[Task]:
    """The open tasks at her sites, the oldest first."""
    return list(db.session.scalars(_open_tasks().where(visible(scope))))


def _open_tasks() -> Select[Task]:
    query = select(Task).join(Task.participant)
    with_contact = query.options(contains_eager(Task.participant).joinedload(Participant.contact))
    return with_contact.where(Task.done_at.is_(None)).order_by(Task.created_at, Task.id)


def _worth_a_look(ids: Sequence[int], now: datetime) -> Sequence[Assessment]:
    """Their visits that are open, or ended of late, unanswered."""
    query = (
        select(Assessment)
        .where(Assessment.participant_id.in_(ids), Assessment.submitted_at.is_(None))
        .where(Assessment.opens_at <= now, Assessment.grace_until > now - RECENT)
        .options(joinedload(Assessment.protocol))
        .order_by(Assessment.participant_id, Assessment.day, Assessment.id)
    )
    return db.session.scalars(query).all()


def _failures(assessment_ids: Iterable[int]) -> dict[int | None, int]:
    """How many texts of each of these visits did not arrive since one did."""
    about = Message.assessment_id.in_(list(assessment_ids))
    query = select(Message.assessment_id, Message.state).where(about).order_by(Message.owed_at, Message.id)
    failures: dict[int | None, int] = defaultdict(int)
    for assessment_id, state in db.session.execute(query):
        if state is MessageState.DELIVERED:
            failures[assessment_id] = 0
        elif state in NOT_REACHED:
            failures[assessment_id] += 1
    return failures


def _unsent(assessment_ids: Sequence[int], now: datetime) -> dict[int | None, str]:
    """Why no text about each of these visits has left, by the last one that should have; where one has, nothing."""
    query = (
        select(Message.assessment_id, Message.reason)
        .join(Assessment, Assessment.id == Message.assessment_id)
        .where(Message.assessment_id.in_(assessment_ids), Message.kind.in_(ASKING), never_sent(now))
        .order_by(Message.owed_at, Message.id)
    )
    return {visit: str(reason) if reason else WAITS for visit, reason in db.session.execute(query)}
