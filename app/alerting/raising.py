"""Raise what is owed: each open task that cannot wait and that nobody has taken, to whom of its chain it is time."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager, joinedload

from app.alerting.chain import owed, until_the_last
from app.alerting.choosing import chain_at
from app.alerting.models import StaffAlert
from app.core.batches import table
from app.core.database import db
from app.core.one_time import TOLERANCE
from app.participants.models import Participant, Task, TaskKind
from app.studies.models import Study
from app.studies.states import Act, StudyState, may

alert = logging.getLogger("svar.alert")

CANNOT_WAIT = (TaskKind.SAFETY, TaskKind.CALL_ME)
ALERTED_STATES = tuple(state for state in StudyState if may(state, Act.RECORD))
"""In the others nobody can close a task."""
LOUD_FROM = 2
"""Once everybody was told and nobody came, whoever runs the service is told too."""


def raise_alerts(now: datetime) -> int:
    """Write down who is to be told by `now`, each once; returns how many alerts are new."""
    return sum(_raise(task, now) for task in waiting_tasks())


def waiting_tasks() -> Sequence[Task]:
    """Open tasks that cannot wait and that nobody has taken, the oldest first."""
    query = (
        select(Task)
        .join(Task.participant)
        .join(Study, Study.id == Participant.study_id)
        .where(
            Task.kind.in_(CANNOT_WAIT), Task.done_at.is_(None), Task.taken_at.is_(None), Study.state.in_(ALERTED_STATES)
        )
        .options(contains_eager(Task.participant))
    )
    return db.session.scalars(query.order_by(Task.created_at, Task.id)).all()


def waited(task: Task, chain: Mapping[int, int], now: datetime) -> timedelta:
    """How long a task waits. One from the future was made while the database's time was ahead: nobody knows how long,
    so it is everybody's turn, and not nobody's until then."""
    return until_the_last(chain) if task.created_at - now > TOLERANCE else now - task.created_at


def alerts_about(task: Task) -> Sequence[StaffAlert]:
    """The ledger of a task: who was told of it, and when, in their order."""
    query = select(StaffAlert).where(StaffAlert.task_id == task.id).options(joinedload(StaffAlert.user))
    return db.session.scalars(query.order_by(StaffAlert.raised_at, StaffAlert.id)).all()


def _raise(task: Task, now: datetime) -> int:
    chain = chain_at(task.participant)
    rows = [
        {
            "participant_id": task.participant_id,
            "task_id": task.id,
            "user_id": person,
            "number": number,
            "raised_at": now,
            "not_before": now,
        }
        for person, number in owed(chain, waited(task, chain, now))
        if not _waits_already(task, person)
    ]
    if not rows:
        return 0
    added = insert(table(StaffAlert)).values(rows).on_conflict_do_nothing().returning(table(StaffAlert).c.number)
    numbers = db.session.scalars(added).all()
    if task.kind is TaskKind.SAFETY and any(number >= LOUD_FROM for number in numbers):
        place = task.participant.site.code, task.participant.study.code
        alert.error("a task of safety at site %s of %s waits: everybody was told, and nobody has taken it", *place)
    return len(numbers)


def _waits_already(task: Task, person: int) -> bool:
    """Whether one of before has not left yet: once the mail server is back she gets one mail, not one for each hour."""
    hers = StaffAlert.task_id == task.id, StaffAlert.user_id == person
    waits = StaffAlert.sent_at.is_(None), StaffAlert.called_off_at.is_(None)
    return bool(db.session.scalar(select(exists().where(*hers, *waits))))
