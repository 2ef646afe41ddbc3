"""Answers that come too late are refused, and that they came is kept: for desk, trail and export."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.database import db
from app.core.time import moved_clock
from app.exports.dataset import dataset
from app.messages.models import Reply
from app.messages.receiving import replies
from app.participants.enrolment import withdraw
from app.participants.grades import LeavingGrade
from app.responses.late_attempts import attempts, note_attempt
from app.responses.models import Mode
from app.responses.sms import hear_replies
from app.schedule.models import Assessment, NotDone
from app.schedule.not_done import note_not_done, take_back
from app.studies.states import StudyState
from tests.responses.test_admission import REFUSED, moment
from tests.responses.test_sms import BY_SMS, PHONE, asked_for
from tests.responses.visits import participant, visit
from tests.web.patient.pages import form, made, the_visit

MINUTE = timedelta(minutes=1)
Act = Callable[[Assessment], object]


@pytest.mark.parametrize(
    ("when", "keeps", "refuses"),
    [
        ("opens_at-1", 0, 0),
        ("opens_at", 0, 0),
        ("closes_at-1", 0, 0),
        ("closes_at", 0, 1),  # a protocol that takes nothing late
        ("grace_until-1", 0, 1),
        ("grace_until", 1, 1),
        ("grace_until-", 1, 1),
    ],
)
@pytest.mark.parametrize("strict", [False, True], ids=["late is kept", "late is refused"])
def test_an_attempt_is_kept_where_time_alone_refuses_it(
    when: str, keeps: int, refuses: int, strict: bool, session: Session
) -> None:
    assessment = visit(participant(changes=REFUSED if strict else None), "d154")
    note_attempt(assessment, Mode.PAGE, moment(assessment, when))
    assert len(attempts(assessment)) == (refuses if strict else keeps)


def over(assessment: Assessment) -> None:
    assessment.participant.study.state = StudyState.CLOSED


def called_off(assessment: Assessment) -> None:
    assessment.cancelled_at = assessment.opens_at


def left(assessment: Assessment) -> None:
    withdraw(assessment.participant, "moved", assessment.opens_at)


def died(assessment: Assessment) -> None:
    left(assessment)
    assessment.participant.left_as = LeavingGrade.DIED


def answered(assessment: Assessment) -> None:
    at = assessment.opens_at
    assessment.opened_at, assessment.submitted_at, assessment.partial = at, at, False


def voided(assessment: Assessment) -> None:
    answered(assessment)
    assessment.voided_at = assessment.closes_at


@pytest.mark.parametrize("act", [over, called_off, left, died, answered, voided])
def test_what_is_refused_for_another_reason_leaves_nothing(act: Act, session: Session) -> None:
    assessment = visit(participant(), "d154")
    act(assessment)
    session.flush()
    note_attempt(assessment, Mode.PAGE, assessment.grace_until + MINUTE)
    assert attempts(assessment) == []


def test_the_first_attempt_of_each_way_is_kept_and_the_trail_has_it(session: Session) -> None:
    assessment = visit(participant(), "d154")
    for minutes, mode in ((1, Mode.PAGE), (2, Mode.PAGE), (3, Mode.SMS), (4, Mode.PAGE)):
        note_attempt(assessment, mode, assessment.grace_until + minutes * MINUTE)
    kept = [(each.mode, each.attempted_at - assessment.grace_until) for each in attempts(assessment)]
    assert kept == [(Mode.PAGE, MINUTE), (Mode.SMS, 3 * MINUTE)]
    entries = session.scalars(select(AuditEntry).filter_by(table_name="public.late_attempts").order_by(AuditEntry.id))
    assert [entry.action for entry in entries] == ["insert", "insert"]


def test_of_a_visit_that_was_moved_the_attempt_after_its_new_window_is_kept(session: Session) -> None:
    assessment = visit(participant(), "d154")
    first = assessment.grace_until + MINUTE
    note_attempt(assessment, Mode.PAGE, first)
    for name in ("opens_at", "send_at", "due_at", "closes_at", "grace_until"):
        setattr(assessment, name, getattr(assessment, name) + timedelta(days=60))
    session.flush()
    assert exported(assessment, assessment.grace_until) == "not_sent"
    second = assessment.grace_until + MINUTE
    note_attempt(assessment, Mode.PAGE, second)
    session.expire_all()
    assert [each.attempted_at for each in attempts(assessment)] == [second]
    assert exported(assessment, second) == "late_beyond_grace"


def exported(assessment: Assessment, now: datetime, column: str = "reason") -> object:
    """What the night's table says of the visit."""
    code, study = assessment.visit, assessment.participant.study
    db.session.commit()
    table = dataset(study, now).table("assessments" if column == "reason" else "analysis")
    return next(cell for name, cell in zip(table.column("visit"), table.column(column), strict=True) if name == code)


@pytest.mark.parametrize("opened", [False, True])
def test_the_export_says_that_the_answer_came_too_late_whatever_was_sent_and_opened(
    opened: bool, session: Session
) -> None:
    assessment = visit(participant(), "d154")
    asked_for(session, assessment)
    assessment.opened_at = assessment.opens_at if opened else None
    late = assessment.grace_until + MINUTE
    assert exported(assessment, late) == ("opened" if opened else "delivery_unknown")
    note_attempt(assessment, Mode.PAGE, late)
    assert exported(assessment, late) == "late_beyond_grace"
    assert exported(assessment, late, "why") == "late_beyond_grace"
    assert exported(assessment, assessment.closes_at) != "late_beyond_grace"  # its state was another then


def test_what_came_while_the_site_had_ended_the_visit_is_not_the_patients_lateness(session: Session) -> None:
    assessment = visit(participant(), "d154")
    whole = assessment.grace_until
    note_not_done(assessment, NotDone.TOO_ILL, "", "user:1", assessment.opens_at + MINUTE)
    note_attempt(assessment, Mode.PAGE, assessment.opens_at + 2 * MINUTE)
    assert len(attempts(assessment)) == 1
    assert exported(assessment, whole + MINUTE) == "not_sent"
    take_back(assessment, whole)
    assert exported(assessment, whole + MINUTE) == "not_sent"
    note_attempt(assessment, Mode.SMS, whole + MINUTE)
    assert exported(assessment, whole + MINUTE) == "late_beyond_grace"


@pytest.mark.parametrize(
    ("what", "headers", "kept"),
    [
        ({}, {}, [Mode.PAGE]),
        ({}, {"Accept": "application/json"}, [Mode.PAGE]),
        ({"_mode": "helped"}, {}, [Mode.HELPED]),
        ({"_act": "draft"}, {"Accept": "application/json"}, [Mode.PAGE]),
        ({"_act": "start"}, {"Accept": "application/json"}, []),
        ({"_act": "not_able"}, {}, []),
    ],
)  # fmt: skip
def test_the_page_refuses_what_comes_too_late_and_keeps_that_it_came(
    what: dict[str, str], headers: dict[str, str], kept: list[Mode], app: Flask, client: FlaskClient
) -> None:
    link = made(app, "d154")
    with app.app_context():
        late = the_visit().grace_until + MINUTE
    fields = form(app) | what
    with moved_clock(lambda: late):
        first, again = (client.post(link, data=fields, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (410, 410)
    with app.app_context():
        rows = attempts(the_visit())
        assert [(row.mode, row.attempted_at) for row in rows] == [(mode, late) for mode in kept]
        assert (the_visit().opened_at, the_visit().submitted_at) == (None, None)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_who_only_looks_or_sends_nothing_has_answered_too_late(
    method: str, app: Flask, client: FlaskClient
) -> None:
    link = made(app, "d154")
    with app.app_context():
        late = the_visit().grace_until + MINUTE
    with moved_clock(lambda: late):
        assert (
            getattr(client, method)(link, **({} if method == "get" else {"data": {"odi.pain": " "}})).status_code == 410
        )
    with app.app_context():
        assert attempts(the_visit()) == []


@pytest.mark.parametrize(
    ("words", "after", "kept"),
    [
        ("6 8 5", MINUTE, 1),
        ("6", MINUTE, 1),
        ("6 8 5", -MINUTE, 0),  # within the grace it is an answer
        ("6 8 5 4", MINUTE, 0),
        ("11", MINUTE, 0),
        ("Jeg er syk", MINUTE, 0),
        ("", MINUTE, 0),
    ],
)
def test_numbers_by_sms_that_come_too_late_are_kept_as_an_attempt_and_go_to_a_person(
    words: str, after: timedelta, kept: int, session: Session
) -> None:
    person = participant(changes=BY_SMS, phone=PHONE)
    person.sms_answers = True
    assessment = visit(person, "d21")
    asked_for(session, assessment)
    at = assessment.grace_until + after
    replies.keep({"MessageSid": "SM1", "From": PHONE, "Body": words}, at)
    hear_replies(at)
    assert [each.mode for each in attempts(assessment)] == [Mode.SMS] * kept
    reply = session.scalars(select(Reply)).one()
    assert (str(reply.kind) == "other") is (after > timedelta(0))


def test_a_number_of_who_did_not_agree_to_answer_by_sms_is_no_answer(session: Session) -> None:
    assessment = visit(participant(changes=BY_SMS, phone=PHONE), "d21")
    asked_for(session, assessment)
    at = assessment.grace_until + MINUTE
    replies.keep({"MessageSid": "SM1", "From": PHONE, "Body": "6 8 5"}, at)
    hear_replies(at)
    assert attempts(assessment) == []
