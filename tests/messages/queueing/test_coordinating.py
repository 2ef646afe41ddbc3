"""What coordinators do about single texts: cancel, bring forward, a new link, a test."""

import threading
from datetime import timedelta

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
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState
from app.messages.queueing import coordinating
from app.messages.queueing.prompts import queue_prompts
from app.schedule.models import Assessment
from tests.messages.books import states
from tests.messages.people import INVITED, answered, minutes


def test_a_coordinator_cancels_a_text_before_it_is_due(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    coordinating.cancel(assessment, MessageKind.INVITATION, INVITED - minutes(5))
    session.commit()
    tick(gateway, INVITED)
    assert session.execute(select(Message.state, Message.reason)).one() == ("suppressed", "cancelled by a coordinator")
    assert session.scalars(select(Message.owed_at)).one() == INVITED, "in the ledger on the day it was planned for"
    with pytest.raises(Conflict, match="cancelled by a coordinator"):
        coordinating.cancel(assessment, MessageKind.INVITATION, INVITED)


def test_a_cancellation_and_the_clock_at_the_same_moment_end_in_one_text_cancelled(
    session: Session, assessment: Assessment, app: Flask
) -> None:
    """The clock has queued it and not committed yet; who cancels waits for it, and is not told of a mistake."""
    begun, states_after, key = threading.Event(), [], assessment.id

    def cancel() -> None:
        with app.app_context(), acting("operator", "is on holiday"), transaction():
            mine = db.session.get_one(Assessment, key)
            begun.set()
            states_after.append(coordinating.cancel(mine, MessageKind.INVITATION, INVITED).state)

    queue_prompts(INVITED)
    other = threading.Thread(target=cancel)
    other.start()
    assert begun.wait(60)
    other.join(0.2)
    assert states_after == [], "it waits"
    session.commit()
    other.join()
    assert states_after == [MessageState.SUPPRESSED]
    assert states(session) == [MessageState.SUPPRESSED]


def test_nothing_is_cancelled_that_nobody_would_send(session: Session, assessment: Assessment) -> None:
    answered(assessment, INVITED)
    for steer in (coordinating.cancel, coordinating.bring_forward):
        with pytest.raises(Conflict):
            steer(assessment, MessageKind.REMINDER_2, INVITED)
    assert session.scalars(select(Message)).all() == []


def test_a_coordinator_brings_one_forward_within_waking_hours(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    early = INVITED - timedelta(hours=2)
    with pytest.raises(Conflict, match="not open"):
        coordinating.bring_forward(assessment, MessageKind.INVITATION, early - timedelta(days=2))
    with pytest.raises(Conflict, match="bring its invitation forward"):
        coordinating.bring_forward(assessment, MessageKind.REMINDER_1, early)
    coordinating.bring_forward(assessment, MessageKind.INVITATION, early)
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
    session.commit()
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


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_f42_a_preview_robot_changes_nothing(
    session: Session, assessment: Assessment, gateway: SandboxGateway, client: FlaskClient, method: str
) -> None:
    tick(gateway, INVITED)
    link = texts_of(assessment.participant)[0].body.rsplit(" ", 1)[1].removeprefix("http://localhost")
    before = session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))
    session.commit()
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
