"""Whom to call and why: nobody without a reason that a call can mend, the most urgent first.

A reason is an open task, a visit whose texts do not arrive, a visit past due, or one missed of late.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.core.database import db
from app.messages.models import Message, MessageState
from app.participants.models import Participant, Task, TaskKind
from app.schedule.models import Assessment, State
from app.studies.access import Scope

RECENT = timedelta(days=7)
"""So long a missed visit is a reason to call."""
TO_READ = (TaskKind.FREE_TEXT, TaskKind.SAFETY, TaskKind.INBOUND)
"""Tasks that are about something she answered or wrote."""
NOT_REACHED = (MessageState.FAILED, MessageState.UNKNOWN)


class Urgency(IntEnum):
    """In which order people are called. Reading what somebody wrote can wait an hour."""

    SAFETY = 0
    TASK = 1
    UNREACHABLE = 2
    UNDELIVERED = 3
    LATE = 4
    MISSED = 5
    TO_READ = 6

    @property
    def is_alarming(self) -> bool:
        """Whether something is broken or asked for, rather than only late."""
        return self < Urgency.LATE


@dataclass(frozen=True)
class CallReason:
    """Why to call: how urgent, in one word, and in a sentence; `until` or `by` when (`term`)."""

    urgency: Urgency
    word: str
    sentence: str
    until: datetime | None = None
    task: Task | None = None
    term: str = "until"


@dataclass(frozen=True)
class Call:
    """A participant and the reasons to call her."""

    participant: Participant
    reasons: tuple[CallReason, ...]


def calls(scope: Scope, assessments: Iterable[Assessment], now: datetime) -> list[Call]:
    """Whom to call at `now` for these assessments of the scope, and for its open tasks."""
    reasons: dict[Participant, list[CallReason]] = defaultdict(list)
    for task in open_tasks(scope):
        reasons[task.participant].append(of_task(task))
    failures = _failures(scope)
    for assessment in assessments:
        reasons[assessment.participant] += of_visit(assessment, failures.get(assessment.id, 0), now)
    return in_order(reasons)


def in_order(reasons: Mapping[Participant, Iterable[CallReason]]) -> list[Call]:
    """Everybody who has a reason, her most urgent first; by it, and then by pseudonym."""
    listed = [
        Call(participant, tuple(sorted(hers, key=lambda reason: reason.urgency)))
        for participant, hers in reasons.items()
    ]
    with_reasons = [call for call in listed if call.reasons]
    return sorted(with_reasons, key=lambda call: (call.reasons[0].urgency, call.participant.code))


def of_task(task: Task) -> CallReason:
    """The reason that an open task is."""
    if task.kind is TaskKind.FREE_TEXT:
        return CallReason(Urgency.TO_READ, "to be read", _where_written(task), until=task.due_at, task=task, term="by")
    urgency = Urgency.SAFETY if task.kind is TaskKind.SAFETY else Urgency.TASK
    return CallReason(urgency, task.kind.value, task.note or "", until=task.due_at, task=task, term="by")


def _where_written(task: Task) -> str:
    fields = (task.note or "").split(", ")
    questionnaires = dict.fromkeys(field.partition(".")[0].replace("_", " ") for field in fields)
    where = ", ".join(questionnaires)
    if not task.visit:
        return where
    return f"{task.participant.protocol.plan.visit_title(task.visit)}: something was written under {where}"


def of_visit(assessment: Assessment, failures: int, now: datetime) -> Iterator[CallReason]:
    """The reasons that a visit gives, `failures` of whose texts did not arrive; none of somebody who withdrew."""
    if assessment.participant.withdrawn_at is not None:
        return
    state, title = assessment.state(now), assessment.protocol.plan.visit_title(assessment.visit)
    if state is State.OPEN:
        yield from _unreached(assessment, title, failures)
        if now >= assessment.due_at:
            begun = "begun, not sent" if assessment.opened_at else "not answered"
            yield CallReason(Urgency.LATE, "late", f"{title} is past due and {begun}", until=assessment.grace_until)
    elif state is State.MISSED and now - assessment.grace_until < RECENT:
        until = assessment.grace_until
        yield CallReason(Urgency.MISSED, "missed", f"{title} was not answered", until=until, term="last day")


def _unreached(assessment: Assessment, title: str, failures: int) -> Iterator[CallReason]:
    contact, until = assessment.participant.contact, assessment.grace_until
    if contact.opted_out_at is not None:
        yield CallReason(Urgency.UNREACHABLE, "said STOP", f"{title} is open, and no text may be sent", until)
    elif contact.unusable_since is not None:
        yield CallReason(
            Urgency.UNREACHABLE, "number unusable", f"{title} is open, and the number does not work", until
        )
    elif failures:
        times = "once" if failures == 1 else f"{failures} times"
        yield CallReason(Urgency.UNDELIVERED, "not delivered", f"{title} is open, and a text failed {times}", until)


def not_yet_due(assessments: Iterable[Assessment], now: datetime) -> int:
    """How many visits are open and can wait: nobody is called for them."""
    return sum(assessment.is_open(now) and now < assessment.due_at for assessment in assessments)


def open_tasks(scope: Scope) -> list[Task]:
    """The open tasks at her sites, the oldest first."""
    query = (
        select(Task)
        .join(Task.participant)
        .options(contains_eager(Task.participant).joinedload(Participant.contact))
        .where(Participant.study_id == scope.study.id, Participant.site_id.in_(scope.site_ids))
        .where(Task.done_at.is_(None))
        .order_by(Task.created_at, Task.id)
    )
    return list(db.session.scalars(query))


def _failures(scope: Scope) -> dict[int | None, int]:
    """How many texts of a visit did not arrive since one did."""
    query = select(Message.assessment_id, Message.state).where(Message.study_id == scope.study.id)
    failures: dict[int | None, int] = defaultdict(int)
    for assessment_id, state in db.session.execute(query.order_by(Message.owed_at, Message.id)):
        if state is MessageState.DELIVERED:
            failures[assessment_id] = 0
        elif state in NOT_REACHED:
            failures[assessment_id] += 1
    return failures
