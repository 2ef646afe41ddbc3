"""Who is asked, reminded and told of: each question of the queue by the same three conditions as the gate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.crypto import keyring
from app.core.database import db
from app.messages.gate import Suppress, decide
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Message, MessageState, Reply
from app.messages.monitoring.measures import measure
from app.messages.outlook.forecast import upcoming
from app.messages.queueing.prompts import queue_prompts
from app.messages.queueing.reminders import due
from app.messages.reading import can_be_asked, can_be_reached, facts, number_of, plan_of, rows_where, takes_part
from app.messages.receiving.replies import senders
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from app.studies.models import Study, StudyState
from tests.factories import backtobasic, message
from tests.factories import participant as enrol_at
from tests.messages.people import BEFORE, INVITED, answered, enrolled, only, visit

LATER = INVITED + timedelta(days=2)
"""When a reminder has come due."""
A_MINUTE = timedelta(minutes=1)
TAKES_PART, REACHED, ASKED = "takes part", "can be reached", "can be asked"


@dataclass(frozen=True)
class Case:
    """What is the matter at an instant, and which of the conditions it breaks, for what reason."""

    happens: Callable[[Participant], object]
    breaks: str = ""
    reason: Reason | None = None


def _set(**values: object) -> Callable[[Participant], None]:
    """Her contact has these values."""

    def change(participant: Participant) -> None:
        for name, value in values.items():
            setattr(participant.contact, name, value)

    return change


def _withdraws(participant: Participant) -> None:
    participant.withdrawn_at, participant.withdrawal_reason = INVITED, "moved"


def _wants_no_texts(participant: Participant) -> None:
    participant.texts_ended_at = INVITED


def _study(state: StudyState) -> Callable[[Participant], None]:
    return lambda participant: setattr(participant.study, "state", state)


def _closes(after: timedelta) -> Callable[[Participant], None]:
    return lambda participant: setattr(visit(participant, "d7"), "closes_at", LATER + after)


CASES: Mapping[str, Case] = {
    "nothing is the matter": Case(lambda participant: None),
    "a study is a demonstration": Case(_study(StudyState.DEMO)),
    "she withdrew": Case(_withdraws, TAKES_PART, Reason.WITHDRAWN),
    "the study is closed": Case(_study(StudyState.CLOSED), TAKES_PART, Reason.STUDY_CLOSED),
    "it recruits no longer": Case(_study(StudyState.RECRUITING_STOPPED)),
    "the study is locked": Case(_study(StudyState.LOCKED), TAKES_PART, Reason.STUDY_CLOSED),
    "the study is archived": Case(_study(StudyState.ARCHIVED), TAKES_PART, Reason.STUDY_CLOSED),
    "she wants no texts": Case(_wants_no_texts, REACHED, Reason.NO_TEXTS),
    "she said STOP": Case(_set(opted_out_at=INVITED), REACHED, Reason.OPTED_OUT),
    "her number is unusable": Case(_set(unusable_since=INVITED, unusable_because="unknown"), REACHED, Reason.NO_NUMBER),
    "she has no number": Case(_set(phone=None), REACHED, Reason.NO_NUMBER),
    "she answered": Case(lambda participant: answered(visit(participant, "d7"), INVITED), ASKED, Reason.ANSWERED),
    "the window closes in a minute": Case(_closes(A_MINUTE)),
    "the window closes now": Case(_closes(timedelta()), ASKED, Reason.CLOSED),
    "the window has closed, an answer is still taken": Case(_closes(-A_MINUTE), ASKED, Reason.CLOSED),
}


def _text(participant: Participant, state: MessageState, **columns: Any) -> Message:
    """Her invitation, and what became of it."""
    return message(visit(participant, "d7"), state, INVITED, contact_version=1, **columns)


def _foretold(participant: Participant, now: datetime) -> bool:
    return upcoming(participant.study, now, 5) != []


def _reminded(participant: Participant, now: datetime) -> bool:
    _text(participant, MessageState.ACCEPTED)
    return due(now, [(participant.protocol_id, participant.protocol.sha256)]) != []


def _asked_again_after_start(participant: Participant, now: datetime) -> bool:
    stopped = _text(participant, MessageState.SUPPRESSED, reason=Reason.OPTED_OUT, settled_at=INVITED)
    queue_prompts(now)
    db.session.refresh(stopped)
    return stopped.state is MessageState.QUEUED


def _asked_at_a_new_number(participant: Participant, now: datetime) -> bool:
    failed = _text(participant, MessageState.FAILED, error_code="21614")
    participant.contact.version = 2
    queue_prompts(now)
    kinds = dict(db.session.execute(select(Message.kind, Message.state).where(Message.id != failed.id)).all())
    return kinds.get(MessageKind.INVITATION) is MessageState.QUEUED


def _counted_as_forgotten(participant: Participant, now: datetime) -> bool:
    return measure(now).unasked == 1


QUESTIONS: Mapping[Callable[[Participant, datetime], bool], set[str]] = {
    _foretold: {TAKES_PART, REACHED, ASKED},
    _asked_again_after_start: {TAKES_PART, REACHED, ASKED},
    _asked_at_a_new_number: {TAKES_PART, REACHED, ASKED},
    _reminded: {TAKES_PART, ASKED},  # one that cannot be reached has the reason in the ledger
    _counted_as_forgotten: {TAKES_PART, ASKED},
}
"""Who asks, and by which of the conditions."""


@pytest.fixture
def someone(session: Session) -> Participant:
    """Somebody with one weekly visit."""
    participant = enrolled()
    only(participant, "d7")
    return participant


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__.strip("_"))
@pytest.mark.parametrize("name", CASES)
def test_each_question_is_answered_by_the_same_conditions(
    someone: Participant, name: str, question: Callable[[Participant, datetime], bool]
) -> None:
    case = CASES[name]
    case.happens(someone)
    db.session.flush()
    assert question(someone, LATER) is (case.breaks not in QUESTIONS[question])


@pytest.mark.parametrize("name", CASES)
def test_the_conditions_are_those_of_the_gate(someone: Participant, name: str) -> None:
    case = CASES[name]
    _text(someone, MessageState.QUEUED)
    case.happens(someone)
    db.session.flush()
    (row,) = rows_where(Message.participant_id == someone.id)
    decision = decide(facts(row, plan_of(row.protocol_id, row.sha256), number_of(row), real=False), LATER)
    assert (decision.reason if isinstance(decision, Suppress) else None) == case.reason
    assert _broken(LATER) == ({case.breaks} if case.breaks else set())


def _broken(now: datetime) -> set[str]:
    """Which of the conditions PostgreSQL finds broken."""
    conditions = {TAKES_PART: takes_part(), REACHED: can_be_reached(), ASKED: can_be_asked(now)}
    query = (
        select(*conditions.values())
        .select_from(Assessment)
        .join(Assessment.participant)
        .join(Study, Study.id == Participant.study_id)
        .join(Contact, Contact.participant_id == Participant.id)
    )
    return {name for name, holds in zip(conditions, db.session.execute(query).one(), strict=True) if not holds}


@pytest.mark.parametrize("name", CASES)
def test_a_text_from_a_shared_number_is_hers_who_takes_part_in_earnest_and_did_not_say_stop(
    someone: Participant, name: str
) -> None:
    CASES[name].happens(someone)
    fingerprint = keyring().fingerprint("+4740000001")
    someone.contact.phone_fingerprint = fingerprint
    elsewhere = backtobasic(StudyState.LIVE, "another", BEFORE)
    later = enrol_at(elsewhere, now=BEFORE, phone="+4740000001")
    db.session.flush()
    first, _ = senders(Reply(sender_fingerprint=fingerprint))
    goes_on = CASES[name].breaks != TAKES_PART and name not in ("she said STOP", "a study is a demonstration")
    assert first is (someone if goes_on else later)
