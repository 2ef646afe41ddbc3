"""A short visit is answered by replying: one number a text or all in one, checked, asked again once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages.gathering import unread
from app.messages.models import Message, MessageState, Reply
from app.messages.receiving import replies
from app.participants.enrolment import withdraw
from app.participants.models import Participant, Task
from app.responses.models import Answer, Mode, Response
from app.responses.sms import hear_replies, numbers_so_far, open_by_sms
from app.schedule.models import Assessment
from app.studies.states import StudyState
from tests.responses.visits import participant, visit

PHONE = "+4791234567"
BY_SMS = {"  allowed: false": "  allowed: true"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def weekly(session: Session) -> Assessment:
    """A weekly visit of three numbers, asked for, of somebody who agreed to answer by SMS."""
    person = participant(changes=BY_SMS, phone=PHONE)
    person.sms_answers = True
    assessment = visit(person, "d21")
    asked_for(session, assessment)
    return assessment


def asked_for(session: Session, assessment: Assessment) -> None:
    at = assessment.send_at
    session.add(
        Message(
            dedupe_key=f"assessment:{assessment.id}:invitation", study_id=assessment.participant.study_id,
            participant_id=assessment.participant_id, assessment_id=assessment.id, kind="invitation", language="nb",
            state=MessageState.ACCEPTED, owed_at=at, not_before=at, queued_at=at, sent_at=at, sid="SM0",
        )
    )  # fmt: skip
    session.flush()


def conversation(session: Session, assessment: Assessment, texts: list[str]) -> list[tuple[str, str | None]]:
    """What each text was taken for, and what was sent back about it."""
    for number, text in enumerate(texts, 1):
        now = assessment.send_at + timedelta(minutes=number)
        replies.keep({"MessageSid": f"SM{number}", "From": PHONE, "Body": text}, now)
        assert hear_replies(now) == 1
    heard = session.scalars(select(Reply).order_by(Reply.id))
    answered = {
        message.dedupe_key.split(":")[1]: message.kind
        for message in session.scalars(select(Message).where(Message.dedupe_key.like("reply:%")))
    }
    return [(str(reply.kind), answered.get(reply.sid)) for reply in heard]


@pytest.mark.parametrize(
    ("texts", "course", "kept"),
    [
        (["6 8 5"], [("answer", "thanks")], ["6", "8", "5"]),
        (["0 10 0"], [("answer", "thanks")], ["0", "10", "0"]),
        (["6"], [("answer", "question-2")], []),
        (["6 8"], [("answer", "question-3")], []),
        (["6", "8"], [("answer", "question-2"), ("answer", "question-3")], []),
        (
            ["6", "8", "5"],
            [("answer", "question-2"), ("answer", "question-3"), ("answer", "thanks")],
            ["6", "8", "5"],
        ),
        (["6", "8 5"], [("answer", "question-2"), ("answer", "thanks")], ["6", "8", "5"]),
        (["11"], [("unclear", "unclear")], []),  # none goes above 10
        (["6 8 11"], [("unclear", "unclear")], []),  # and none of several is taken then
        (["6 8 5 1"], [("unclear", "unclear")], []),  # more than was asked
        (["6,5"], [("unclear", "unclear")], []),
        (["6", "8 5 1"], [("answer", "question-2"), ("unclear", "unclear")], []),
        (["vondt", "6 8 5"], [("unclear", "unclear"), ("answer", "thanks")], ["6", "8", "5"]),
        (["vondt", "6", "8 5"], [("unclear", "unclear"), ("answer", "question-2"), ("answer", "thanks")],
         ["6", "8", "5"]),
        (["vondt", "meget vondt"], [("unclear", "unclear"), ("other", "help")], []),  # then a person reads it
        (["6 8 5", "1"], [("answer", "thanks"), ("other", "help")], ["6", "8", "5"]),  # nothing is open any more
        (["STOPP"], [("stop", "stop")], []),  # before anything else
        (["STOPP", "6 8 5"], [("stop", "stop"), ("other", "help")], []),
    ],
)  # fmt: skip
def test_what_is_written_is_taken_asked_again_or_given_to_a_person(
    texts: list[str],
    course: list[tuple[str, str | None]],
    kept: list[str],
    weekly: Assessment,
    session: Session,
) -> None:
    assert conversation(session, weekly, texts) == course
    assert session.scalars(select(Answer.value).order_by(Answer.position)).all() == kept
    responses = session.scalars(select(Response)).all()
    assert {response.mode for response in responses} <= {Mode.SMS}
    assert {each["presentation"] for response in responses for each in response.instruments.values()} <= {"sms"}
    session.refresh(weekly)
    assert (weekly.submitted_at is not None) is bool(kept)


AS_WORDS = [
    ["Jeg orker ikke mer"],
    ["7 men jeg vil ikke leve"],
    ["vær så snill å stoppe meldingene"],
    ["kan dere STOPP litt"],
    ["ja"],
    ["\N{LOUDLY CRYING FACE} jeg er redd"],
    ["\N{LOUDLY CRYING FACE}"],
    ["لا أستطيع"],
    ["不想活了"],
    ["vondt", "meget vondt"],
    ["vondt", "6 8 5"],
    ["6", "det gjør så vondt", "8 5"],
    ["11", "hjelp meg nå"],
    ["6 8 5", "takk, men ring meg"],
]
"""Conversations in which something is said, at any turn; what holds a letter or a picture is no number."""


@pytest.mark.parametrize("texts", AS_WORDS, ids=range(len(AS_WORDS)))
def test_what_is_said_in_words_is_read_by_a_person_whatever_else_becomes_of_it(
    texts: list[str], weekly: Assessment, session: Session
) -> None:
    conversation(session, weekly, texts)
    said = session.scalars(select(Reply).order_by(Reply.id)).all()
    by_person = [text for text, reply in zip(texts, said, strict=True) if reply.task_id is not None]
    assert by_person == [text for text in texts if not text.replace(" ", "").isdigit()]
    (task,) = session.scalars(select(Task)).all()
    assert (task.participant_id, unread(task)) == (weekly.participant_id, len(by_person))


@pytest.mark.parametrize("words", ["11", "6,5", "6 8 11", "-1", "7?", "6/10", ""])
def test_a_number_that_does_not_fit_is_asked_again_and_takes_nobody_s_time(
    words: str, weekly: Assessment, session: Session
) -> None:
    assert conversation(session, weekly, [words]) == [("unclear", "unclear")]
    assert session.scalars(select(Task)).all() == []


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("jeg orker ikke mer", "Wrote to us."),
        ("dere må STOPP nå", "Wrote of stopping."),
        ("7 stop", "Wrote of stopping."),
    ],
)
def test_the_task_says_where_an_open_visit_is_answered_with_a_wish_to_stop(
    words: str, note: str, weekly: Assessment, session: Session
) -> None:
    assert conversation(session, weekly, [words]) == [("unclear", "unclear")]
    assert session.scalars(select(Task.note)).all() == [note]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=20), timedelta(days=2), -timedelta(hours=1)])
def test_f35_what_is_heard_while_the_database_is_ahead_is_answered_once_it_is_right(
    session: Session, weekly: Assessment, ahead: timedelta
) -> None:
    written_at = weekly.send_at + timedelta(minutes=1)
    replies.keep({"MessageSid": "SM1", "From": PHONE, "Body": "6"}, written_at)
    assert hear_replies(written_at + ahead) == 1
    owed_text = session.scalars(select(Message).where(Message.state == MessageState.QUEUED)).one()
    assert owed_text.not_before == written_at + min(ahead, timedelta(0))


def test_what_was_given_so_far_are_the_numbers_of_the_answers_in_their_order(
    weekly: Assessment, session: Session
) -> None:
    assert numbers_so_far(weekly) == ()
    conversation(session, weekly, ["6", "vondt", "8"])
    assert numbers_so_far(weekly) == (6, 8)


def opt_out(assessment: Assessment) -> None:
    assessment.participant.contact.opted_out_at = assessment.opens_at


def disagree(assessment: Assessment) -> None:
    assessment.participant.sms_answers = False


def leave(assessment: Assessment) -> None:
    withdraw(assessment.participant, "no reason given", assessment.opens_at)


def answer(assessment: Assessment) -> None:
    at = assessment.opens_at
    assessment.opened_at, assessment.submitted_at, assessment.partial = at, at, False


def close(assessment: Assessment) -> None:
    assessment.participant.study.state = StudyState.CLOSED


@pytest.mark.parametrize("act", [opt_out, disagree, leave, answer, close])
def test_a_number_is_no_answer_of_who_may_not_give_one(
    act: Callable[[Assessment], None], weekly: Assessment, session: Session
) -> None:
    assert open_by_sms(weekly.participant, weekly.due_at) is weekly
    act(weekly)
    session.flush()
    assert open_by_sms(weekly.participant, weekly.due_at) is None


@pytest.mark.parametrize(
    ("edge", "before", "is_open"),
    [("opens_at", SECOND, False), ("opens_at", 0 * SECOND, True), ("grace_until", SECOND, True),
     ("grace_until", 0 * SECOND, False)],
)  # fmt: skip
def test_a_visit_is_answered_in_its_window_and_grace(
    edge: str, before: timedelta, is_open: bool, weekly: Assessment
) -> None:
    assert (open_by_sms(weekly.participant, getattr(weekly, edge) - before) is weekly) is is_open


def test_only_a_visit_that_was_asked_for_is_answered(session: Session) -> None:
    person: Participant = participant(changes=BY_SMS, phone=PHONE)
    person.sms_answers = True
    assessment = visit(person, "d21")
    session.flush()
    assert open_by_sms(person, assessment.due_at) is None
    asked_for(session, assessment)
    assert open_by_sms(person, assessment.due_at) is assessment


def test_a_long_visit_is_not_answered_by_sms(session: Session) -> None:
    person = participant(changes=BY_SMS, phone=PHONE)
    person.sms_answers = True
    assessment = visit(person, "d154")
    asked_for(session, assessment)
    assert open_by_sms(person, assessment.due_at) is None
    assert session.scalars(select(Task)).all() == []
