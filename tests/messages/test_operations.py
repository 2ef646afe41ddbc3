"""What operators and coordinators do: hold and release, restore, caps, cancel, bring forward, a new link, a test."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import AuditEntry, acting
from app.core.database import db, transaction
from app.core.problems import Conflict
from app.core.time import moved_clock
from app.messages import breaker
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats
from app.messages.monitoring.ledger import books
from app.messages.queueing import coordinating, floods
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving import restoring
from app.schedule.models import Assessment
from app.studies.models import StudyState
from app.studies.protocol import ProtocolErrors, read_protocol
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, PROTOCOL, answered, cohort, enrolled, minutes, only, visit

TEXT = PROTOCOL.read_text("utf-8")


@pytest.fixture
def assessment(session: Session) -> Assessment:
    """One weekly visit."""
    participant = enrolled()
    only(participant, "d7")
    session.commit()
    return visit(participant, "d7")


def states(session: Session) -> list[MessageState]:
    session.expire_all()
    return list(session.scalars(select(Message.state).order_by(Message.id)))


def test_f39_after_a_restore_nothing_leaves_twice(
    session: Session, assessment: Assessment, twilio: TwilioGateway, provider: Server, tmp_path: Path
) -> None:
    provider.twilio.now = lambda: INVITED
    heartbeats.beat("deliver", INVITED - timedelta(hours=8))
    queue_prompts(INVITED)
    session.commit()
    message = session.scalars(select(Message)).one()
    tick(twilio, INVITED)
    assert len(provider.twilio.log) == 1
    session.refresh(message)
    message.state, message.sid, message.sent_at, message.attempts = MessageState.QUEUED, None, None, 0
    session.commit()  # as in last night's back-up
    restoring.remember(tmp_path, INVITED)
    now = INVITED + minutes(30)
    assert restoring.hold_if_restored(tmp_path, now)
    tick(twilio, now)
    assert len(provider.twilio.log) == 1, "held until an operator has looked"
    session.rollback()
    message.attempts = 1  # the attempt row of this test's first life is still there
    session.commit()
    assert restoring.recover(twilio, INVITED - timedelta(hours=8), now) == 1
    with acting("operator"), transaction():
        breaker.release()
    tick(twilio, now + minutes(6))
    assert len(provider.twilio.log) == 1
    assert states(session) == [MessageState.ACCEPTED]


def test_f40_more_texts_than_the_cap_wait_until_tomorrow(session: Session, gateway: SandboxGateway) -> None:
    for participant in cohort(5, text=TEXT.replace("daily_cap: 500", "daily_cap: 3")):
        only(participant, "d7")
    session.commit()
    tick(gateway, INVITED)
    tick(gateway, INVITED + minutes(10))
    assert sorted(states(session)) == ["accepted"] * 3 + ["queued"] * 2
    tick(gateway, INVITED + timedelta(hours=22, minutes=59))
    assert states(session).count(MessageState.ACCEPTED) == 3, "not before the morning either"
    tick(gateway, INVITED + timedelta(hours=23))
    assert states(session) == [MessageState.ACCEPTED] * 5


def test_f40_far_too_many_texts_at_once_wait_for_a_person(
    session: Session, gateway: SandboxGateway, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floods, "AT_ONCE", 4)
    for participant in cohort(5, text=TEXT.replace("daily_cap: 500", "daily_cap: 2")):
        only(participant, "d7")
    session.commit()
    tick(gateway, INVITED)
    tick(gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.QUEUED] * 5
    held = breaker.standing("sandbox", INVITED).halt
    assert held is not None
    assert held.because.startswith("5 texts of backtobasic fell due at once")
    session.rollback()
    with moved_clock(lambda: INVITED + minutes(2)):
        assert app.test_cli_runner().invoke(args=["messages", "release"]).exit_code == 0
    tick(gateway, INVITED + minutes(3))
    assert states(session).count(MessageState.ACCEPTED) == 2, "the daily cap still holds"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{sender}: Hvordan er smertene i dag? {link}", "smertene"),
        ("{sender}: Svar her – takk: {link}", "EN DASH"),
        ("{sender}: Svar her: {link} eller {link}", "has 2"),
        ("{sender}: Svar her", "has 0"),
        ("{sender}: " + "Vi har spørsmål. " * 5 + "{link}", "Shorten it by"),
    ],
)
def test_f40_a_wrong_text_is_refused_with_what_is_wrong(text: str, told: str) -> None:
    wrong = TEXT.replace('"{sender}: Vi har noen nye spørsmål til deg. Svar her: {link}"', f'"{text}"')
    with pytest.raises(ProtocolErrors, match=told):
        read_protocol(wrong)


def test_f40_a_number_outside_the_allowed_countries_gets_nothing(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    assessment.participant.contact.phone = "+12025550123"
    session.commit()
    tick(gateway, INVITED)
    assert session.execute(select(Message.state, Message.reason)).one() == ("suppressed", "country not allowed")


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_f42_a_preview_robot_changes_nothing(
    session: Session, assessment: Assessment, gateway: SandboxGateway, client: FlaskClient, method: str
) -> None:
    tick(gateway, INVITED)
    link = texts_of(assessment.participant)[0].body.rsplit(" ", 1)[1].removeprefix("http://localhost")
    before = session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))
    with moved_clock(lambda: INVITED + minutes(1)):
        statuses = [
            client.open(
                link, method=method, headers={"User-Agent": "WhatsApp/2 robot", "Purpose": "prefetch"}
            ).status_code
            for _ in range(3)
        ]
    assert statuses == [200] * 3
    session.refresh(assessment)
    assert (assessment.opened_at, assessment.link_version) == (None, 1)
    assert session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)) == before


def test_a_coordinator_cancels_a_text_before_it_is_due(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    coordinating.cancel(assessment, "invitation", INVITED - minutes(5))
    session.commit()
    tick(gateway, INVITED)
    assert session.execute(select(Message.state, Message.reason)).one() == ("suppressed", "cancelled by a coordinator")
    assert session.scalars(select(Message.owed_at)).one() == INVITED, "in the ledger on the day it was planned for"
    with pytest.raises(Conflict, match="cancelled by a coordinator"):
        coordinating.cancel(assessment, "invitation", INVITED)


def test_a_cancellation_and_the_clock_at_the_same_moment_end_in_one_text_cancelled(
    session: Session, assessment: Assessment, app: Flask
) -> None:
    """The clock has queued it and not committed yet; who cancels waits for it, and is not told of a mistake."""
    begun, told, key = threading.Event(), [], assessment.id

    def cancel() -> None:
        with app.app_context(), acting("operator", "is on holiday"), transaction():
            mine = db.session.get_one(Assessment, key)
            begun.set()
            told.append(coordinating.cancel(mine, "invitation", INVITED).state)

    queue_prompts(INVITED)
    other = threading.Thread(target=cancel)
    other.start()
    assert begun.wait(60)
    other.join(0.2)
    assert told == [], "it waits"
    session.commit()
    other.join()
    assert told == [MessageState.SUPPRESSED]
    assert states(session) == [MessageState.SUPPRESSED]


def test_nothing_is_cancelled_that_nobody_would_send(session: Session, assessment: Assessment) -> None:
    answered(assessment, INVITED)
    for steer in (coordinating.cancel, coordinating.bring_forward):
        with pytest.raises(Conflict):
            steer(assessment, "reminder-2", INVITED)
    assert session.scalars(select(Message)).all() == []


def test_a_coordinator_brings_one_forward_within_waking_hours(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    early = INVITED - timedelta(hours=2)
    with pytest.raises(Conflict, match="not open"):
        coordinating.bring_forward(assessment, "invitation", early - timedelta(days=2))
    with pytest.raises(Conflict, match="bring its invitation forward"):
        coordinating.bring_forward(assessment, "reminder-1", early)
    coordinating.bring_forward(assessment, "invitation", early)
    session.commit()
    tick(gateway, early)
    assert states(session) == [MessageState.QUEUED]
    tick(gateway, INVITED - timedelta(hours=1))
    tick(gateway, INVITED)
    assert states(session) == [MessageState.ACCEPTED]


def test_a_new_link_kills_the_old_one(
    session: Session, assessment: Assessment, gateway: SandboxGateway, client: FlaskClient
) -> None:
    tick(gateway, INVITED)
    coordinating.reissue(assessment, INVITED + minutes(5))
    session.commit()
    tick(gateway, INVITED + minutes(5))
    new, old = (
        text.body.rsplit(" ", 1)[1].removeprefix("http://localhost") for text in texts_of(assessment.participant)
    )
    with moved_clock(lambda: INVITED + minutes(6)):
        assert (client.get(new).status_code, client.get(old).status_code) == (200, 410)
    keys = session.scalars(select(Message.dedupe_key).order_by(Message.id)).all()
    assert keys[1] == f"assessment:{assessment.id}:reissue-2"


def test_a_test_text_has_no_link_and_may_ring_while_the_patient_is_there(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    evening = INVITED + timedelta(hours=12)
    answered(assessment, INVITED)
    for _ in range(2):
        coordinating.send_test(assessment.participant, evening)
    session.commit()
    tick(gateway, evening)
    assert states(session) == [MessageState.ACCEPTED] * 2
    assert "http" not in texts_of(assessment.participant)[0].body


def test_the_ledger_closes_or_says_what_is_missing(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    study, late = assessment.participant.study, INVITED + timedelta(hours=1)
    session.commit()
    missing = books(study, now=late)
    assert (missing.owed, missing.accounted, missing.balanced) == (1, 0, False)
    assert missing.contradictions == ("1 visits were due and have no text",)
    tick(gateway, late)
    found = books(study, INVITED.date(), late)
    assert (found.owed, found.accepted, found.balanced) == (1, 1, True)
    assert books(study, INVITED.date() + timedelta(days=1), late).owed == 0


def test_the_books_of_a_closed_study_close(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    """What falls due after its end is not sent, and the ledger says why; opened again, what is still due is owed."""
    study = assessment.participant.study
    study.state = StudyState.CLOSED
    session.commit()
    tick(gateway, INVITED)
    found = books(study, INVITED.date(), INVITED + timedelta(hours=1))
    assert (found.reasons, found.owed, found.balanced) == ({"study closed": 1}, 1, True)
    study.state = StudyState.LIVE
    session.commit()
    tick(gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.ACCEPTED]


def test_the_ledger_command_says_that_there_is_no_study(session: Session, app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["ledger"])
    assert (done.exit_code, done.output) == (0, "No study has a protocol yet, so no text is owed.\n")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ledger_command_refuses_a_day_that_no_trial_has(assessment: Assessment, app: Flask, day: str) -> None:
    done = app.test_cli_runner().invoke(args=["ledger", "--day", day])
    assert (done.exit_code, done.output.splitlines()[0]) == (1, "Error: Ask for a day from 1900-01-01 to 2999-12-31.")


def test_the_ledger_command_ends_with_one_when_the_books_do_not_close(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    late = INVITED + timedelta(hours=1)
    with moved_clock(lambda: late):
        open_books = app.test_cli_runner().invoke(args=["ledger"])
        tick(gateway, late)
        closed_books = app.test_cli_runner().invoke(args=["ledger", "--study", "backtobasic"])
    assert (open_books.exit_code, closed_books.exit_code) == (1, 0)
    assert "NOT CLOSED: 1 owed, 0 accounted for" in open_books.output
    assert "1 owed = 0 delivered + 1 accepted" in closed_books.output
    unknown = app.test_cli_runner().invoke(args=["ledger", "--study", "nothing"])
    assert (unknown.exit_code, unknown.output) == (1, "Error: There is no study nothing; installed: backtobasic.\n")
